import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { Variant } from 'fovea';
import { expect, test } from './support/test.js';
import { expectClose, maxError } from '../support/compare.js';
import { evaluationAbsent, evaluationCases } from '../support/evaluation.js';
import { computeByOnnxruntime } from '../support/onnxruntime.js';
import { roundingBound, smallNetwork } from '../support/small-network.js';
import { variants } from '../support/variants.js';
import { computeInPage, openPackagePage } from './support/package-page.js';

test.beforeEach(({ page }) => openPackagePage(page));

for (const variant of variants) {
  test(`${variant} computes what onnxruntime does`, async ({ page, runnable }) => {
    if (!runnable.includes(variant)) return expectRefused(page, variant);
    const { model, input } = smallNetwork();
    const expected = await computeByOnnxruntime(model, { input });
    const actual = await computeInPage(page, model, { input }, { variant });
    expectClose(actual, expected, roundingBound(expected.output!));
    expect(await page.evaluate(() => window.violations)).toEqual([]);
  });

  for (const { title, model, values, tolerance } of evaluationCases) {
    test(`${variant}: ${title}`, async ({ page, runnable }) => {
      test.skip(evaluationAbsent !== undefined, evaluationAbsent);
      if (!runnable.includes(variant)) return expectRefused(page, variant);
      const { inputs, outputs } = await values();
      const actual = await computeInPage(page, readFileSync(model), inputs, { variant });
      expectClose(actual, outputs, tolerance);
    });
  }
}

test('the main thread computes the same, without a worker', async ({ page }) => {
  const { model, input } = smallNetwork();
  const inWorker = await computeInPage(page, model, { input }, { variant: 'simd' });
  const options = { variant: 'simd', worker: false } as const;
  const here = await computeInPage(page, model, { input }, options);
  expect(maxError(here.output!.data, inWorker.output!.data)).toBe(0);
});

test('threads are used where memory is shared, and the reason is told where not', async ({
  page,
  isolated,
  sharedMemory,
}) => {
  const { found, cores } = await page.evaluate(async () => ({
    found: await window.fovea.capabilities(),
    cores: navigator.hardwareConcurrency,
  }));
  expect(found.crossOriginIsolated).toBe(isolated);
  expect(found.variant.endsWith('-threads')).toBe(sharedMemory && cores > 1);
  if (!sharedMemory && cores > 1) {
    expect(found.reason).toContain(isolated ? 'cannot share memory' : 'not cross-origin isolated');
  }
});

test('relaxed SIMD is used where the browser has it', async ({ page, relaxedSimd }) => {
  const found = await page.evaluate(() => window.fovea.capabilities());
  expect(found.relaxedSimd).toBe(relaxedSimd);
  expect(found.variant.startsWith('relaxed')).toBe(relaxedSimd);
});

async function expectRefused(page: Page, variant: Variant): Promise<void> {
  const failure = await page.evaluate(
    (variant) => window.failureOf(window.fovea.capabilities({ variant })),
    variant,
  );
  expect(failure).toMatchObject({ code: 'EngineLoadError' });
}
