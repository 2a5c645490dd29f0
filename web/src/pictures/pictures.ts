import { FoveaError } from '../base/errors.js';
import { described, isBlob, isUrl, typedArrayName } from '../base/kinds.js';
import { readDrawable, readFile, type Drawable, type Reading } from './drawables.js';

/** A space of colours that browsers' canvases know. */
export type ColorSpace = 'srgb' | 'display-p3';

/** RGBA pixels, 4 bytes each, row by row, alpha not multiplied in: what ImageData holds. */
export interface PixelData {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly colorSpace?: ColorSpace;
}

/**
 * Four components a pixel, RGBA, row by row, alpha not multiplied in: bytes of 0..255, 16 bits of
 * 0..65535, or floats of 0..1, beyond which they are cut off.
 */
export interface PixelSource {
  readonly data:
    | Uint8ClampedArray
    | Uint8Array
    | Uint16Array
    | Float32Array
    | (ArrayBufferView & ArrayLike<number> & { readonly [Symbol.toStringTag]: 'Float16Array' });
  readonly width: number;
  readonly height: number;
  /** `srgb` unless given. */
  readonly colorSpace?: ColorSpace;
}

/** A picture: pixels (ImageData and the like); in browsers also an address, a file, or what is drawn. */
export type PictureSource = PixelSource | string | URL | Blob | Drawable;

/** A picture as the engine takes it. */
export interface ReadPicture {
  width: number;
  height: number;
  colorSpace: ColorSpace;
  /** Whether components are float32 of 0..255 instead of bytes. */
  deep: boolean;
  bytes: Uint8Array;
  /** Whether the bytes are nobody else's. */
  owned: boolean;
}

/**
 * Reads a picture.
 *
 * @throws FoveaError InvalidInput, NetworkError, Aborted
 */
export async function readPicture(source: PictureSource, reading: Reading): Promise<ReadPicture> {
  if (typeof source === 'string' || isUrl(source) || isBlob(source)) {
    return fromPixels(await readFile(source, reading), reading, true);
  }
  if (typeof source !== 'object' || source === null) throw notTaken(source);
  const drawn = readDrawable(source, reading);
  if (drawn) return fromPixels(await drawn, reading, true);
  if (!('data' in source)) throw notTaken(source);
  return fromPixels(source, reading, false);
}

/** Pixels as an ImageData, where the platform has that. */
export function toImageData(pixels: Required<PixelData>): PixelData {
  if (typeof ImageData !== 'function') return pixels;
  const { data, width, height, colorSpace } = pixels;
  return new ImageData(data as Uint8ClampedArray<ArrayBuffer>, width, height, { colorSpace });
}

function fromPixels(
  { data, width, height, colorSpace = 'srgb' }: PixelSource | ImageData,
  { colorSpace: wanted = colorSpace }: Reading,
  owned: boolean,
): ReadPicture {
  const name = typedArrayName(data) ?? described(data);
  const isBytes = name === 'Uint8Array' || name === 'Uint8ClampedArray';
  if (!isBytes && !Object.hasOwn(whites, name)) {
    const known = ['Uint8ClampedArray', 'Uint8Array', ...Object.keys(whites)].join(', ');
    throw invalid(`a picture's data are one of ${known}, not ${name}`);
  }
  if (![width, height].every((side) => Number.isSafeInteger(side) && side > 0)) {
    throw invalid(
      `a picture's width and height are whole numbers above 0, not ${width} x ${height}`,
    );
  }
  if (data.length !== 4 * width * height) {
    const what = isBytes ? 'bytes' : 'components';
    const needed = `${width} x ${height} pixels have ${4 * width * height} ${what} of RGBA`;
    throw invalid(`${needed}, not ${data.length}`);
  }
  if (!['srgb', 'display-p3'].includes(colorSpace)) {
    throw invalid(`a picture's colorSpace is 'srgb' or 'display-p3', not ${described(colorSpace)}`);
  }
  if (wanted !== colorSpace) {
    throw invalid(`the pixels are in ${colorSpace}: only what is drawn can be read in ${wanted}`);
  }
  const picture = { width, height, colorSpace, deep: !isBytes };
  if (!isBytes) return { ...picture, bytes: levels(data, whites[name]!, width), owned: true };
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return { ...picture, bytes, owned };
}

/** The value of white, by the array's type. */
const whites: Record<string, number> = { Uint16Array: 65535, Float32Array: 1, Float16Array: 1 };

/** Components as float32 of 0..255. */
function levels(data: ArrayLike<number>, white: number, width: number): Uint8Array {
  const scaled = new Float32Array(data.length);
  for (let i = 0; i < data.length; ++i) {
    const level = (data[i]! * 255) / white;
    if (Number.isNaN(level)) {
      const pixel = Math.floor(i / 4);
      const at = `(${pixel % width}, ${Math.floor(pixel / width)})`;
      throw invalid(`the picture has a NaN at ${at}, where components are numbers of 0..1`);
    }
    scaled[i] = Math.min(Math.max(level, 0), 255);
  }
  return new Uint8Array(scaled.buffer);
}

function notTaken(source: unknown): FoveaError {
  const browser =
    'in browsers also an address, a Blob, an img, svg image, video or canvas element, an ' +
    'OffscreenCanvas, an ImageBitmap or a VideoFrame';
  return invalid(`a picture is { data, width, height }, ${browser}; not ${described(source)}`);
}

function invalid(message: string): FoveaError {
  return new FoveaError('InvalidInput', message);
}
