import { expect, test } from '@playwright/test';
import { expectClose } from '../support/compare.js';
import { computeByOnnxruntime } from '../support/onnxruntime.js';
import { roundingBound, smallNetwork } from '../support/small-network.js';
import { computeInPage, openPackagePage } from './support/package-page.js';

test('pages and workers need no unsafe-eval', async ({ page }) => {
  // A worker obeys the policy its own script is served with.
  const guarded: string[] = [];
  await page.route(/\/(dist|tests)\//, async (route) => {
    const response = await route.fetch();
    const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
    const headers = { ...response.headers(), 'content-security-policy': policy };
    guarded.push(new URL(route.request().url()).pathname);
    await route.fulfill({ response, headers });
  });
  await openPackagePage(page);
  const { model, input } = smallNetwork();
  const actual = await computeInPage(page, model, { input }, {});
  const expected = await computeByOnnxruntime(model, { input });
  expectClose(actual, expected, roundingBound(expected.output!));
  expect(guarded).toContain('/dist/worker.js');
  expect(await page.evaluate(() => window.violations)).toEqual([]);
});
