import { expect, test } from './support/test.js';
import { smallNetwork } from '../support/small-network.js';
import { openPackagePage, serveModel } from './support/package-page.js';

const { model } = smallNetwork();

test('the worker, the engine and the model are fetched at once', async ({ page }) => {
  await openPackagePage(page);
  const url = await serveModel(page, model);
  // Nothing is answered before everything has been asked for.
  const awaited = new Set(['js', 'wasm', 'onnx']);
  let tellAll: () => void;
  const allAsked = new Promise<void>((resolve) => (tellAll = resolve));
  await page.route(/worker\.js|\.wasm$|\.onnx$/, async (route) => {
    awaited.delete(/\w+$/.exec(route.request().url())![0]);
    if (awaited.size === 0) tellAll();
    await allAsked;
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
  await page.route('**/*.js', async (route) => {
    scripts.push(new URL(route.request().url()).pathname);
    await route.fallback();
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
