import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { capabilities, InferenceSession, version, type EngineOptions } from 'fovea';
import { failureOf } from './support/errors.js';
import { addModel } from './support/models.js';
import { LocalServer } from './support/server.js';

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const simdWasm = () => readFileSync(fromHere('../../dist/wasm/fovea-simd.wasm'));

const server = new LocalServer({
  '/engine.wasm': (_, response) => {
    response.writeHead(200, { 'content-type': 'application/wasm' });
    response.end(simdWasm());
  },
  '/engine.wasm?idle': (_, response) => response.end(simdWasm()),
  '/untyped.wasm': (_, response) => response.end(simdWasm()),
  '/page.wasm': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<!doctype html><title>Welcome</title>');
  },
  '/broken.wasm': (_, response) => {
    response.writeHead(200, { 'content-type': 'application/wasm' });
    response.end('not the engine');
  },
  // WebAssembly without anything in it, and so without what the glue calls.
  '/other.wasm': (_, response) => {
    response.writeHead(200, { 'content-type': 'application/wasm' });
    response.end(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  },
});

beforeAll(() => server.start());
afterAll(() => server.stop());

async function load(options: EngineOptions): Promise<void> {
  const session = await InferenceSession.create(addModel(), { variant: 'simd', ...options });
  await session.release();
}

describe('the engine', () => {
  test('has the version of the package', () => {
    const { version: packaged } = JSON.parse(
      readFileSync(fromHere('../../package.json'), 'utf8'),
    ) as {
      version: string;
    };
    expect(version).toBe(packaged);
  });

  test.each(['/engine.wasm', '/untyped.wasm'])('loads from %s', async (path) => {
    await load({ wasmUrl: server.url(path) });
  });

  test('loads from bytes, and from a folder', async () => {
    await load({ wasmBinary: simdWasm() });
    await load({ baseUrl: new URL('../../dist/wasm', import.meta.url) });
  });

  test.each([
    ['a missing file', '/missing.wasm', '404'],
    ['a web page', '/page.wasm', 'web page'],
    ['something else', '/broken.wasm', 'not WebAssembly'],
    ['an engine of another kind', '/other.wasm', 'does not start'],
  ])('tells of %s in its place', async (_, path, message) => {
    const wasmUrl = server.url(path);
    const error = await failureOf(load({ wasmUrl }));
    expect(error.code).toBe('EngineLoadError');
    expect(error.fields.url).toBe(wasmUrl);
    expect(error.message).toContain(message);
  });

  test('tells of a script that is not there', async () => {
    const error = await failureOf(load({ baseUrl: new URL('nowhere/', import.meta.url) }));
    expect(error.code).toBe('EngineLoadError');
    expect(error.message).toContain('nowhere/fovea-simd.js');
  });

  test('starts after an attempt that failed', async () => {
    let served = 0;
    const flaky = new LocalServer({
      '/engine.wasm': (_, response) => {
        if (served++ === 0) response.writeHead(503);
        response.end(simdWasm());
      },
    });
    await flaky.start();
    const wasmUrl = flaky.url('/engine.wasm');
    expect((await failureOf(load({ wasmUrl }))).fields.status).toBe('503');
    await load({ wasmUrl });
    await flaky.stop();
  });

  test('lives on for a while after its last session, however old the releases before', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    try {
      const wasmUrl = server.url('/engine.wasm?idle');
      const starts = () => server.requests.filter((path) => path.endsWith('?idle')).length;
      await load({ wasmUrl });
      jest.advanceTimersByTime(4000);
      await load({ wasmUrl });
      jest.advanceTimersByTime(4000);
      await load({ wasmUrl });
      expect(starts()).toBe(1);
      jest.advanceTimersByTime(6000);
      await load({ wasmUrl });
      expect(starts()).toBe(2);
    } finally {
      jest.useRealTimers();
    }
  });

  test('is found by a path that starts from here', async () => {
    await load({ baseUrl: 'dist/wasm' });
    await load({ wasmUrl: 'dist/wasm/fovea-simd.wasm' });
  });

  test('is fetched once by sessions that are created at once', async () => {
    const wasmUrl = server.url('/engine.wasm?shared');
    const before = server.requests.length;
    await Promise.allSettled([load({ wasmUrl }), load({ wasmUrl }), load({ wasmUrl })]);
    expect(server.requests.length - before).toBe(1);
  });
});

describe('capabilities', () => {
  test('choose a variant and say why', async () => {
    const found = await capabilities();
    expect(found.simd).toBe(true);
    expect(found.variant.startsWith('relaxed')).toBe(found.relaxedSimd);
    expect(found.variant.endsWith('-threads')).toBe(found.numThreads > 1);
    expect(found.reason).not.toBe('');
    expect(found.worker).toBe(false);
  });

  test('compute alone where one thread is asked for', async () => {
    const { variant, numThreads, reason } = await capabilities({ numThreads: 1 });
    expect(variant).toMatch(/^(simd|relaxed)$/);
    expect(numThreads).toBe(1);
    expect(reason).toContain('one thread');
  });

  test('refuse a variant that does not run here', async () => {
    if ((await capabilities()).relaxedSimd) return;
    const error = await failureOf(capabilities({ variant: 'relaxed' }));
    expect(error.code).toBe('EngineLoadError');
    expect(error.message).toContain('relaxed SIMD');
  });
});
