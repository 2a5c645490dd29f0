import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  checkModel,
  InferenceSession,
  Tensor,
  type ModelSource,
  type OnProgress,
  type Progress,
} from 'fovea';
import { failureOf } from './support/errors.js';
import { addModel, externalModel } from './support/models.js';
import { LocalServer } from './support/server.js';

// Of its own buffer, unlike what Node's Buffer.slice() gives.
const model = Uint8Array.from(addModel());
let folder: string;

const server = new LocalServer({
  '/model.onnx': (_, response) => response.end(model),
  '/chunked.onnx': (_, response) => {
    response.write(model.subarray(0, 50));
    setTimeout(() => response.end(model.subarray(50)), 10);
  },
  '/short.onnx': (_, response) => {
    response.writeHead(200, { 'content-length': model.length + 100 });
    response.write(model);
    setTimeout(() => response.destroy(), 10);
  },
  '/lost.onnx': (_, response) => {
    response.write(model.subarray(0, 50));
    setTimeout(() => response.destroy(), 10);
  },
  '/page.onnx': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>Welcome</title>');
  },
  '/endless.onnx': (_, response) => void response.write(model.subarray(0, 50)),
  '/weights.bin': (_, response) => response.end(weights),
});

const weights = new Uint8Array(20);
new Float32Array(weights.buffer, 8).set([1, 2, 3]);

