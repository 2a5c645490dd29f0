import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  clearModelCache,
  InferenceSession,
  type OnProgress,
  type Progress,
  type SessionOptions,
} from 'fovea';
import { failureOf } from './support/errors.js';
import { FileServer } from './support/file-server.js';
import { addModel, identityModel } from './support/models.js';

const first = Uint8Array.from(addModel());
const second = Uint8Array.from(identityModel('float32'));
const hash = (bytes: Uint8Array) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;

let server: FileServer;
let cache: string;

beforeEach(async () => {
  cache = join(mkdtempSync(join(tmpdir(), 'fovea-cache-')), 'models');
  server = new FileServer(first);
  await server.start();
});
afterEach(async () => {
  await server.stop();
  rmSync(join(cache, '..'), { recursive: true, force: true });
});

/** Loads what the server has. Gives how many bytes of it came, and whether from the cache. */
async function load(options: SessionOptions = {}): Promise<Partial<Progress>> {
  const onProgress = jest.fn<OnProgress>();
  const session = await InferenceSession.create(server.url(), { cache, onProgress, ...options });
  expect(session.inputNames).toEqual(['x']);
  await session.release();
  const downloads = onProgress.mock.calls.map(([told]) => told).filter(isDownload);
  const { done, total, cached } = downloads.at(-1)!;
  expect(total).toBe(done);
  return { done, cached: cached ?? false };
}

const isDownload = ({ stage }: Progress) => stage === 'download';
const fetched = (bytes: Uint8Array) => ({ done: bytes.length, cached: false });
const kept = (bytes: Uint8Array) => ({ done: bytes.length, cached: true });
const files = (ending: string) => readdirSync(cache).filter((file) => file.endsWith(ending));

describe('what is kept', () => {
  test.each<[string, { etag?: string | undefined; lastModified?: string }, string]>([
    ['an ETag', {}, 'if-none-match'],
    ['a weak ETag', { etag: 'W/"first"' }, 'if-none-match'],
    [
      'a date',
      { etag: undefined, lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' },
      'if-modified-since',
    ],
  ])('is used where the server says by %s that it is new', async (_, validators, header) => {
    Object.assign(server, validators);
    expect(await load()).toEqual(fetched(first));
    expect(await load()).toEqual(kept(first));
    expect(server.seen.map(({ headers }) => header in headers)).toEqual([false, true]);
  });

  test('is replaced where the server has another', async () => {
    await load();
    Object.assign(server, { body: second, etag: '"second"' });
    expect(await load()).toEqual(fetched(second));
    expect(await load()).toEqual(kept(second));
    expect(files('.onnx')).toHaveLength(1);
    expect(files('.part')).toEqual([]);
  });

  test('is used without a request where a hash says what it is', async () => {
    const integrity = hash(first);
    expect(await load({ integrity })).toEqual(fetched(first));
    expect(await load({ integrity })).toEqual(kept(first));
    expect(server.seen).toHaveLength(1);
  });

  test('is another for each hash', async () => {
    await load({ integrity: hash(first) });
    server.body = second;
    expect(await load({ integrity: hash(second) })).toEqual(fetched(second));
    expect(await load({ integrity: hash(first) })).toEqual(kept(first));
  });

  test('is never what a hash does not fit', async () => {
    const integrity = hash(second);
    const failing = InferenceSession.create(server.url(), { cache, integrity });
    expect((await failureOf(failing)).code).toBe('IntegrityError');
    server.body = second;
    expect(await load({ integrity })).toEqual(fetched(second));
  });

  test('is another for each address, whatever is behind #', async () => {
    const create = (path: string) => InferenceSession.create(server.url(path), { cache });
    for (const path of ['/a.onnx', '/a.onnx?2', '/a.onnx#part'])
      await (await create(path)).release();
    expect(files('.onnx')).toHaveLength(2);
  });

  test('is used without a network, at once', async () => {
    await load();
    await server.stop();
    const begin = performance.now();
    expect(await load({ retry: 9 })).toEqual(kept(first));
    expect(performance.now() - begin).toBeLessThan(1000);
    await server.start();
  });

  test('is used while the server is not well, but not where it says no', async () => {
    await load();
    server.refuseNext(503);
    expect(await load()).toEqual(kept(first));
    server.refuseNext(404);
    const failing = InferenceSession.create(server.url(), { cache });
    expect((await failureOf(failing)).fields.status).toBe('404');
  });

  test('is used where a newer one breaks off', async () => {
    await load();
    Object.assign(server, { body: second, etag: '"second"' });
    for (let i = 0; i < 3; ++i) server.breakNext(20);
    expect(await load({ retry: 0 })).toEqual(kept(first));
  });

  test('is what was downloaded, not what was decrypted', async () => {
    server.body = first.map((byte) => byte ^ 0x55);
    const flip = () =>
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, sink) => sink.enqueue(chunk.map((byte) => byte ^ 0x55)),
      });
    const decrypt: SessionOptions['decrypt'] = (stream) => stream.pipeThrough(flip());
    expect(await load({ decrypt })).toEqual(fetched(first));
    expect(await load({ decrypt })).toEqual(kept(first));
    expect(Uint8Array.from(readFileSync(join(cache, files('.onnx')[0]!)))).toEqual(server.body);
  });

  test('is fetched anew where the server has no ETag and no date', async () => {
    server.etag = undefined;
    await load();
    expect(await load()).toEqual(fetched(first));
  });
});

