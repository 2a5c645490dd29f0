import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  checkModel,
  InferenceSession,
  Tensor,
  type ModelSource,
  type OnProgress,
  type SessionOptions,
} from 'fovea';
import { failureOf } from './support/errors.js';
import { FileServer } from './support/file-server.js';
import { addModel, externalModel } from './support/models.js';

const model = Uint8Array.from(addModel());
const other = Uint8Array.of(1, 2, 3);
let server: FileServer;

beforeEach(async () => {
  server = new FileServer(model);
  await server.start();
});
afterEach(() => server.stop());

async function expectToWork(source: ModelSource, options: SessionOptions = {}): Promise<void> {
  const session = await InferenceSession.create(source, options);
  const { y } = await session.run({ x: new Tensor('float32', [1, 1, 1], [1, 3]) });
  expect(y!.data).toEqual(Float32Array.of(2, 3, 4));
  await session.release();
}

const failure = (source: ModelSource, options: object = {}) =>
  failureOf(InferenceSession.create(source, options));

const ranges = () => server.seen.map(({ headers }) => headers.range);

/** The download's progress, as [done, total, cached]. */
function downloads(onProgress: jest.Mock<OnProgress>): unknown[] {
  return onProgress.mock.calls
    .map(([progress]) => progress)
    .filter(({ stage }) => stage === 'download')
    .map(({ done, total, cached = false }) => [done, total, cached]);
}

describe('a request is tried again', () => {
  test.each([408, 429, 500, 502, 503, 504])('after status %d', async (status) => {
    server.refuseNext(status);
    await expectToWork(server.url());
    expect(server.seen).toHaveLength(2);
  });

  test('after a connection that is lost at once', async () => {
    server.failNext((response) => response.destroy());
    await expectToWork(server.url());
  });

  test('twice by default, and then fails as the last try did', async () => {
    for (const status of [503, 500, 502]) server.refuseNext(status);
    expect(await failure(server.url())).toMatchObject({
      code: 'NetworkError',
      fields: { status: '502' },
    });
    expect(server.seen).toHaveLength(3);
  });

  test('as often as asked for', async () => {
    for (let i = 0; i < 3; ++i) server.refuseNext(503);
    expect((await failure(server.url(), { retry: 0 })).fields.status).toBe('503');
    expect((await failure(server.url(), { retry: 1 })).fields.status).toBe('503');
    expect(server.seen).toHaveLength(3);
    await expectToWork(server.url(), { retry: 1 });
  });

  test.each([400, 401, 403, 404, 410, 501])('not after status %d', async (status) => {
    server.refuseNext(status);
    expect((await failure(server.url())).fields.status).toBe(String(status));
    expect(server.seen).toHaveLength(1);
  });

  test('by whatever reads a model', async () => {
    server.refuseNext(503);
    expect((await checkModel(server.url())).supported).toBe(true);
  });

  test('when the server says so', async () => {
    server.refuseNext(503, { 'retry-after': '1' });
    const begin = performance.now();
    await expectToWork(server.url());
    expect(performance.now() - begin).toBeGreaterThan(990);
  });

  test('not where the server asks to wait for longer than a user does', async () => {
    const later = new Date(Date.now() + 3_600_000).toUTCString();
    for (const asked of ['3600', later]) {
      server.refuseNext(503, { 'retry-after': asked });
      const { message, fields } = await failure(server.url());
      expect(message).toMatch(/asks to wait 3\d\d\d seconds/);
      expect(Number(fields.retryAfter)).toBeGreaterThan(3500);
    }
    expect(server.seen).toHaveLength(2);
  });

  test('until it is aborted', async () => {
    for (let i = 0; i < 9; ++i) server.refuseNext(503, { 'retry-after': '9' });
    const begin = performance.now();
    const signal = AbortSignal.timeout(100);
    expect((await failure(server.url(), { signal, retry: 9 })).code).toBe('Aborted');
    expect(performance.now() - begin).toBeLessThan(3000);
    expect(server.seen).toHaveLength(1);
  });
});

