// Every upscaler on every image of a folder.

import { EvaluationError } from './errors.mjs';
import { prepare } from './images.mjs';
import { compare, smallestPlane } from './metrics.mjs';

/** @typedef {import('./imresize.mjs').Image} Image */
/** @typedef {{psnr: number, ssim: number}} Score */

/**
 * What came out for one image.
 *
 * @typedef {object} Measured
 * @property {string} name
 * @property {Image} truth the original
 * @property {boolean} grey
 * @property {Record<string, Image>} results by the names of the upscalers
 * @property {Record<string, Score>} scores likewise
 */

/**
 * Enlarges an image by each upscaler, and compares what they make with the original.
 *
 * @param {import('./images.mjs').Source} source
 * @param {import('./upscalers.mjs').Enlarger[]} enlargers
 * @param {{scale: number, jpeg?: number}} options as for `prepare`
 * @returns {Promise<Measured>}
 * @throws EvaluationError as `prepare`, and when the image is too small to be measured
 */
export async function measure(source, enlargers, { scale, jpeg }) {
  const { truth, grey, input } = await prepare(source, { scale, jpeg });
  if (Math.min(truth.width, truth.height) < smallestPlane + 2 * scale) {
    const size = `${truth.width} x ${truth.height}`;
    throw new EvaluationError(`${source.high} of ${size} pixels is too small to be measured`);
  }
  /** @type {Measured['results']} */
  const results = {};
  /** @type {Measured['scores']} */
  const scores = {};
  for (const { name, enlarge } of enlargers) {
    results[name] = await enlarge(input);
    scores[name] = compare(results[name], truth, { border: scale, grey });
  }
  return { name: source.name, truth, grey, results, scores };
}

/**
 * The means over images, for each upscaler.
 *
 * @param {Pick<Measured, 'scores'>[]} images at least one
 * @returns {Record<string, Score>}
 */
export function meanScores(images) {
  /** @param {string} name @param {keyof Score} key */
  const mean = (name, key) =>
    images.reduce((sum, { scores }) => sum + scores[name][key], 0) / images.length;
  return Object.fromEntries(
    Object.keys(images[0].scores).map((name) => [
      name,
      { psnr: mean(name, 'psnr'), ssim: mean(name, 'ssim') },
    ]),
  );
}
