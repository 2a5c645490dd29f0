// sharp, which decodes and encodes in Node where it is installed: an optional peer of this package.

import { FoveaError, messageOf } from '../base/errors.js';
import { untilAborted } from '../base/until-aborted.js';
import type { Opening } from './drawables.js';
import type { Picture } from './picture.js';
import { openPixels } from './pixel-source.js';

/** A picture of the package `sharp`, as far as it is used here. */
export interface SharpPicture {
  clone(): SharpPicture;
  metadata(): Promise<{ depth?: string; space?: string; hasAlpha?: boolean }>;
  rotate(): SharpPicture;
  toColourspace(space: string): SharpPicture;
  withIccProfile(profile: string): SharpPicture;
  raw(options: { depth: 'uchar' | 'ushort' }): SharpPicture;
  webp(options: { quality?: number }): SharpPicture;
  jpeg(options: { quality?: number }): SharpPicture;
  toBuffer(): Promise<Uint8Array>;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array;
    info: { width: number; height: number; channels: number };
  }>;
}

type Sharp = (
  input: Uint8Array,
  options?: { raw?: { width: number; height: number; channels: number } },
) => SharpPicture;

/** Whether a value is a picture of sharp, be it of another copy. */
export function isSharpPicture(value: object): value is SharpPicture {
  const methods = ['clone', 'metadata', 'rotate', 'toColourspace', 'raw', 'toBuffer'];
  return methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}

/**
 * The package.
 *
 * @param what is wanted of it, for the message
 * @throws FoveaError InvalidInput where it is not installed
 */
export async function loadSharp(what: string): Promise<Sharp> {
  try {
    return (await packageNamed<{ default: Sharp }>('sharp')).default;
  } catch (cause) {
    const message = `${what}: install it (npm install sharp). It said: ${messageOf(cause)}`;
    throw new FoveaError('InvalidInput', message, {}, { cause });
  }
}

/** Opens a file's bytes. Throws FoveaError InvalidInput, Aborted. */
export async function openBySharp(file: Uint8Array, opening: Opening): Promise<Picture> {
  const sharp = await loadSharp(
    'in Node, files of pictures are decoded by the package sharp, or by yourself to give ' +
      '{ data, width, height }',
  );
  const picture = sharp(file);
  const opened = await decoded(picture, opening);
  const { space, hasAlpha } = await picture.metadata();
  if (space !== 'b-w' && space !== 'grey16') return opened;
  return { ...opened, channels: hasAlpha ? 2 : 1 };
}

/**
 * Opens a picture of sharp: what its pipeline makes, which stays as it is.
 *
 * @throws FoveaError InvalidInput, Aborted
 */
export function openSharpPicture(picture: SharpPicture, opening: Opening): Promise<Picture> {
  return decoded(picture.clone(), opening);
}

/** Decoded whole, to 8 or 16 bits as the file has them. */
async function decoded(
  picture: SharpPicture,
  { colorSpace = 'srgb', signal }: Opening,
): Promise<Picture> {
  const read = async () => {
    const { depth = 'uchar' } = await picture.metadata();
    // Without an angle, as the EXIF data say.
    const turned = picture.rotate();
    const coloured = colorSpace === 'srgb' ? turned : turned.withIccProfile('p3');
    const components =
      depth === 'uchar'
        ? coloured.toColourspace('srgb').raw({ depth: 'uchar' })
        : coloured.toColourspace('rgb16').raw({ depth: 'ushort' });
    const { data, info } = await components.toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    return { data: depth === 'uchar' ? data : sixteenBits(data), width, height, channels };
  };
  const pixels = await untilAborted(signal, () =>
    read().catch((cause: unknown) => {
      const message = `the picture cannot be read by sharp: ${messageOf(cause)}`;
      throw new FoveaError('InvalidInput', message, {}, { cause });
    }),
  );
  return openPixels({ ...pixels, colorSpace });
}

function sixteenBits({ buffer, byteOffset, byteLength }: Uint8Array): Uint16Array {
  return byteOffset % 2 === 0
    ? new Uint16Array(buffer, byteOffset, byteLength / 2)
    : new Uint16Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/** A package, in a way that no bundler tries to follow. */
function packageNamed<T>(name: string): Promise<T> {
  return import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name);
}
