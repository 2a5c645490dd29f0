// Pictures that show the difference: details enlarged side by side.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { toSharp } from './images.mjs';
import { measuredLuma } from './metrics.mjs';

/** A detail's width and height, in pixels of the original. */
const detail = 64;

/** How far from the border it lies: pictures often have frames, or lines of other colours there. */
const margin = 16;

/** How much a picture shows it enlarged, each pixel as a square. */
const zoom = 3;

/** White between the details of one image, and between images, in pixels. */
const gaps = { details: 4, images: 16 };

/** A picture as a PNG. @typedef {{width: number, height: number, png: Buffer}} Picture */
/** @typedef {{left: number, top: number, width: number, height: number}} Window */
/** @typedef {import('./imresize.mjs').Image} Image */

/**
 * Writes a picture of the detail in which the first model gains most over bicubic (without a model:
 * in which bicubic is furthest off). From left to right: bicubic, each model, the original; the
 * file's name says so.
 *
 * @param {string} folder is made where it does not exist
 * @param {Omit<import('./measure.mjs').Measured, 'scores'>} image
 * @returns {Promise<Picture>} for the sheet
 */
export async function writeCrop(folder, { name, truth, grey, results }) {
  const versions = [...Object.values(results), truth];
  const [theirs, ours] = versions.map((version) => measuredLuma(version, grey));
  const window = bestWindow(measuredLuma(truth, grey), theirs, ours, { size: detail, margin });
  const details = await Promise.all(versions.map((version) => enlargedDetail(version, window)));
  const strip = await arranged(details, details.length, gaps.details);
  await write(folder, name, Object.keys(results), strip);
  return strip;
}

/**
 * Writes one picture, `all_*`, of those of several images.
 *
 * @param {string} folder
 * @param {Picture[]} crops at least one
 * @param {string[]} upscalers
 */
export async function writeSheet(folder, crops, upscalers) {
  await write(folder, 'all', upscalers, await arranged(crops, squarest(crops), gaps.images));
}

/**
 * The window in which the squared error of `ours` is most below that of `theirs`.
 *
 * @param {import('./metrics.mjs').Plane} truth
 * @param {import('./metrics.mjs').Plane} theirs
 * @param {import('./metrics.mjs').Plane} ours
 * @param {{size: number, margin: number}} options the window's width and height, and how far it is
 *   from the border; both less where the planes are too small
 * @returns {Window}
 */
export function bestWindow({ width, height, data: truth }, theirs, ours, { size, margin }) {
  const gain = truth.map((t, i) => (theirs.data[i] - t) ** 2 - (ours.data[i] - t) ** 2);
  const sums = integral(gain, width, height);
  const [w, h] = [Math.min(size, width), Math.min(size, height)];
  const [x, y] = [width - w, height - h].map((room) => Math.min(margin, room >> 1));
  let best = { gain: -Infinity, left: x, top: y };
  for (let top = y; top <= height - h - y; ++top) {
    for (let left = x; left <= width - w - x; ++left) {
      /** @param {number} dx @param {number} dy */
      const at = (dx, dy) => sums[(top + dy) * (width + 1) + left + dx];
      const sum = at(w, h) - at(w, 0) - at(0, h) + at(0, 0);
      if (sum > best.gain) best = { gain: sum, left, top };
    }
  }
  return { left: best.left, top: best.top, width: w, height: h };
}

/**
 * For each corner, the sum of all values above and to the left: [height + 1][width + 1].
 *
 * @param {Float64Array} values
 * @param {number} width
 * @param {number} height
 */
function integral(values, width, height) {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; ++y) {
    let row = 0;
    for (let x = 0; x < width; ++x) {
      row += values[y * width + x];
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
    }
  }
  return sums;
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {string[]} upscalers
 * @param {Picture} picture
 */
async function write(folder, name, upscalers, { png }) {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${[name, ...upscalers, 'original'].join('_')}.png`), png);
}

/**
 * @param {Image} image
 * @param {Window} window
 * @returns {Promise<Picture>}
 */
async function enlargedDetail(image, window) {
  const [width, height] = [zoom * window.width, zoom * window.height];
  const squares = toSharp(image).extract(window).resize({ width, height, kernel: 'nearest' });
  return { width, height, png: await squares.png().toBuffer() };
}

/**
 * Pictures in rows of `columns` on white, each in the middle of a cell of the same size.
 *
 * @param {Picture[]} pictures
 * @param {number} columns
 * @param {number} gap
 * @returns {Promise<Picture>}
 */
async function arranged(pictures, columns, gap) {
  /** @param {'width' | 'height'} key */
  const most = (key) => Math.max(...pictures.map((picture) => picture[key]));
  const cell = { width: most('width'), height: most('height') };
  const rows = Math.ceil(pictures.length / columns);
  const size = {
    width: columns * (cell.width + gap) - gap,
    height: rows * (cell.height + gap) - gap,
  };
  const placed = pictures.map(({ png, width, height }, i) => ({
    input: png,
    left: (i % columns) * (cell.width + gap) + ((cell.width - width) >> 1),
    top: Math.floor(i / columns) * (cell.height + gap) + ((cell.height - height) >> 1),
  }));
  const sheet = sharp({ create: { ...size, channels: 3, background: 'white' } });
  return { ...size, png: await sheet.composite(placed).png().toBuffer() };
}

/** How many pictures in a row make a sheet that is about as wide as high. @param {Picture[]} pictures */
function squarest(pictures) {
  const [{ width, height }] = pictures;
  const columns = Math.round(Math.sqrt((pictures.length * height) / width));
  return Math.min(Math.max(columns, 1), pictures.length);
}
