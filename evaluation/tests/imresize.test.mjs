import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listImages, readImage } from '../images.mjs';
import { cubicTaps, enlargeBicubic, imresize } from '../imresize.mjs';
import { benchmarks, needsBenchmarks } from './support/benchmarks.mjs';

/** @typedef {import('../imresize.mjs').Image} Image */

/** @param {Image['data']} data @returns {Image} */
const row = (data) => ({ width: data.length, height: 1, channels: 1, data });
const doubles = (/** @type {number[]} */ ...data) => row(Float64Array.from(data));
const bytes = (/** @type {number[]} */ ...data) => row(Uint8ClampedArray.from(data));

/**
 * Within what sums of a few doubles of 0..255 are rounded to.
 *
 * @param {Iterable<number>} actual
 * @param {Iterable<number>} expected
 */
function assertClose(actual, expected) {
  const [ours, theirs] = [[...actual], [...expected]];
  assert.equal(ours.length, theirs.length);
  ours.forEach((value, i) => assert.ok(Math.abs(value - theirs[i]) < 1e-12, `${ours}`));
}

test('the weights of every output sum to 1', () => {
  for (const [length, outLength] of [
    [12, 6],
    [13, 4],
    [5, 20],
    [7, 7],
    [1, 3],
  ]) {
    const { taps, weights } = cubicTaps(length, outLength);
    for (let i = 0; i < outLength; ++i) {
      const own = weights.slice(i * taps, (i + 1) * taps);
      assertClose([own.reduce((sum, weight) => sum + weight)], [1]);
    }
  }
});

// Keys' kernel at 1/4, 3/4, 5/4 and 7/4 is 111, 29, -9 and -3 of 128.

test('doubling weighs by the kernel at quarters, with the border mirrored', () => {
  const { data } = imresize(doubles(128, 0, 0, 0), 8, 1);
  assertClose(data, [111 + 29, 111 - 9, 29 - 3, -9, -3, 0, 0, 0]);
});

test('halving widens the kernel', () => {
  const { data } = imresize(doubles(0, 256, 0, 0, 0, 0), 3, 1);
  assertClose(data, [111 - 9, 29, -3]);
});

test('bytes are rounded, halves up, after each pass; doubles are not', () => {
  const square = (/** @type {Image['data']} */ data) => ({
    width: 2,
    height: 2,
    channels: 1,
    data,
  });
  const values = [0, 1, 2, 254];
  const means = [0.25 * values.reduce((sum, value) => sum + value)];
  assertClose(imresize(square(Float64Array.from(values)), 1, 1).data, means);
  // The columns' means first: 1 and 127.5, of which the mean is 64.5.
  assert.deepEqual([...imresize(square(Uint8ClampedArray.from(values)), 1, 1).data], [65]);
});

test('bytes are clipped where the kernel overshoots', () => {
  const { data } = enlargeBicubic(bytes(0, 0, 255, 255), 2);
  assert.equal(Math.min(...data), 0);
  assert.equal(Math.max(...data), 255);
  assert.ok(Math.min(...imresize(doubles(0, 0, 255, 255), 8, 1).data) < -10);
});

test('channels do not mix', () => {
  const grey = doubles(9, 2, 7, 5);
  const colour = { width: 4, height: 1, channels: 2, data: new Float64Array(8) };
  grey.data.forEach((value, i) => colour.data.set([value, -value], 2 * i));
  const expected = [...imresize(grey, 6, 3).data];
  const data = [...imresize(colour, 6, 3).data];
  assertClose(
    data.filter((_, i) => i % 2 === 0),
    expected,
  );
  assertClose(
    data.filter((_, i) => i % 2 === 1),
    expected.map((value) => -value),
  );
});

test('the small images of Set5 and Set14 are made of the large ones', needsBenchmarks, async () => {
  for (const { folder, scale } of benchmarks) {
    for (const { low, high } of await listImages(folder)) {
      assert.ok(low);
      const [{ image: expected }, { image: original }] = await Promise.all(
        [low, high].map(readImage),
      );
      const actual = imresize(original, original.width / scale, original.height / scale);
      assertSameWithin(actual, expected, high);
    }
  }
});

/**
 * The same but for a border of two pixels: the MATLAB of that time repeated the last sample where
 * later ones mirror.
 *
 * @param {Image} actual
 * @param {Image} expected
 * @param {string} title
 */
function assertSameWithin(actual, expected, title) {
  const { width, height } = expected;
  assert.deepEqual([actual.width, actual.height], [width, height]);
  for (let y = 2; y < height - 2; ++y) {
    const [from, to] = [3 * (y * width + 2), 3 * (y * width + width - 2)];
    const [ours, theirs] = [actual, expected].map(({ data }) => data.subarray(from, to));
    assert.deepEqual(ours, theirs, `${title}, row ${y}`);
  }
}
