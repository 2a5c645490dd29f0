import { expect, test } from './support/test.js';
import { smallNetwork } from '../support/small-network.js';
import { openPackagePage, serveModel } from './support/package-page.js';

const { model } = smallNetwork();

test('the worker, the engine and the model are fetched at once', async ({ page }) => {
  await openPackagePage(page);
  const url = await serveModel(page, model);
  const wanted = ['/worker.js', '.wasm', '.onnx'];
  // Nothing is answered before everything has been asked for.
  const asked = wanted.map((end) => page.waitForRequest((request) => request.url().endsWith(end)));
  await page.route(/worker\.js|\.wasm$/, async (route) => {
    await Promise.all(asked);
    await route.fallback();
  });
  await page.evaluate(async (url) => {
    const session = await window.fovea.InferenceSession.create(url);
    await session.release();
  }, url);
});

test('a worker without threads needs no other script', async ({ page }) => {
  await openPackagePage(page);
  const scripts: string[] = [];
  page.context().on('request', (request) => {
    if (request.resourceType() === 'script') scripts.push(new URL(request.url()).pathname);
  });
  await page.evaluate(
    async (url) => {
      const session = await window.fovea.InferenceSession.create(url, { variant: 'simd' });
      await session.release();
    },
    await serveModel(page, model),
  );
  expect(scripts).toEqual(['/dist/worker.js']);
});