describe('a download that breaks off', () => {
  test('goes on where it was', async () => {
    server.breakNext(50);
    const onProgress = jest.fn<OnProgress>();
    await expectToWork(server.url(), { onProgress });
    expect(ranges()).toEqual([undefined, 'bytes=50-']);
    expect(server.seen[1]!.headers['if-range']).toBe('"first"');
    const told = downloads(onProgress);
    expect(told[0]).toEqual([50, model.length, false]);
    expect(told.at(-1)).toEqual([model.length, model.length, false]);
  });

  test('again and again', async () => {
    server.breakNext(50);
    server.failNext((response) => {
      response.writeHead(206, {
        etag: '"first"',
        'content-range': `bytes 50-${model.length - 1}/${model.length}`,
        'content-length': String(model.length - 50),
      });
      response.write(model.subarray(50, 70));
      setTimeout(() => response.destroy(), 20);
    });
    await expectToWork(server.url());
    expect(ranges()).toEqual([undefined, 'bytes=50-', 'bytes=70-']);
  });

  test('begins anew where the server gives no parts', async () => {
    server.ranges = false;
    server.breakNext(50);
    await expectToWork(server.url());
    expect(server.seen).toHaveLength(2);
  });

  test.each<[string, { etag?: string | undefined; lastModified?: string }]>([
    ['a weak ETag', { etag: 'W/"first"' }],
    ['a date', { etag: undefined, lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' }],
  ])('asks for no parts by %s', async (_, validators) => {
    Object.assign(server, validators);
    server.breakNext(50);
    await expectToWork(server.url());
    expect(ranges()).toEqual([undefined, undefined]);
  });

  test('fails where nothing says that it is still the same', async () => {
    server.etag = undefined;
    server.breakNext(50);
    expect((await failure(server.url())).code).toBe('NetworkError');
    expect(server.seen).toHaveLength(1);
  });

  test('fails where it is another file meanwhile', async () => {
    server.failNext((response) => {
      response.writeHead(200, { etag: '"old"', 'content-length': model.length });
      response.write(model.subarray(0, 50));
      setTimeout(() => response.destroy(), 20);
    });
    const { code, message } = await failure(server.url());
    expect(code).toBe('NetworkError');
    expect(message).toContain('changed while it was downloaded');
  });

  test('fails where a server gives another part', async () => {
    server.breakNext(50);
    server.failNext((response) =>
      response.writeHead(206, { etag: '"first"', 'content-range': 'bytes 60-99/100' }).end(),
    );
    expect((await failure(server.url())).code).toBe('NetworkError');
  });
});

describe('requests', () => {
  test('have the headers that are asked for, each time, the weights too', async () => {
    const fetchOptions = { headers: { authorization: 'Bearer secret' } };
    server.refuseNext(503);
    await expectToWork(server.url(), { fetchOptions });
    const weights = new FileServer(new Uint8Array(Float32Array.of(0, 0, 1, 2, 3).buffer));
    await weights.start();
    await expectToWork(externalModel('w.bin', 8), {
      fetchOptions,
      externalData: { 'w.bin': weights.url('/w.bin') },
    });
    await weights.stop();
    for (const { headers } of [...server.seen, ...weights.seen]) {
      expect(headers.authorization).toBe('Bearer secret');
    }
    expect(weights.seen).toHaveLength(1);
  });

  test('are aborted by a signal that is no AbortSignal of the platform', async () => {
    server.failNext(() => {});
    const listeners: (() => void)[] = [];
    const signal = {
      aborted: false,
      reason: undefined,
      addEventListener: (_: string, listener: () => void) => void listeners.push(listener),
      removeEventListener: () => {},
    };
    const failing = failure(server.url(), { signal });
    setTimeout(() => {
      signal.aborted = true;
      for (const listener of listeners) listener();
    }, 50);
    expect((await failing).code).toBe('Aborted');
  });
});

describe('integrity', () => {
  const hash = (algorithm: string, bytes: Uint8Array = model) =>
    `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`;

  test.each([
    ['sha256', hash('sha256')],
    ['sha384', hash('sha384')],
    ['sha512', hash('sha512')],
    ['one of several', `${hash('sha256', other)} ${hash('sha256')}`],
    ['the longest of several', `${hash('sha256', other)} ${hash('sha512')}`],
    ['URLs’ base64', hash('sha512').replaceAll('+', '-').replaceAll('/', '_')],
  ])('is checked by %s', async (_, integrity) => {
    for (const source of [
      server.url(),
      model,
      new Blob([model]),
      new Response(model),
      new Blob([model]).stream(),
    ]) {
      await expectToWork(source, { integrity });
    }
  });

  test('tells of another file, with both hashes, and loads nothing', async () => {
    const [expected, actual] = [hash('sha256', other), hash('sha256')];
    const error = await failure(server.url(), { integrity: expected });
    expect(error.code).toBe('IntegrityError');
    expect(error.fields).toEqual({ url: server.url(), expected, actual });
    expect(error.message).toContain(actual);
    for (const source of [model, new Blob([model]), new Response(model)]) {
      expect(await failure(source, { integrity: expected })).toMatchObject({
        code: 'IntegrityError',
        fields: { expected, actual },
      });
    }
    const both = `${hash('sha256')} ${hash('sha384', other)}`;
    expect((await failure(model, { integrity: both })).code).toBe('IntegrityError');
  });

  test('of weights is checked, too', async () => {
    const weights = new Uint8Array(Float32Array.of(0, 0, 1, 2, 3).buffer);
    const external = externalModel('w.bin', 8);
    const file = { path: 'w.bin', data: weights };
    const integrity = hash('sha256', weights);
    await expectToWork(external, {
      integrity: hash('sha256', external),
      externalData: [{ ...file, integrity }],
    });
    const wrong = [{ ...file, integrity: hash('sha256') }];
    expect((await failure(external, { externalData: wrong })).code).toBe('IntegrityError');
  });

  test.each([
    ['', 'a word', 'sha256-', `md5-${'a'.repeat(22)}==`, hash('sha256').slice(0, -2), 7],
    [createHash('sha256').update(model).digest('hex'), `${hash('sha256')},${hash('sha256')}`],
  ])('is no %p', async (...wrong) => {
    for (const integrity of wrong) {
      expect(await failure(model, { integrity })).toMatchObject({
        code: 'InvalidInput',
        fields: { option: 'integrity' },
      });
    }
  });

  test('is said to need a secure page where there is no cryptography', async () => {
    const crypto = Object.getOwnPropertyDescriptor(globalThis, 'crypto')!;
    Object.defineProperty(globalThis, 'crypto', { value: {}, configurable: true });
    try {
      const { code, message } = await failure(model, { integrity: hash('sha256') });
      expect(code).toBe('IntegrityError');
      expect(message).toContain('https:');
    } finally {
      Object.defineProperty(globalThis, 'crypto', crypto);
    }
  });
});

describe('decrypt', () => {
  const flip = () =>
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, sink) => sink.enqueue(chunk.map((byte) => byte ^ 0x55)),
    });
  const decrypt = (stream: ReadableStream<Uint8Array>) => stream.pipeThrough(flip());
  const encrypted = model.map((byte) => byte ^ 0x55);

  test('makes the model of what is downloaded and checked', async () => {
    server.body = encrypted;
    const integrity = `sha256-${createHash('sha256').update(encrypted).digest('base64')}`;
    const onProgress = jest.fn<OnProgress>();
    await expectToWork(server.url(), { decrypt, integrity, onProgress });
    expect(downloads(onProgress).at(-1)).toEqual([model.length, model.length, false]);
    const later = (stream: ReadableStream<Uint8Array>) => Promise.resolve(decrypt(stream));
    await expectToWork(encrypted, { decrypt: later });
    expect(encrypted).toEqual(model.map((byte) => byte ^ 0x55));
  });

  test('is given the weights, too, and told which', async () => {
    const weights = new Uint8Array(Float32Array.of(0, 0, 1, 2, 3).buffer);
    const seen: unknown[] = [];
    await expectToWork(externalModel('w.bin', 8), {
      externalData: { 'w.bin': weights.map((byte) => byte ^ 0x55) },
      decrypt: (stream, file) => {
        seen.push(file.externalData);
        return file.externalData === undefined ? stream : decrypt(stream);
      },
    });
    expect(seen).toEqual([undefined, 'w.bin']);
  });

  test('that throws is a DecryptionError with the cause', async () => {
    const cause = new Error('an accident');
    const failing = [
      () => {
        throw cause;
      },
      () => Promise.reject(cause),
      () => new ReadableStream({ pull: (sink) => sink.error(cause) }),
    ];
    for (const decrypt of failing) {
      expect(await failure(server.url(), { decrypt })).toMatchObject({
        code: 'DecryptionError',
        cause,
        fields: { url: server.url() },
      });
    }
  });

  test('that gives no stream is refused', async () => {
    const error = await failure(model, { decrypt: () => model });
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'decrypt' } });
  });

  test('does not hide that the network failed', async () => {
    server.etag = undefined;
    server.breakNext(50);
    expect((await failure(server.url(), { decrypt })).code).toBe('NetworkError');
  });
});

test.each([
  ['cache', 7],
  ['cache', ''],
  ['decrypt', 'aes'],
  ['retry', -1],
  ['retry', 1.5],
  ['retry', true],
  ['fetchOptions', 'GET'],
  ['fetchOptions', { signal: new AbortController().signal }],
])('%s is not %p', async (option, value) => {
  const error = await failure(model, { [option]: value });
  expect(error).toMatchObject({ code: 'InvalidInput', fields: { option } });
});
