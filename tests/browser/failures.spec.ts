import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './support/test.js';
import { makeNetwork } from '../../bench/networks/index.js';
import { smallNetwork } from '../support/small-network.js';
import {
  makeTrappingEngine,
  mendTrappingEngine,
  trappingVariant,
} from '../support/trapping-threads.js';
import {
  type Failure,
  openPackagePage,
  type PlainOptions,
  serveModel,
} from './support/package-page.js';

const { model, input } = smallNetwork();
const dims = input.dims;

test.beforeEach(({ page }) => openPackagePage(page));

/** How creating a session fails, and whether one can be created and run afterwards. */
async function failureThenSuccess(page: Page, source: string): Promise<Failure | null> {
  const failure = await page.evaluate(
    (source) => window.failureOf(window.fovea.InferenceSession.create(source)),
    source,
  );
  expect(await runOnce(page, await serveModel(page, model))).toBe(4 * input.data.length);
  return failure;
}

/** Puts a script into the worker, before its own. It may have `onTold`, a function for tellWorker(). */
function addToWorker(page: Page, script: string): Promise<unknown> {
  const listening = `
    const channel = new BroadcastChannel('test');
    channel.onmessage = () => {
      channel.postMessage('told');
      onTold();
    };`;
  return page.route('**/dist/worker.js', async (route) => {
    const response = await route.fetch();
    const body = `{ ${script} ${listening} }\n${await response.text()}`;
    await route.fulfill({ response, body });
  });
}

/** Calls what addToWorker() put there. */
function tellWorker(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        const channel = new BroadcastChannel('test');
        channel.onmessage = () => {
          channel.close();
          resolve();
        };
        channel.postMessage('now');
      }),
  );
}

/** Creates a session, runs it once on zeros and tells the size of its output. */
function runOnce(page: Page, url: string, options: PlainOptions = {}): Promise<number> {
  return page.evaluate(
    async ({ url, dims, options }) => {
      const { InferenceSession } = window.fovea;
      const session = await InferenceSession.create(url, options);
      const { output } = await session.run({ input: window.zeros(dims) });
      await session.release();
      return output!.size;
    },
    { url, dims, options },
  );
}

test('a model that is not there', async ({ page }) => {
  const failure = await failureThenSuccess(page, '/nowhere.onnx');
  expect(failure).toMatchObject({ name: 'FoveaError', code: 'NetworkError' });
  expect(failure!.fields).toMatchObject({ status: '404' });
});

test('a web page instead of a model', async ({ page }) => {
  const failure = await failureThenSuccess(page, '/tests/browser/pages/package.html');
  expect(failure).toMatchObject({ name: 'FoveaError', code: 'MalformedModel' });
});

test('a model that breaks off', async ({ page }) => {
  await page.route('**/half.onnx', (route) =>
    route.fulfill({ body: Buffer.from(model.subarray(0, model.length >> 1)) }),
  );
  expect(await failureThenSuccess(page, '/half.onnx')).toMatchObject({ code: 'MalformedModel' });
});

test('an engine that is not there, until it is', async ({ page }) => {
  await page.route('**/*.wasm', (route) => route.fulfill({ status: 404, body: 'gone' }));
  const url = await serveModel(page, model);
  const create = (url: string) => window.failureOf(window.fovea.InferenceSession.create(url));
  expect(await page.evaluate(create, url)).toMatchObject({ code: 'EngineLoadError' });
  await page.unroute('**/*.wasm');
  expect(await runOnce(page, url)).toBe(4 * input.data.length);
});

test('threads that never start are started once more', async ({ page, sharedMemory }) => {
  test.skip(!sharedMemory, 'there are no threads');
  // As in Firefox at times: new Worker() does not return.
  const hanging = `globalThis.Worker = class {
    constructor() { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }
  };`;
  let starts = 0;
  await page.route('**/dist/worker.js', async (route) => {
    const response = await route.fetch();
    const body = `${++starts === 1 ? hanging : ''}\n${await response.text()}`;
    await route.fulfill({ response, body });
  });
  const options = { numThreads: 2 };
  expect(await runOnce(page, await serveModel(page, model), options)).toBe(4 * input.data.length);
  expect(starts).toBe(2);
});

test('a web page instead of the engine', async ({ page }) => {
  await page.route('**/*.wasm', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Not found</title>' }),
  );
  const failure = await page.evaluate(
    (url) => window.failureOf(window.fovea.InferenceSession.create(url)),
    await serveModel(page, model),
  );
  expect(failure).toMatchObject({ code: 'EngineLoadError' });
  expect(failure!.message).toContain('web page');
});

test("a run whose engine's worker dies rejects, and the next session has a new worker", async ({
  page,
}) => {
  await addToWorker(
    page,
    "const onTold = () => setTimeout(() => { throw new Error('an accident'); });",
  );
  const large = makeNetwork('rrdb');
  const url = await serveModel(page, large.model);
  await page.evaluate(
    async ({ url, dims }) => {
      const { InferenceSession } = window.fovea;
      const session = await InferenceSession.create(url);
      const feeds = { input: window.zeros(dims) };
      const runUntilItFails = async () => {
        // Until the worker dies between two of these.
        for (;;) await session.run(feeds);
      };
      Object.assign(window, { running: window.failureOf(runUntilItFails()) });
    },
    { url, dims: large.dims },
  );
  await tellWorker(page);
  const failure = await page.evaluate(
    () => (window as unknown as { running: Promise<Failure> }).running,
  );
  expect(failure).toMatchObject({ code: 'EngineCrashed' });
  await page.unroute('**/test-data/model.onnx');
  expect(await runOnce(page, await serveModel(page, model))).toBe(4 * input.data.length);
});

