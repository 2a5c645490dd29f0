import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, measuredLuma, psnr, shaved, ssim } from '../metrics.mjs';

/** @typedef {import('../metrics.mjs').Plane} Plane */

/**
 * A plane of values that a formula gives.
 *
 * @param {number} width
 * @param {number} height
 * @param {(x: number, y: number) => number} value
 * @returns {Plane}
 */
function plane(width, height, value) {
  const data = Float64Array.from({ length: width * height }, (_, i) =>
    value(i % width, Math.floor(i / width)),
  );
  return { width, height, data };
}

const waves = plane(20, 17, (x, y) => 128 + 90 * Math.sin(0.7 * x + 0.3 * y * y));
const noisy = plane(20, 17, (x, y) => waves.data[y * 20 + x] + 12 * Math.sin(37 * x + 91 * y));

test('PSNR is 10 log10 of 255 squared over the mean squared error', () => {
  const shifted = { ...waves, data: waves.data.map((value) => value + 5) };
  assert.ok(Math.abs(psnr(waves, shifted) - 20 * Math.log10(255 / 5)) < 1e-9);
  assert.equal(psnr(waves, waves), Infinity);
});

test('SSIM of a plane with itself is 1, and it is symmetric', () => {
  assert.ok(Math.abs(ssim(waves, waves) - 1) < 1e-12);
  assert.ok(Math.abs(ssim(waves, noisy) - ssim(noisy, waves)) < 1e-12);
});

test('SSIM of two greys is what its luminance says', () => {
  const grey = (/** @type {number} */ value) => plane(11, 11, () => value);
  const c1 = (0.01 * 255) ** 2;
  const expected = (2 * 100 * 150 + c1) / (100 ** 2 + 150 ** 2 + c1);
  assert.ok(Math.abs(ssim(grey(100), grey(150)) - expected) < 1e-9);
});

test('SSIM is the mean of its definition over all windows', () => {
  assert.ok(Math.abs(ssim(waves, noisy) - ssimByDefinition(waves, noisy)) < 1e-9);
});

/**
 * Window by window, with variances as means of squared deviations.
 *
 * @param {Plane} a
 * @param {Plane} b
 */
function ssimByDefinition(a, b) {
  /** @type {number[]} */
  const weights = [];
  for (let i = 0; i < 121; ++i) {
    const [x, y] = [(i % 11) - 5, Math.floor(i / 11) - 5];
    weights.push(Math.exp(-(x * x + y * y) / 4.5));
  }
  const all = weights.reduce((sum, weight) => sum + weight);
  const mean = (/** @type {number[]} */ values) =>
    values.reduce((sum, value, i) => sum + weights[i] * value, 0) / all;
  const similarities = [];
  for (let top = 0; top + 11 <= a.height; ++top) {
    for (let left = 0; left + 11 <= a.width; ++left) {
      const [p, q] = [a, b].map(({ data, width }) =>
        weights.map((_, i) => data[(top + Math.floor(i / 11)) * width + left + (i % 11)]),
      );
      const [mp, mq] = [mean(p), mean(q)];
      const covariance = mean(p.map((value, i) => (value - mp) * (q[i] - mq)));
      const variances = mean(p.map((v) => (v - mp) ** 2)) + mean(q.map((v) => (v - mq) ** 2));
      similarities.push(
        ((2 * mp * mq + 6.5025) * (2 * covariance + 58.5225)) /
          ((mp * mp + mq * mq + 6.5025) * (variances + 58.5225)),
      );
    }
  }
  return similarities.reduce((sum, value) => sum + value) / similarities.length;
}

test('luma is of studio range, rounded; of grey files the full range', () => {
  const colours = [0, 0, 0, 255, 255, 255, 255, 0, 0, 10, 20, 30, 77, 77, 77];
  const image = { width: 5, height: 1, channels: 3, data: Uint8ClampedArray.from(colours) };
  assert.deepEqual([...measuredLuma(image, false).data], [16, 235, 81, 32, 82]);
  assert.equal(measuredLuma(image, true).data[4], 77);
});

test('shaving takes away the border and nothing else', () => {
  const counted = plane(5, 4, (x, y) => 10 * y + x);
  assert.deepEqual(
    shaved(counted, 1),
    plane(3, 2, (x, y) => 10 * (y + 1) + x + 1),
  );
});

test('what differs at the border only is the same', () => {
  const image = (/** @type {number} */ edge) => ({
    width: 16,
    height: 16,
    channels: 3,
    data: Uint8ClampedArray.from({ length: 768 }, (_, i) => (i < 96 ? edge : i % 251)),
  });
  const { psnr: same } = compare(image(0), image(255), { border: 2, grey: false });
  const { psnr: different } = compare(image(0), image(255), { border: 1, grey: false });
  assert.equal(same, Infinity);
  assert.ok(different < 30);
});
