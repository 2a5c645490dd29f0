/** @jest-environment ./tools/jest/environment.mjs */

import { expect, test } from '@jest/globals';
import { InferenceSession, Tensor } from 'fovea';
import { NetworkBuilder } from '../../bench/networks/builder.js';
import { Random } from '../../bench/networks/random.js';
import { swinir } from '../../bench/networks/swinir.js';
import { expectClose, maxMagnitude } from '../support/compare.js';
import { computeByOnnxruntime } from '../support/onnxruntime.js';

test('a SwinIR gives what onnxruntime gives, by fused attention', async () => {
  const random = new Random(3);
  const builder = new NetworkBuilder(random);
  const sizes = { height: 16, width: 24, features: 20, heads: 2, window: 8 };
  const dims = [1, 3, sizes.height, sizes.width];
  const depths = { groups: 1, pairs: 1, scale: 2 };
  const result = swinir(builder, builder.input('input', dims), { ...sizes, ...depths });
  builder.output(result);
  const model = builder.build();
  const input = { dims, data: random.pixels(3 * sizes.height * sizes.width) };

  const session = await InferenceSession.create(model);
  const feeds = { input: new Tensor('float32', input.data, dims) };
  const { tensors, nodes } = await session.profile(feeds);
  await session.release();
  const attention = nodes.filter(({ opType }) => opType === 'FusedAttention');
  expect(attention.map(({ algorithm }) => algorithm)).toEqual(Array(2).fill('scores in cache'));

  const expected = await computeByOnnxruntime(model, { input });
  const { data, dims: outputDims } = tensors[result]!;
  const actual = { [result]: { dims: [...outputDims], data: data as Float32Array } };
  // A dozen sums of up to 180 products one after the other, where normalisation keeps the scale.
  const tolerance = 12 * 180 * 2 ** -24 * maxMagnitude(expected[result]!.data);
  expectClose(actual, expected, tolerance);
});
