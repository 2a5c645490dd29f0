/** @jest-environment ./tools/jest/environment.mjs */

import { afterAll, describe, test } from '@jest/globals';
import { InferenceSession, Tensor } from 'fovea';
import { expectClose } from '../support/compare.js';
import { evaluationAbsent, evaluationCases } from '../support/evaluation.js';
import type { Named } from '../support/onnxruntime.js';
import { variants } from '../support/variants.js';

const maybe = evaluationAbsent === undefined ? describe : describe.skip;

afterAll(() => {
  if (evaluationAbsent !== undefined) console.warn(`skipped: ${evaluationAbsent}`);
});

maybe.each(variants)('%s in Node', (variant) => {
  test.each(evaluationCases)('$title', async ({ model, values, tolerance }) => {
    const { inputs, outputs } = await values();
    const session = await InferenceSession.create(model, { variant });
    const results = await session.run(toFeeds(inputs));
    await session.release();
    expectClose(results as unknown as Named, outputs, tolerance);
  });
});

function toFeeds(inputs: Named): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { data, dims }]) => [
      name,
      new Tensor('float32', data, dims),
    ]),
  );
}
