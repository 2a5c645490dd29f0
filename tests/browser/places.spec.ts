import type { Page } from '@playwright/test';
import { expect, test } from './support/test.js';
import { expectClose } from '../support/compare.js';
import { computeByOnnxruntime } from '../support/onnxruntime.js';
import { roundingBound, smallNetwork } from '../support/small-network.js';
import {
  computeInPage,
  openPackagePage,
  openPageWithPolicy,
  serveModel,
} from './support/package-page.js';

const { model, input } = smallNetwork();

test.use({ serviceWorkers: 'allow' });

/** Has the package's files come with more headers, and perhaps other text. */
async function serveDist(
  page: Page,
  headers: Record<string, string>,
  edit = (text: string) => text,
): Promise<void> {
  await page.route('**/dist/**', async (route) => {
    const response = await route.fetch();
    const isScript = route.request().url().endsWith('.js');
    await route.fulfill({
      response,
      headers: { ...response.headers(), ...headers },
      ...(isScript ? { body: edit(await response.text()) } : {}),
    });
  });
}

const shared = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
};

/** Loads the package in a frame and runs the model there: the result, and how many workers were started. */
async function computeInFrame(page: Page, attributes: string, origin: string): Promise<InFrame> {
  const script = `
    const compute = ${runInFrame.toString()};
    addEventListener('message', () =>
      compute(${JSON.stringify({ url: `${origin}/dist/index.js`, ...plainRequest })}).then(
        (result) => parent.postMessage(result, '*'),
        (error) => parent.postMessage({ error: String(error) }, '*'),
      ),
    );`;
  const inner = `<!doctype html><p>A frame</p><script type="module">${script}</script>`;
  const quoted = inner.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const waiting = `addEventListener('message', ({ data }) => { window.inFrame = data; });`;
  const outer = `<!doctype html><title>A page</title><script>${waiting}</script>
    <iframe ${attributes.replace('INNER', () => quoted)}></iframe>`;
  await page.route('**/test-data/*.html', (route) => {
    const isInner = route.request().url().endsWith('/inner.html');
    return route.fulfill({ contentType: 'text/html', body: isInner ? inner : outer });
  });
  await page.goto('/test-data/outer.html');
  // Not before: Playwright routes nothing yet of a frame that is just starting.
  await page.evaluate(() => window.frames[0]!.postMessage('begin', '*'));
  await page.waitForFunction(() => window.inFrame !== undefined);
  const result = await page.evaluate(() => window.inFrame!);
  if ('error' in result) throw new Error(result.error);
  return result;
}

interface InFrame {
  data: number[];
  workers: number;
}

declare global {
  interface Window {
    /** What a frame has computed. */
    inFrame?: InFrame | { error: string };
  }
}

const plainRequest = { model: [...model], dims: [...input.dims], values: [...input.data] };

/** Runs in the frame. */
async function runInFrame({ url, model, dims, values }: typeof plainRequest & { url: string }) {
  let workers = 0;
  self.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      workers += 1;
    }
  };
  const fovea = (await import(url)) as typeof import('fovea');
  const session = await fovea.InferenceSession.create(Uint8Array.from(model));
  const tensor = new fovea.Tensor('float32', Float32Array.from(values), dims);
  const { output } = await session.run({ input: tensor });
  await session.release();
  return { data: [...(output!.data as Float32Array)], workers };
}

async function expectRight(values: readonly number[]): Promise<void> {
  const expected = await computeByOnnxruntime(model, { input });
  const { dims } = expected.output!;
  const actual = { output: { dims, data: Float32Array.from(values) } };
  expectClose(actual, expected, roundingBound(expected.output!));
}

for (const [place, attributes] of [
  ['a sandboxed frame', 'sandbox="allow-scripts" src="/test-data/inner.html"'],
  ['a sandboxed frame without an address', 'sandbox="allow-scripts" srcdoc="INNER"'],
  ['a frame without an address', 'srcdoc="INNER"'],
] as const) {
  test(`works in ${place}, by a worker`, async ({ page, baseURL }) => {
    await serveDist(page, shared);
    const { data, workers } = await computeInFrame(page, attributes, baseURL!);
    await expectRight(data);
    expect(workers).toBeGreaterThan(0);
  });
}

test('works where a bundler writes addresses without their origin', async ({ page }) => {
  // A URL in name only, which is what webpack and Next.js make of new URL(..., import.meta.url).
  const edit = (text: string) =>
    text.replaceAll(
      /new URL\("\.\/((?:wasm\/|worker)[^"]+)", import\.meta\.url\)/g,
      `Object.create(URL.prototype, Object.fromEntries(Object.entries({
        href: '/dist/$1', pathname: '/dist/$1', origin: '', protocol: '', toString: () => '/dist/$1',
      }).map(([name, value]) => [name, { value }])))`,
    );
  await serveDist(page, {}, edit);
  await openPackagePage(page);
  for (const worker of [true, false]) {
    const actual = await computeInPage(page, model, { input }, { worker, numThreads: 1 });
    await expectRight([...actual.output!.data]);
  }
});

test('works in a service worker, by the static entry', async ({ page }) => {
  await openPackagePage(page);
  const data = await page.evaluate(
    async ({ model, dims, values }) => {
      const { serviceWorker } = navigator;
      const url = '/tests/browser/pages/service-worker.js';
      const registration = await serviceWorker.register(url, { type: 'module' });
      const installing = registration.installing ?? registration.active!;
      const answer = new Promise<{ error?: string; values: Float32Array }>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve(data as never);
        const message = { model: Uint8Array.from(model), dims, values: Float32Array.from(values) };
        installing.postMessage(message, [port2]);
      });
      const { error, values: result } = await answer;
      await registration.unregister();
      if (error !== undefined) throw new Error(error);
      return [...result];
    },
    { model: [...model], dims: [...input.dims], values: [...input.data] },
  );
  await expectRight(data);
});

const create = ({ url, worker }: { url: string; worker: boolean }) =>
  window.failureOf(window.fovea.InferenceSession.create(url, { worker, numThreads: 1 }));

test('a policy against workers is named, and what to do', async ({ page }) => {
  const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'";
  await openPageWithPolicy(page, policy);
  const url = await serveModel(page, model);
  const failure = await page.evaluate(create, { url, worker: true });
  expect(failure).toMatchObject({ name: 'FoveaError', code: 'EngineLoadError' });
  expect(failure!.message).toContain('worker-src');
  expect(failure!.message).toContain('worker: false');
  expect(await page.evaluate(create, { url, worker: false })).toBeNull();
});

test('a policy against WebAssembly is named', async ({ page }) => {
  await openPageWithPolicy(page, "default-src 'self'; script-src 'self'");
  const url = await serveModel(page, model);
  for (const worker of [true, false]) {
    const failure = await page.evaluate(create, { url, worker });
    expect(failure).toMatchObject({ name: 'FoveaError', code: 'EngineLoadError' });
    expect(failure!.message).toContain("'wasm-unsafe-eval'");
  }
});
