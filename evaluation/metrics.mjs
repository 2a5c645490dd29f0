// How much an enlarged picture differs from the original, as super-resolution papers measure it.

/**
 * One channel.
 *
 * @typedef {object} Plane
 * @property {number} width
 * @property {number} height
 * @property {Float64Array} data
 */

/**
 * PSNR in dB and SSIM of two RGB images of one size, on luma without `border` pixels on each side.
 *
 * @param {import('./imresize.mjs').Image} result bytes
 * @param {import('./imresize.mjs').Image} truth bytes
 * @param {{border: number, grey: boolean}} options `grey`: see `measuredLuma`
 * @returns {{psnr: number, ssim: number}}
 */
export function compare(result, truth, { border, grey }) {
  const [a, b] = [result, truth].map((image) => shaved(measuredLuma(image, grey), border));
  return { psnr: psnr(a, b), ssim: ssim(a, b) };
}

/**
 * The plane that is compared, of RGB bytes: BT.601 luma of studio range,
 * Y = 16 + (65.481 R + 128.553 G + 24.966 B) / 255, rounded as MATLAB's rgb2ycbcr does for bytes.
 *
 * @param {import('./imresize.mjs').Image} image
 * @param {boolean} grey whether the original was stored as grey: it is then measured at the full
 *   range it was stored with, as in the published figures
 * @returns {Plane}
 */
export function measuredLuma({ width, height, data }, grey) {
  /** @param {unknown} _ @param {number} i */
  const lumaAt = (_, i) => {
    const [r, g, b] = [data[3 * i], data[3 * i + 1], data[3 * i + 2]];
    return grey ? r : Math.floor(16.5 + (65.481 * r + 128.553 * g + 24.966 * b) / 255);
  };
  return { width, height, data: Float64Array.from({ length: width * height }, lumaAt) };
}

/**
 * Peak signal-to-noise ratio in dB of two planes of 0..255; Infinity where they are the same.
 *
 * @param {{data: import('./imresize.mjs').Image['data']}} a
 * @param {{data: import('./imresize.mjs').Image['data']}} b
 */
export function psnr({ data: a }, { data: b }) {
  let squares = 0;
  for (let i = 0; i < a.length; ++i) squares += (a[i] - b[i]) ** 2;
  return 10 * Math.log10(255 ** 2 / (squares / a.length));
}

const windowSize = 11;
const gaussian = normalised(
  Array.from({ length: windowSize }, (_, i) => Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2))),
);

/** The smallest width and height that SSIM is defined for. */
export const smallestPlane = windowSize;

/**
 * Structural similarity of two planes of 0..255 (Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 13(4),
 * 2004): a Gaussian window of 11x11 with sigma 1.5, wherever all of it lies within the planes.
 *
 * @param {Plane} a
 * @param {Plane} b
 */
export function ssim(a, b) {
  const [meanA, meanB] = [blurred(a), blurred(b)];
  const [squareA, squareB, product] = [times(a, a), times(b, b), times(a, b)].map(blurred);
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  const similarity = meanA.map((ma, i) => {
    const mb = meanB[i];
    const variances = squareA[i] - ma * ma + squareB[i] - mb * mb;
    const covariance = product[i] - ma * mb;
    const luminance = (2 * ma * mb + c1) / (ma * ma + mb * mb + c1);
    return (luminance * (2 * covariance + c2)) / (variances + c2);
  });
  return similarity.reduce((sum, value) => sum + value) / similarity.length;
}

/**
 * Without `border` pixels on each side.
 *
 * @param {Plane} plane
 * @param {number} border
 * @returns {Plane}
 */
export function shaved({ width, height, data }, border) {
  const inside = { width: width - 2 * border, height: height - 2 * border };
  const out = new Float64Array(inside.width * inside.height);
  for (let y = 0; y < inside.height; ++y) {
    const from = (y + border) * width + border;
    out.set(data.subarray(from, from + inside.width), y * inside.width);
  }
  return { ...inside, data: out };
}

/** The means under the window, at the positions where it fits. @param {Plane} plane */
function blurred({ width, height, data }) {
  const outWidth = width - windowSize + 1;
  const outHeight = height - windowSize + 1;
  const rows = weightedSums(data, height, [width, outWidth], 1);
  return weightedSums(rows, outHeight, [outWidth, outWidth], outWidth);
}

/**
 * For each of `outWidth` samples in each row, the weighted sum of it and those `step` apart.
 *
 * @param {Float64Array} data
 * @param {number} rows
 * @param {[width: number, outWidth: number]} widths
 * @param {number} step
 */
function weightedSums(data, rows, [width, outWidth], step) {
  const out = new Float64Array(rows * outWidth);
  for (let y = 0; y < rows; ++y) {
    for (let x = 0; x < outWidth; ++x) {
      let sum = 0;
      for (let k = 0; k < windowSize; ++k) sum += gaussian[k] * data[y * width + x + k * step];
      out[y * outWidth + x] = sum;
    }
  }
  return out;
}

/**
 * @param {Plane} a
 * @param {Plane} b
 * @returns {Plane}
 */
function times(a, b) {
  return { ...a, data: a.data.map((value, i) => value * b.data[i]) };
}

/** @param {number[]} weights */
function normalised(weights) {
  const sum = weights.reduce((total, weight) => total + weight);
  return weights.map((weight) => weight / sum);
}