beforeAll(async () => {
  await server.start();
  folder = await mkdtemp(join(tmpdir(), 'fovea-'));
  await writeFile(join(folder, 'model.onnx'), model);
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

/** What a program of another realm makes of the model's `bytes`. */
function foreign<T>(program: string): T {
  return runInNewContext(program, { bytes: [...model] }) as T;
}

/** The object as one that is no instance of this realm's class, though of the same shape. */
function ofAnotherRealm<T extends object>(object: T): T {
  const prototype = Object.getPrototypeOf(object) as object;
  const twin = {} as T;
  for (const name of [
    'constructor',
    Symbol.toStringTag,
    ...Object.getOwnPropertyNames(prototype),
  ]) {
    const value: unknown = Reflect.get(object, name);
    const own = typeof value === 'function' ? (value.bind(object) as unknown) : value;
    Object.defineProperty(twin, name, { value: own, configurable: true });
  }
  return twin;
}

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

async function expectToWork(source: ModelSource, options = {}): Promise<void> {
  const session = await InferenceSession.create(source, options);
  const { y } = await session.run({ x: new Tensor('float32', [1, 1, 1], [1, 3]) });
  expect(y!.data).toEqual(Float32Array.of(2, 3, 4));
  await session.release();
}

const failure = (source: ModelSource, options = {}) =>
  failureOf(InferenceSession.create(source, options));

describe('a model comes from', () => {
  test.each<[string, () => ModelSource | Promise<ModelSource>]>([
    ['bytes', () => model],
    ['a part of a larger array', () => Uint8Array.of(0, ...model, 0).subarray(1, -1)],
    ['an ArrayBuffer', () => model.slice().buffer],
    ['a Blob', () => new Blob([model.slice()])],
    ['a buffer that is shared', () => shared(model)],
    ['a DataView', () => new DataView(model.slice().buffer) as never],
    ['bytes of another realm', () => foreign<Uint8Array>('Uint8Array.from(bytes)')],
    ['a buffer of another realm', () => foreign<ArrayBuffer>('Uint8Array.from(bytes).buffer')],
    ['a Blob of another realm', () => ofAnotherRealm(new Blob([model.slice()]))],
    ['a Response of another realm', () => ofAnotherRealm(new Response(model.slice()))],
    ['a stream of another realm', () => ofAnotherRealm(new Blob([model.slice()]).stream())],
    ['a URL of another realm', () => ofAnotherRealm(new URL(server.url('/model.onnx')))],
    ['a stream', () => new Blob([model.slice()]).stream()],
    ['a Response', () => new Response(model.slice())],
    ['a fetched Response', () => fetch(server.url('/model.onnx'))],
    ['a URL', () => new URL(server.url('/model.onnx'))],
    ['an address', () => server.url('/model.onnx')],
    ['an answer of unknown length', () => server.url('/chunked.onnx')],
    ['a path', () => join(folder, 'model.onnx')],
    ['a file: URL', () => pathToFileURL(join(folder, 'model.onnx'))],
  ])('%s', async (_, source) => {
    await expectToWork(await source());
  });

  test('bytes, which stay as they were', async () => {
    const bytes = model.slice();
    await expectToWork(bytes);
    expect(bytes).toEqual(model);
  });
});

describe('progress', () => {
  test('ends with all bytes', async () => {
    const onProgress = jest.fn<OnProgress>();
    await expectToWork(server.url('/model.onnx'), { onProgress });
    const stages = onProgress.mock.calls.map(([{ stage }]) => stage);
    expect([...new Set(stages)]).toEqual(['engine', 'download', 'model']);
    const total = model.length;
    expect(onProgress).toHaveBeenCalledWith({ stage: 'download', done: total, total });
    expect(onProgress).toHaveBeenLastCalledWith({ stage: 'model', done: 1, total: 1 });
  });

  test('has no total where none is known', async () => {
    const onProgress = jest.fn<OnProgress>();
    await expectToWork(server.url('/chunked.onnx'), { onProgress });
    const done = model.length;
    expect(onProgress).toHaveBeenCalledWith({ stage: 'download', done, total: undefined });
  });
});

describe('fetching fails with', () => {
  test('the status of an answer that is none', async () => {
    const error = await failure(server.url('/missing.onnx'));
    expect(error.code).toBe('NetworkError');
    expect(error.fields).toEqual({ url: server.url('/missing.onnx'), status: '404' });
  });

  test('the status of a Response', async () => {
    const error = await failure(await fetch(server.url('/missing.onnx')));
    expect(error).toMatchObject({ code: 'NetworkError', fields: { status: '404' } });
  });

  test.each(['/short.onnx', '/lost.onnx'])('a connection lost at %s', async (path) => {
    const error = await failure(server.url(path));
    expect(error.code).toBe('NetworkError');
    expect(error.message).toContain(path);
  });

  test('nobody listening', async () => {
    const error = await failure('http://127.0.0.1:9/model.onnx');
    expect(error.code).toBe('NetworkError');
  });

  test('a file that is not there', async () => {
    const error = await failure(join(folder, 'missing.onnx'));
    expect(error).toMatchObject({ code: 'NetworkError' });
    expect(error.message).toContain('missing.onnx');
  });

  test('a web page instead of a model', async () => {
    const error = await failure(server.url('/page.onnx'));
    expect(error.code).toBe('MalformedModel');
    expect(error.message).toContain('web page');
  });

  test.each<[string, unknown]>([
    ['a number', 7],
    ['null', null],
    ['nothing', undefined],
    ['a list', [1, 2]],
    ['an object', {}],
    ['a promise', Promise.resolve(model)],
  ])('%s, which is no source', async (_, source) => {
    for (const failed of [failure(source as never), failureOf(checkModel(source as never))]) {
      expect(await failed).toMatchObject({ code: 'InvalidInput', name: 'FoveaError' });
    }
  });

  test('a stream or a Response that somebody has read', async () => {
    const response = new Response(model.slice());
    await response.arrayBuffer();
    expect((await failure(response)).message).toContain('has been read');
    const stream = new Blob([model.slice()]).stream();
    stream.getReader();
    expect((await failure(stream)).message).toContain('has been read');
  });

  test('a stream of something else', async () => {
    const words = new ReadableStream({ start: (sink) => void sink.enqueue('a word') });
    const error = await failure(words as never);
    expect(error).toMatchObject({ code: 'InvalidInput', name: 'FoveaError' });
    expect(error.message).toContain("'a word'");
  });

  test('what onProgress throws', async () => {
    const cause = new Error('an accident');
    const onProgress = () => {
      throw cause;
    };
    expect(await failure(model, { onProgress })).toMatchObject({ code: 'InvalidInput', cause });
  });

  test('an abort while it arrives', async () => {
    const controller = new AbortController();
    const loading = failure(server.url('/endless.onnx'), {
      signal: controller.signal,
      onProgress: ({ stage }: Progress) => {
        if (stage === 'download') controller.abort();
      },
    });
    setTimeout(() => controller.abort(), 100);
    expect((await loading).code).toBe('Aborted');
  });
});

describe('external data', () => {
  const external = externalModel('weights.bin', 8);

  test.each<[string, object]>([
    ['a map of bytes', { externalData: { 'weights.bin': weights } }],
    ['a callback', { externalData: (at: string) => (at === 'weights.bin' ? weights : undefined) }],
    ['a list', { externalData: [{ path: 'weights.bin', data: weights }] }],
    [
      'a list, by another way to write it',
      { externalData: [{ path: './weights.bin', data: weights }] },
    ],
    ['a map, by another way to write it', { externalData: { './/./weights.bin': weights } }],
    ['a promise', { externalData: () => Promise.resolve(new Blob([weights])) }],
  ])('comes from %s', async (_, options) => {
    await expectToWork(external, options);
  });

  test.each(['./weights.bin', './a/../weights.bin'])(
    'is found as the model writes it: %s',
    async (at) => {
      await expectToWork(externalModel(at, 8), { externalData: { [at]: weights } });
    },
  );

  test('of a file in the folder of the model is found by its name', async () => {
    const external = externalModel('./weights.bin', 8);
    await expectToWork(external, { externalData: { 'weights.bin': weights } });
    await expectToWork(external, { externalData: [{ path: 'weights.bin', data: weights }] });
  });

  test('of a list of addresses comes from there', async () => {
    const address = server.url('/weights.bin');
    await expectToWork(externalModel(address, 8), { externalData: [address] });
  });

  test.each(['constructor', 'toString', '__proto__'])('may be of the name %s', async (name) => {
    const external = externalModel(name, 8);
    const error = await failure(external, { externalData: { other: weights } });
    expect(error.fields.externalData).toBe(name);
    await expectToWork(external, { externalData: [{ path: name, data: weights }] });
    await expectToWork(external, { externalData: Object.fromEntries([[name, weights]]) });
  });

  test.each<[string, unknown]>([
    ['a word', 'weights.bin'],
    ['a list of bytes', [weights]],
    ['null', null],
    ['bytes alone', weights],
  ])('is not %s', async (_, externalData) => {
    const error = await failure(external, { externalData });
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'externalData' } });
  });

  test('that a function fails to give is an error with the cause', async () => {
    const cause = new Error('an accident');
    const externalData = () => Promise.reject(cause);
    expect(await failure(external, { externalData })).toMatchObject({
      code: 'InvalidInput',
      cause,
      fields: { externalData: 'weights.bin' },
    });
  });

  test('comes from an address', async () => {
    await expectToWork(external, { externalData: { 'weights.bin': server.url('/weights.bin') } });
  });

  test('that is not given is an error that names it', async () => {
    const error = await failure(external);
    expect(error.fields.externalData).toBe('weights.bin');
    expect(error.message).toContain('weights.bin');
    expect((await failure(external, { externalData: { other: weights } })).message).toBe(
      error.message,
    );
  });

  test('that is too short is an error', async () => {
    const externalData = { 'weights.bin': weights.slice(0, 16) };
    const error = await failure(external, { externalData });
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain('weights.bin');
  });
});
