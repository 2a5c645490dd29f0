import { afterEach, describe, expect, test } from '@jest/globals';
import { checkModel, InferenceSession, Tensor, Upscaler, type Precision } from 'fovea';
import { chainToOnnx, randomLayer } from '../../bench/networks/chain.js';
import { Random } from '../../bench/networks/random.js';
import { maxError, maxMagnitude } from '../../tests/support/compare.js';
import { failureOf } from './support/errors.js';

const layers = [
  [3, 16, 'relu'],
  [16, 24, 'prelu'],
  [24, 16, 'relu'],
  [16, 12, 'none'],
] as const;

// Sizes that leave parts of tiles unused.
const dims = [1, 3, 61, 45];
const random = new Random(5);
const model = chainToOnnx(
  {
    layers: layers.map(([inputs, outputs, activation]) =>
      randomLayer(random, [inputs, outputs, 3], activation),
    ),
    scale: 2,
    addsInput: true,
  },
  [1, 3, 'height', 'width'],
  random,
);
const input = new Tensor('float32', random.pixels(3 * 61 * 45), dims);

const released: { release(): Promise<void> }[] = [];

async function create(precision?: Precision): Promise<InferenceSession> {
  const session = await InferenceSession.create(model, { precision });
  released.push(session);
  return session;
}

afterEach(async () => {
  await Promise.all(released.splice(0).map((session) => session.release()));
});

async function compute(session: InferenceSession) {
  const { nodes, tensors } = await session.profile({ input });
  const convolutions = nodes.filter(({ macs }) => macs > 0);
  return {
    algorithms: convolutions.map(({ algorithm }) => algorithm),
    data: tensors.output!.data as Float32Array,
  };
}

const small = layers.map(() => 'Winograd F(4x4, 3x3)');
const large = layers.map(() => 'Winograd F(6x6, 3x3)');

/**
 * How far results of both precisions may be apart: each layer's sums of at most 24 * 9 products round
 * them by 2^-24 each, and by F(6x6, 3x3) an output is a sum of 21 times larger numbers. (For random
 * weights and inputs, the squares of what its matrices make of them add up to 62^2 in the mean over
 * outputs, those of the definition's 3 x 3 products to 3^2.)
 */
const roundingBound = (data: Float32Array) =>
  21 * layers.length * 24 * 9 * 2 ** -24 * maxMagnitude(data);

describe('precision', () => {
  test('is the default unless given', async () => {
    const [unset, set] = [await create(), await create('default')];
    const [first, second] = [await compute(unset), await compute(set)];
    expect(first.algorithms).toEqual(small);
    expect(second).toEqual(first);
  });

  test('fast takes larger tiles, whose results are near', async () => {
    const exact = await compute(await create());
    const fast = await compute(await create('fast'));
    expect(fast.algorithms).toEqual(large);
    const error = maxError(fast.data, exact.data);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThanOrEqual(roundingBound(exact.data));
  });

  test('is a matter of each session, not of the engine they share', async () => {
    const [exact, fast] = [await create('default'), await create('fast')];
    const before = await compute(exact);
    const between = await compute(fast);
    expect(await compute(exact)).toEqual(before);
    expect(await compute(fast)).toEqual(between);
    expect(between.data).not.toEqual(before.data);
  });

  test('goes with an upscaler', async () => {
    const upscaler = await Upscaler.create(model, { precision: 'fast', range: 1 });
    released.push(upscaler);
    const { nodes } = await upscaler.profile({ width: 64, height: 64 });
    expect(nodes.filter(({ macs }) => macs > 0).map(({ algorithm }) => algorithm)).toEqual(large);
  });

  test.each([
    ['a session', (options: object) => InferenceSession.create(model, options)],
    ['an upscaler', (options: object) => Upscaler.create(model, options)],
    ['an examination', (options: object) => checkModel(model, options)],
  ])('of another name is refused by %s', async (_, make) => {
    const error = await failureOf(make({ precision: 'quick' }));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain('quick');
    expect(error.fields.option).toBe('precision');
  });
});
