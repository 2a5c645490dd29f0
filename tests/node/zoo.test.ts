/** @jest-environment ./tools/jest/environment.mjs */

import { expect, test } from '@jest/globals';
import { checkModel, InferenceSession, Tensor } from 'fovea';
import { convertToFloat16 } from 'fovea/edit';
import * as ort from 'onnxruntime-node';
import { Random } from '../../bench/networks/random.js';
import { zoo, zooModel, zooNames, type ZooNetwork } from '../../bench/networks/zoo/index.js';
import { tensorOf, toNumbers } from '../random/tensors.js';
import { expectClose, maxMagnitude } from '../support/compare.js';
import type { Named } from '../support/onnxruntime.js';

type FloatType = 'float32' | 'float16';

test.each(zooNames)('%s is as large as is published', async (name) => {
  const network = zoo[name]!;
  const { parameters, macs, dims = network.dims, build = network.build } = network.figures;
  const report = await checkModel(zooModel({ ...network, build }, dims));
  expect(Math.abs(report.parameters / parameters - 1)).toBeLessThan(0.1);
  expect(Math.abs(report.macs! / macs - 1)).toBeLessThan(0.1);
});

test.each(zooNames)('%s gives what onnxruntime gives', async (name) => {
  const network = zoo[name]!;
  const model = zooModel(network, network.smallDims);
  const { operators } = await checkModel(model);
  const layers = ['Conv', 'ConvTranspose', 'MatMul', 'Gemm'].reduce(
    (sum, operator) => sum + (operators[operator] ?? 0),
    0,
  );
  // Each layer rounds its sums, Winograd's algorithm several times as much as others.
  await compare(network, 'float32', model, layers * 64 * 2 ** -24);
  const half = await convertToFloat16(model, { ioTypes: true });
  // Both compute in float32, and round results; onnxruntime also rounds between what it cannot join.
  await compare(network, 'float16', half.model, 8 * 2 ** -11);
});

/** @param tolerance relative to the greatest element of each output */
async function compare(
  { smallDims }: ZooNetwork,
  type: FloatType,
  model: Uint8Array,
  tolerance: number,
): Promise<void> {
  const pixels = new Random(2).pixels(smallDims.reduce((a, b) => a * b));
  const data = tensorOf(type, smallDims, [...pixels]).data as Float32Array;
  const session = await InferenceSession.create(model);
  const actual = named(
    await session.run<Tensor>({ input: new Tensor(type as 'float32', data, smallDims) }),
  );
  await session.release();
  const peer = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
  const expected = named(await peer.run({ input: new ort.Tensor(type, data, smallDims) }));
  await peer.release();
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const output of Object.keys(expected)) {
    const greatest = maxMagnitude(expected[output]!.data);
    expect(greatest).toBeGreaterThan(0);
    const [ours, theirs] = [actual, expected].map((all) => ({ [output]: all[output]! }));
    expectClose(ours!, theirs!, tolerance * greatest);
  }
}

function named(
  results: Readonly<Record<string, { type: string; dims: readonly number[]; data: unknown }>>,
): Named {
  const entries = Object.entries(results).map(([name, { type, dims, data }]) => {
    const numbers = toNumbers({ type: type as FloatType, data: data as Float32Array });
    return [name, { dims: [...dims], data: Float32Array.from(numbers) }];
  });
  return Object.fromEntries(entries) as Named;
}
