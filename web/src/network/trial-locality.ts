import type { FeedData } from '../host/feeding.js';
import { otherFeeds, pictureFeed, type Pair, type Planes } from './form.js';
import { levelsOf } from './measuring.js';
import type { Network } from './network.js';

/** How far a network sees, as trials with noise show. */
export interface TrialLocality {
  /** Pixels of the source within which lies what a result depends on, or Infinity. */
  reach: number;
  /** By how much what lies farther changes a result at most, in levels of 0..255. */
  error: number;
}

/** Runs the network. */
export type Run = (feeds: FeedData[]) => Promise<Planes>;

/** What counts as no change: a fiftieth of a level, above what sums round. */
const negligible = 0.02;
/** What nobody sees in a result of bytes, yet is more than rounding. */
const invisible = 0.5;

/**
 * Measures how far a network sees: what becomes of the same noise in two inputs, of which one is cut
 * out of the surroundings a little further on, differs near their borders.
 *
 * @param grid by what a tile may be moved
 */
export async function tryLocality(
  network: Network,
  grid: number,
  run: Run,
): Promise<TrialLocality> {
  const { fixed, margin, multiple } = network;
  const { black, white } = levelsOf(network.range);
  const shortest = fixed ? Math.min(fixed.x, fixed.y) : Infinity;
  const shift = Math.ceil(Math.min(16, shortest / 4) / grid) * grid;
  const free = Math.ceil(Math.max(112 + 2 * margin, 4 * shift) / multiple) * multiple;
  const size = fixed ?? { x: free, y: free };
  const noise = noisePicture(size, shift);
  const at = (offset: number) => run(inputOf(network, noise, size, offset));
  const [first, second] = [await at(0), await at(shift)];
  const differences = differencesByDepth(network, size, shift, first, second);
  const levels = differences.map((difference) => (difference * 255) / (white - black));
  return localityOf(levels);
}

/** @param levels the largest difference at each distance from the border */
function localityOf(levels: readonly number[]): TrialLocality {
  const largestFrom = (depth: number) => Math.max(0, ...levels.slice(depth));
  const reach = levels.findLastIndex((level) => !(level <= negligible)) + 1;
  const farthest = Math.floor((levels.length * 3) / 4);
  if (reach <= farthest) return { reach, error: largestFrom(reach) };
  const error = largestFrom(farthest);
  return { reach: error <= invisible ? farthest : Infinity, error };
}

interface Noise {
  width: number;
  /** Elements of 0..1 by channel. */
  planes: Float32Array[];
}

/**
 * Noise of the size and `shift` more. What only the first of two cuts has is dark, what only the second
 * has is bright, so that a mean over the whole tells them apart.
 */
function noisePicture(size: Pair, shift: number): Noise {
  const [width, height] = [size.x + shift, size.y + shift];
  const random = randomNumbers(7);
  const plane = () =>
    Float32Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      if (x < shift || y < shift) return 0.2 * random();
      return x >= size.x || y >= size.y ? 0.8 + 0.2 * random() : random();
    });
  return { width, planes: [plane(), plane(), plane(), plane()] };
}

function inputOf(
  network: Network,
  { width, planes }: Noise,
  size: Pair,
  offset: number,
): FeedData[] {
  const { channels, scale } = network;
  const { black, white } = levelsOf(network.range);
  const elements = new Float32Array(channels * size.x * size.y);
  for (let c = 0; c < channels; ++c) {
    for (let y = 0; y < size.y; ++y) {
      const from = (y + offset) * width + offset;
      const row = planes[c]!.subarray(from, from + size.x).map(
        (value) => black + value * (white - black),
      );
      elements.set(row, (c * size.y + y) * size.x);
    }
  }
  const tile = { x: offset, y: offset, width: size.x, height: size.y };
  return [pictureFeed(network, size, elements), ...otherFeeds(network, scale, tile)];
}

/** The largest difference of what both results show, by its distance to their nearest border. */
function differencesByDepth(
  { channels, margin, scale }: Network,
  size: Pair,
  shift: number,
  first: Planes,
  second: Planes,
): number[] {
  const { x: width, y: height } = first.size;
  const common = { x: size.x - 2 * margin - shift, y: size.y - 2 * margin - shift };
  const moved = { x: Math.round(shift * scale.x), y: Math.round(shift * scale.y) };
  const differences = new Array<number>(Math.ceil(Math.min(common.x, common.y) / 2)).fill(0);
  const depthAlong = (at: number, factor: number, length: number) => {
    const pixel = Math.floor(at / factor);
    return Math.min(pixel, length - 1 - pixel);
  };
  for (let c = 0; c < channels; ++c) {
    for (let y = 0; y < height - moved.y; ++y) {
      const depthY = depthAlong(y, scale.y, common.y);
      for (let x = 0; x < width - moved.x; ++x) {
        const depth = Math.min(depthY, depthAlong(x, scale.x, common.x));
        const a = first.data[(c * height + y + moved.y) * width + x + moved.x]!;
        const b = second.data[(c * height + y) * width + x]!;
        const difference = Math.abs(a - b);
        if (depth >= 0 && !(difference <= differences[depth]!)) differences[depth] = difference;
      }
    }
  }
  return differences;
}

/** Numbers of 0..1, the same each time: an additive sequence, mixed (Weyl, then xorshift). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
