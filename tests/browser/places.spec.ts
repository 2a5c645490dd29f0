import type { Frame, Page } from '@playwright/test';
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

/** Loads the package in a frame and runs the model there: whether it lives in a worker, the result. */
async function computeInFrame(frame: Frame, origin: string): Promise<{ data: number[] }> {
  const request = { url: `${origin}/dist/index.js`, model: [...model], ...input };
  return frame.evaluate(
    async ({ url, model, dims, data }) => {
      const fovea = (await import(url)) as typeof import('fovea');
      const session = await fovea.InferenceSession.create(Uint8Array.from(model));
      const values = Float32Array.from(Object.values(data));
      const { output } = await session.run({
        input: new fovea.Tensor('float32', values, dims),
      });
      await session.release();
      return { data: [...(output!.data as Float32Array)] };
    },
    { ...request, data: [...input.data] as never },
  );
}

async function expectRight(values: readonly number[]): Promise<void> {
  const expected = await computeByOnnxruntime(model, { input });
  const { dims } = expected.output!;
  const actual = { output: { dims, data: Float32Array.from(values) } };
  expectClose(actual, expected, roundingBound(expected.output!));
}

/** A page with one frame, made by its attributes. */
async function openFrame(page: Page, attributes: string): Promise<Frame> {
  await page.route('**/test-data/*.html', (route) => {
    const inner = route.request().url().endsWith('/inner.html');
    const body = `<!doctype html><title>A page</title>${inner ? '' : `<iframe ${attributes}></iframe>`}`;
    return route.fulfill({ contentType: 'text/html', body });
  });
  await page.goto('/test-data/outer.html');
  await expect.poll(() => page.frames().length).toBe(2);
  return page.frames()[1]!;
}

for (const [place, attributes] of [
  ['a sandboxed frame', 'sandbox="allow-scripts" src="/test-data/inner.html"'],
  ['a sandboxed frame without an address', 'sandbox="allow-scripts" srcdoc="<p>A frame</p>"'],
  ['a frame without an address', 'srcdoc="<p>A frame</p>"'],
] as const) {
  test(`works in ${place}, by a worker`, async ({ page, baseURL }) => {
    await serveDist(page, shared);
    const frame = await openFrame(page, attributes);
    const { data } = await computeInFrame(frame, baseURL!);
    await expectRight(data);
    expect(page.workers().length).toBeGreaterThan(0);
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
