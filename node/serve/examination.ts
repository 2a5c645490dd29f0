// What is known of a picture before anything of it is decoded.

import type { Upscaler } from 'fovea';
import { messageOf } from '../base/errors.js';
import type { Format } from '../base/formats.js';
import { loadSharp } from '../base/sharp.js';
import type { ServiceLimits } from './options.js';
import { Problem } from './problem.js';
import type { Wish } from './request.js';

/**
 * First bytes of the files that are decoded, and what a result is written as unless told. Others do not
 * get as far as a decoder: SVG, above all, which is a program.
 */
const signatures: readonly [RegExp, Format][] = [
  [/^\x89PNG/, 'png'],
  [/^\xff\xd8\xff/, 'jpeg'],
  [/^RIFF.{4}WEBP/s, 'webp'],
  [/^GIF8/, 'png'],
  [/^(II\*\0|MM\0\*)/, 'png'],
  [/^.{4}ftyp(avif|avis|mif1)/s, 'png'],
];

/** A picture that will be taken. */
export interface Examined {
  /** Pixels of the picture and of its result. */
  pixels: number;
  resultPixels: number;
  format: Format;
}

/**
 * Reads a file's head: a few bytes can stand for more pixels than any memory holds.
 *
 * @throws Problem 413 for too many pixels, 415 for what is no picture, 400 for one that is broken
 */
export async function examine(
  file: Uint8Array,
  wish: Wish,
  scale: Upscaler['scale'],
  { maxPixels, maxResultPixels }: ServiceLimits,
): Promise<Examined> {
  const ownFormat = formatOf(file);
  const { width, height } = await headOf(file);
  const pixels = width * height;
  if (pixels > maxPixels) {
    const detail = `the picture has ${pixels} pixels, and ${maxPixels} are taken`;
    throw new Problem(413, 'TooManyPixels', detail);
  }
  const result = resultSize({ width, height }, wish, scale);
  const resultPixels = Math.ceil(result.width * result.height);
  if (resultPixels > maxResultPixels) {
    const detail = `the result would have ${resultPixels} pixels, and ${maxResultPixels} are made`;
    throw new Problem(413, 'TooManyResultPixels', detail);
  }
  return { pixels, resultPixels, format: wish.format ?? ownFormat };
}

/** The format that a result has unless told, by the picture's first bytes. */
function formatOf(file: Uint8Array): Format {
  const start = Buffer.from(file.subarray(0, 16)).toString('latin1');
  const known = signatures.find(([pattern]) => pattern.test(start));
  if (known) return known[1];
  const detail = `the ${file.length} bytes are no PNG, JPEG, WebP, AVIF, GIF or TIFF`;
  throw new Problem(415, 'UnknownPicture', detail);
}

async function headOf(file: Uint8Array): Promise<Size> {
  const sharp = await loadSharp();
  try {
    // Its own limit would not say how many pixels there are.
    const {
      width,
      height,
      orientation = 1,
    } = await sharp(file, {
      limitInputPixels: false,
    }).metadata();
    return orientation >= 5 ? { width: height, height: width } : { width, height };
  } catch (error) {
    throw new Problem(400, 'InvalidPicture', `the picture cannot be read: ${messageOf(error)}`);
  }
}

interface Size {
  width: number;
  height: number;
}

/** How large the result will be; where a picture is fitted into a size, that size. */
function resultSize({ width, height }: Size, { size }: Wish, own: Upscaler['scale']): Size {
  const { width: toWidth, height: toHeight, scale } = size;
  if (toWidth !== undefined && toHeight !== undefined) return { width: toWidth, height: toHeight };
  if (toWidth !== undefined) return { width: toWidth, height: (height * toWidth) / width };
  if (toHeight !== undefined) return { width: (width * toHeight) / height, height: toHeight };
  return { width: width * (scale ?? own.x), height: height * (scale ?? own.y) };
}
