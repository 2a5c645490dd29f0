// What is compared: models, run by the package as users run them, and bicubic.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Upscaler } from 'fovea';
import { messageOf } from '../tools/lib/steps.mjs';
import { EvaluationError } from './errors.mjs';
import { enlargeBicubic } from './imresize.mjs';

/** @typedef {import('./imresize.mjs').Image} Image */

/**
 * @typedef {object} Enlarger
 * @property {string} name
 * @property {(image: Image) => Promise<Image> | Image} enlarge RGB bytes
 */

/** A model in the engine. @typedef {Enlarger & {scale: number, release: () => Promise<void>}} Model */
/** @typedef {{variant: import('fovea').Variant, scale?: number}} ModelOptions */

/** What every model has to surpass. @param {number} scale @returns {Enlarger} */
export function bicubic(scale) {
  return { name: 'bicubic', enlarge: (image) => enlargeBicubic(image, scale) };
}

/**
 * Loads a model into the engine.
 *
 * @param {string} file
 * @param {ModelOptions} options `scale`: for models that take the factor as an
 *   input; others know theirs
 * @returns {Promise<Model>}
 * @throws EvaluationError when it cannot be read, or does not enlarge by a whole factor
 */
export async function openModel(file, options) {
  const name = basename(file, '.onnx');
  const upscaler = await load(file, options);
  const { x, y } = upscaler.scale;
  if (x !== y || !Number.isInteger(x) || x < 2) {
    throw new EvaluationError(`${file} enlarges ${x} x ${y} times, not by a whole factor`);
  }
  /** @type {Enlarger['enlarge']} */
  const enlarge = async ({ width, height, data }) =>
    fromRgba(await upscaler.upscale({ width, height, data: toRgba(data) }));
  return { name, scale: x, enlarge, release: () => upscaler.release() };
}

/**
 * @param {string} file
 * @param {ModelOptions} options
 */
async function load(file, { variant, scale }) {
  try {
    const bytes = await readFile(file);
    // A network that knows its factor takes no other: whether it is the wanted one, the caller sees.
    const knowing = Upscaler.create(bytes, { variant });
    const told = () => Upscaler.create(bytes, { variant, scale });
    return await (scale === undefined ? knowing : knowing.catch(told));
  } catch (error) {
    throw new EvaluationError(`cannot use the model ${file}: ${messageOf(error)}`);
  }
}

/** @param {Image['data']} rgb */
function toRgba(rgb) {
  /** @param {unknown} _ @param {number} i */
  const value = (_, i) => ((i & 3) === 3 ? 255 : rgb[i - (i >> 2)]);
  return Uint8ClampedArray.from({ length: (rgb.length / 3) * 4 }, value);
}

/** @param {import('fovea').PixelData} image @returns {Image} */
function fromRgba({ width, height, data: rgba }) {
  /** @param {unknown} _ @param {number} i */
  const value = (_, i) => rgba[i + Math.floor(i / 3)];
  const data = Uint8ClampedArray.from({ length: 3 * width * height }, value);
  return { width, height, channels: 3, data };
}
