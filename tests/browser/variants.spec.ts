import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { expectClose, maxError } from '../support/compare.js';
import { evaluationAbsent, evaluationCases } from '../support/evaluation.js';
import { computeByOnnxruntime } from '../support/onnxruntime.js';
import { roundingBound, smallNetwork } from '../support/small-network.js';
import { variants } from '../support/variants.js';
import { computeInPage, openPackagePage } from './support/package-page.js';

test.beforeEach(({ page }) => openPackagePage(page));

for (const variant of variants) {
  test(`${variant} computes what onnxruntime does`, async ({ page }, { project }) => {
    test.skip(needsIsolation(variant, project.name), 'memory is not shared here');
    const { model, input } = smallNetwork();
    const expected = await computeByOnnxruntime(model, { input });
    const actual = await computeInPage(page, model, { input }, { variant });
    expectClose(actual, expected, roundingBound(expected.output!));
    expect(await page.evaluate(() => window.violations)).toEqual([]);
  });

  for (const { title, model, values, tolerance } of evaluationCases) {
    test(`${variant}: ${title}`, async ({ page }, { project }) => {
      test.skip(evaluationAbsent !== undefined, evaluationAbsent);
      test.skip(needsIsolation(variant, project.name), 'memory is not shared here');
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

test('threads are used where memory is shared, and the reason is told where not', async ({ page }, {
  project,
}) => {
  const { found, cores } = await page.evaluate(async () => ({
    found: await window.fovea.capabilities(),
    cores: navigator.hardwareConcurrency,
  }));
  const isolated = project.name === 'isolated';
  expect(found.crossOriginIsolated).toBe(isolated);
  expect(found.variant.endsWith('-threads')).toBe(isolated && cores > 1);
  if (!isolated && cores > 1) expect(found.reason).toContain('not cross-origin isolated');
});

test('a variant that cannot run here is refused', async ({ page }, { project }) => {
  test.skip(project.name === 'isolated', 'every variant runs here');
  const code = await page.evaluate(() =>
    window.fovea.capabilities({ variant: 'simd-threads' }).then(
      () => 'none',
      (error: { code: string }) => error.code,
    ),
  );
  expect(code).toBe('EngineLoadError');
});

function needsIsolation(variant: string, project: string): boolean {
  return variant.endsWith('-threads') && project !== 'isolated';
}