test('an engine that traps in its worker rejects all that it was at, and the next is a new one', async ({
  page,
}) => {
  // WebAssembly traps in what it calls, once told to: as if it were its own fault.
  const trapping = `
    const instantiate = WebAssembly.instantiate;
    const unreachable = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0,
      7, 5, 1, 1, 0x66, 0, 0, 10, 5, 1, 3, 0, 0, 0x0b);
    const trap = new WebAssembly.Instance(new WebAssembly.Module(unreachable)).exports.f;
    const wrap = (value) => typeof value !== 'function' ? value
      : (...args) => (self.trapping ? trap() : value(...args));
    const mapped = (object, map) =>
      Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
    WebAssembly.instantiate = (module, imports) =>
      instantiate(module, mapped(imports, (each) => mapped(each, wrap)));
    const onTold = () => { self.trapping = true; };
  `;
  await addToWorker(page, trapping);
  const url = await serveModel(page, model);
  await page.evaluate(
    async ({ url, dims }) => {
      const { InferenceSession } = window.fovea;
      const options = { variant: 'simd' } as const;
      const [first, second] = await Promise.all([
        InferenceSession.create(url, options),
        InferenceSession.create(url, options),
      ]);
      const feeds = { input: window.zeros(dims) };
      Object.assign(window, {
        crash: () =>
          Promise.all([first, second, first].map((each) => window.failureOf(each.run(feeds)))),
      });
    },
    { url, dims },
  );
  await tellWorker(page);
  const failures = await page.evaluate(() =>
    (window as unknown as { crash(): Promise<Failure[]> }).crash(),
  );
  for (const failure of failures) {
    expect(failure).toMatchObject({ name: 'FoveaError', code: 'EngineCrashed' });
    expect(failure.message).toMatch(/unreachable/i);
  }
  expect(await runOnce(page, url)).toBe(4 * input.data.length);
});

test('a thread that traps ends all that its engine was at, and the next is a new one', async ({
  page,
  sharedMemory,
}) => {
  test.skip(!sharedMemory, 'there are no threads here');
  const folder = makeTrappingEngine("self.name?.startsWith('em-pthread')");
  const baseUrl = `/build/${basename(folder)}`;
  const options = { variant: trappingVariant, numThreads: 2, baseUrl } as const;
  try {
    const large = makeNetwork('rrdb');
    const url = await serveModel(page, large.model);
    const failures = await page.evaluate(
      async ({ url, dims, options }) => {
        const create = () => window.fovea.InferenceSession.create(url, options);
        const [first, second] = await Promise.all([create(), create()]);
        const feeds = { input: window.zeros(dims) };
        const runs = [first, second, first].map((each) => each.run(feeds));
        return Promise.all(runs.map((run) => window.failureOf(run)));
      },
      { url, dims: large.dims, options },
    );
    for (const failure of failures) {
      expect(failure).toMatchObject({ name: 'FoveaError', code: 'EngineCrashed' });
    }
    mendTrappingEngine(folder);
    expect(await runOnce(page, await serveModel(page, model), options)).toBe(4 * input.data.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a run can be aborted, and the session used again', async ({ page }) => {
  const large = makeNetwork('rrdb');
  const url = await serveModel(page, large.model);
  const result = await page.evaluate(
    async ({ url, dims }) => {
      const { InferenceSession } = window.fovea;
      const session = await InferenceSession.create(url);
      const feeds = { input: window.zeros(dims) };
      const controller = new AbortController();
      const aborted = window.failureOf(
        session.run(feeds, undefined, { signal: controller.signal }),
      );
      controller.abort();
      const failure = await aborted;
      const { output } = await session.run(feeds);
      return { failure, size: output!.size };
    },
    { url, dims: large.dims },
  );
  expect(result.failure).toMatchObject({ name: 'AbortError', code: 'Aborted' });
  expect(result.size).toBe(3 * 256 * 256);
});

test('what is fed wrongly is refused by name, and the session used again', async ({ page }) => {
  const result = await page.evaluate(
    async ({ url, dims }) => {
      const { InferenceSession } = window.fovea;
      const session = await InferenceSession.create(url);
      const missing = await window.failureOf(session.run({}));
      const wrongShape = await window.failureOf(
        session.run({ input: window.zeros([dims.reduce((a, b) => a * b)]) }),
      );
      const { output } = await session.run({ input: window.zeros(dims) });
      await session.release();
      const released = await window.failureOf(session.run({}));
      return { missing, wrongShape, released, size: output!.size };
    },
    { url: await serveModel(page, model), dims },
  );
  expect(result.missing).toMatchObject({ code: 'InvalidInput' });
  expect(result.wrongShape).toMatchObject({ code: 'InvalidInput' });
  expect(result.released).toMatchObject({ code: 'SessionReleased' });
  expect(result.size).toBe(4 * input.data.length);
});
