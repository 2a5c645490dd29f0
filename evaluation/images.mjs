// The images of a folder, and what upscalers are given of them.

import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import sharp from 'sharp';
import { messageOf } from '../tools/lib/steps.mjs';
import { EvaluationError } from './errors.mjs';
import { imresize } from './imresize.mjs';

/** @typedef {import('./imresize.mjs').Image} Image */

/**
 * An original, and its small version where the folder has one.
 *
 * @typedef {{name: string, high: string, low?: string}} Source
 */

/** @param {string} file */
const isImage = (file) => /\.(png|jpe?g|webp|tiff?)$/i.test(file);

/**
 * The images of a folder: pairs `NAME_HR.*`, `NAME_LR.*`, and all other images by themselves.
 *
 * @param {string} folder
 * @returns {Promise<Source[]>} in the order of their names
 * @throws EvaluationError when there is none
 */
export async function listImages(folder) {
  const files = (await filesOf(folder)).filter(isImage).sort();
  const byName = new Map(files.map((file) => [parse(file).name, file]));
  /** @param {string} name */
  const lowOf = (name) =>
    name.endsWith('_HR') ? byName.get(`${name.slice(0, -3)}_LR`) : undefined;
  const lows = new Set(files.map((file) => lowOf(parse(file).name)));
  const sources = files
    .filter((file) => !lows.has(file))
    .map((file) => sourceOf(folder, file, lowOf(parse(file).name)));
  if (sources.length === 0) throw new EvaluationError(`there are no images in ${folder}`);
  return sources;
}

/**
 * Reads an image as a browser shows it: turned upright, in sRGB, 8 bits, on white.
 *
 * @param {string} file
 * @returns {Promise<{image: Image, grey: boolean}>} RGB bytes, and whether it is stored as grey
 * @throws EvaluationError when it cannot be read
 */
export async function readImage(file) {
  try {
    const { channels } = await sharp(file).metadata();
    const upright = sharp(file).autoOrient().flatten({ background: 'white' });
    return { image: await pixelsOf(upright.toColourspace('srgb')), grey: channels < 3 };
  } catch (error) {
    throw new EvaluationError(`cannot read ${file}: ${messageOf(error)}`);
  }
}

/**
 * What one evaluation is about: an original, whose size is a multiple of the scale, and the small
 * image made of it, which all upscalers get.
 *
 * @param {Source} source
 * @param {{scale: number, jpeg?: number}} options `jpeg`: the quality the small image is compressed
 *   with before
 * @returns {Promise<{truth: Image, grey: boolean, input: Image}>} RGB bytes
 * @throws EvaluationError when a file cannot be read, or a pair is not of this scale
 */
export async function prepare({ high, low }, { scale, jpeg }) {
  const { image, grey } = await readImage(high);
  const [width, height] = [image.width, image.height].map((size) => Math.floor(size / scale));
  const truth = cropped(image, scale * width, scale * height);
  const input = low ? (await readImage(low)).image : imresize(truth, width, height);
  if (input.width !== width || input.height !== height) {
    const [size, small] = [image, input].map((one) => `${one.width} x ${one.height}`);
    throw new EvaluationError(`${low} of ${small} pixels is not ${size} reduced ${scale} times`);
  }
  return { truth, grey, input: jpeg === undefined ? input : await compressed(input, jpeg) };
}

/**
 * The whole factor between the images of a pair, by their widths.
 *
 * @param {string} high
 * @param {string} low
 */
export async function scaleOfPair(high, low) {
  const [large, small] = await Promise.all([high, low].map(readImage));
  return Math.round(large.image.width / small.image.width);
}

/**
 * Compressed and read again: baseline JPEG, 4:2:0, with the standard's tables, as by libjpeg.
 *
 * @param {Image} image
 * @param {number} quality
 */
async function compressed(image, quality) {
  const jpeg = toSharp(image).jpeg({ quality, chromaSubsampling: '4:2:0', mozjpeg: false });
  return pixelsOf(sharp(await jpeg.toBuffer()));
}

/** An image for what sharp does with images: of bytes, and of at most four channels. @param {Image} image */
export function toSharp({ width, height, channels, data }) {
  const raw = { width, height, channels: /** @type {import('sharp').Channels} */ (channels) };
  return sharp(data, { raw });
}

/**
 * @param {import('sharp').Sharp} picture
 * @returns {Promise<Image>}
 */
async function pixelsOf(picture) {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { width, height, channels, data: new Uint8ClampedArray(data) };
}

/**
 * The part at the upper left.
 *
 * @param {Image} image
 * @param {number} width
 * @param {number} height
 * @returns {Image}
 */
function cropped({ channels, ...from }, width, height) {
  const data = new Uint8ClampedArray(width * height * channels);
  for (let y = 0; y < height; ++y) {
    const start = y * from.width * channels;
    data.set(from.data.subarray(start, start + width * channels), y * width * channels);
  }
  return { width, height, channels, data };
}

/**
 * @param {string} folder
 * @param {string} file
 * @param {string | undefined} low
 * @returns {Source}
 */
function sourceOf(folder, file, low) {
  const { name } = parse(file);
  const high = join(folder, file);
  return low ? { name: name.replace(/_HR$/, ''), high, low: join(folder, low) } : { name, high };
}

/** @param {string} folder */
async function filesOf(folder) {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new EvaluationError(`cannot read the folder ${folder}: ${messageOf(error)}`);
  }
}