describe('what is damaged is fetched anew:', () => {
  test.each<[string, () => void]>([
    ['half a file', () => truncateSync(join(cache, files('.onnx')[0]!), 50)],
    [
      'other bytes',
      () =>
        writeFileSync(
          join(cache, files('.onnx')[0]!),
          first.map((byte) => byte ^ 1),
        ),
    ],
    ['no file', () => rmSync(join(cache, files('.onnx')[0]!))],
    ['half an entry', () => truncateSync(join(cache, files('.json')[0]!), 20)],
    ['an entry of something else', () => writeFileSync(join(cache, files('.json')[0]!), '{}')],
    [
      'an entry that names a file elsewhere',
      () => writeFileSync(join(cache, files('.json')[0]!), '{"file":"../../etc/passwd"}'),
    ],
  ])('%s', async (_, damage) => {
    await load();
    damage();
    expect(await load()).toEqual(fetched(first));
    expect(await load()).toEqual(kept(first));
  });

  test('also where a hash is given', async () => {
    const integrity = hash(first);
    await load({ integrity });
    truncateSync(join(cache, files('.onnx')[0]!), 50);
    expect(await load({ integrity })).toEqual(fetched(first));
    expect(await load({ integrity })).toEqual(kept(first));
  });
});

describe('a cache', () => {
  test('that cannot be written fails no load', async () => {
    writeFileSync(cache, 'a file, where a folder is needed');
    expect(await load()).toEqual(fetched(first));
    expect(await load()).toEqual(fetched(first));
  });

  test('is left alone unless asked for', async () => {
    expect(await load({ cache: false })).toEqual(fetched(first));
    expect(() => readdirSync(cache)).toThrow('ENOENT');
  });

  test('keeps no local files', async () => {
    const path = join(cache, '..', 'model.onnx');
    writeFileSync(path, first);
    await (await InferenceSession.create(path, { cache })).release();
    expect(() => readdirSync(cache)).toThrow('ENOENT');
  });

  test('keeps nothing but what GET gives', async () => {
    const failing = InferenceSession.create(server.url(), {
      cache,
      fetchOptions: { method: 'POST' },
    });
    expect(await failureOf(failing)).toMatchObject({ code: 'InvalidInput' });
  });

  test('is good for loads at once', async () => {
    await Promise.all([load(), load(), load()]);
    expect(files('.onnx')).toHaveLength(1);
    expect(files('.json')).toHaveLength(1);
    expect(await load()).toEqual(kept(first));
  });

  test('is cleared of models, and of nothing else', async () => {
    await load();
    const own = join(cache, 'own.json');
    writeFileSync(own, 'mine');
    await clearModelCache({ cache });
    expect(readdirSync(cache)).toEqual(['own.json']);
    expect(await load()).toEqual(fetched(first));
    await clearModelCache({ cache: join(cache, 'nowhere') });
  });

  test.each([[{ cache: 7 }], [{ cache: false }], [{ name: 'x' }], ['x']])(
    'is not cleared by %p',
    async (options) => {
      expect((await failureOf(clearModelCache(options as never))).code).toBe('InvalidInput');
    },
  );

  test("is the user's unless told otherwise", async () => {
    const program = `
      import { clearModelCache, InferenceSession } from 'fovea';
      await (await InferenceSession.create('${server.url()}', { cache: true })).release();
      if (process.argv[1] === 'clear') await clearModelCache();
    `;
    const run = (argument: string) =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, argument], {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { PATH: process.env.PATH, XDG_CACHE_HOME: join(cache, '..') },
      });
    await run('keep');
    const folder = join(cache, '..', 'fovea', 'models');
    expect(readdirSync(folder)).toHaveLength(2);
    await run('clear');
    expect(readdirSync(folder)).toEqual([]);
  });
});
