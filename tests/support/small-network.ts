import { chainToOnnx, randomLayer } from '../../bench/networks/chain.js';
import { Random } from '../../bench/networks/random.js';
import { maxMagnitude } from './compare.js';
import type { NpyArray } from './npy.js';

/** A network of a few small convolutions that doubles an RGB picture, and a picture for it. */
export function smallNetwork(): { model: Uint8Array; input: NpyArray } {
  const random = new Random(7);
  // Odd sizes, so that vectors and tiles have remainders.
  const dims = [1, 3, 37, 29];
  const layers = [
    randomLayer(random, [3, 13, 5], 'relu'),
    randomLayer(random, [13, 22, 3], 'prelu'),
    randomLayer(random, [22, 12, 3], 'none'),
  ];
  const model = chainToOnnx({ layers, scale: 2, addsInput: true }, dims, random);
  return { model, input: { dims, data: random.pixels(3 * 37 * 29) } };
}

/** How far two ways to compute its output may be apart: three sums of up to 198 products each. */
export function roundingBound(output: NpyArray): number {
  return 3 * 198 * 2 ** -23 * maxMagnitude(output.data);
}
