import { FoveaError, toFoveaError } from '../base/errors.js';
import { isBytes, newComponents, partOf, store, type Components } from './elements.js';
import type { Component } from './picture.js';
import { halfFloatsClass, type ColorSpace, type HalfFloats, type Pixels } from './pixels.js';

/**
 * RGBA pixels, row by row, alpha not multiplied in: what ImageData holds. Those are 4 bytes each, or a
 * Float16Array of 0..1 where `pixelFormat` says so, which the types of ImageData do not tell either.
 */
export interface PixelData {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly colorSpace?: ColorSpace;
}

/** The component of the ImageData that holds a result of `component` best. */
export function imageDataComponent(component: Component): 'uint8' | 'float16' {
  return component === 'float16' && hasDeepImageData() ? 'float16' : 'uint8';
}

/**
 * Throws FoveaError InvalidInput where ImageData cannot be of such colours. Those browsers take the setting and
 * ignore it.
 */
export function checkImageDataColours(colorSpace: ColorSpace): void {
  if (colorSpace === 'srgb' || typeof ImageData !== 'function') return;
  const made = new ImageData(new Uint8ClampedArray(4), 1, 1, { colorSpace });
  if (made.colorSpace === colorSpace) return;
  const message = `this browser's ImageData have no ${colorSpace}: take the result as 'raw', 'tensor' or a PNG`;
  throw new FoveaError('InvalidInput', message, { option: 'output' });
}

/** Pixels as an ImageData, without a copy; as the same without that class where the platform has none. */
export function toImageData(
  data: Components,
  width: number,
  height: number,
  colorSpace: ColorSpace,
): PixelData {
  const bytes = data as Uint8ClampedArray<ArrayBuffer>;
  if (typeof ImageData !== 'function') return { data: bytes, width, height, colorSpace };
  checkImageDataColours(colorSpace);
  const settings = { colorSpace, ...(data.BYTES_PER_ELEMENT === 2 ? deepFormat : {}) };
  try {
    return new ImageData(bytes, width, height, settings);
  } catch (cause) {
    throw toFoveaError(cause);
  }
}

/** A part as an ImageData; of bytes, it shares their memory. */
export async function partImageData(
  part: Pixels,
  colorSpace: ColorSpace,
  component: 'uint8' | 'float16',
): Promise<PixelData> {
  const { width, height } = part;
  if (component === 'uint8' && isBytes(part)) {
    return toImageData(part.data, width, height, colorSpace);
  }
  const data = newComponents(component, 4 * width * height);
  await store(part, 0, 0, { data, width, height, channels: 4, component });
  return toImageData(data, width, height, colorSpace);
}

/** What an ImageData holds, as a part. */
export async function pixelsOf({ data, width, height }: ImageData): Promise<Pixels> {
  if (data.BYTES_PER_ELEMENT === 1) return { data, width, height };
  const components = data as unknown as HalfFloats;
  const all = { x: 0, y: 0, width, height };
  return partOf({ data: components, width, height, channels: 4, component: 'float16' }, all);
}

/** What asks for an ImageData of floats. */
export const deepFormat = { pixelFormat: 'rgba-float16' } as const;

function hasDeepImageData(): boolean {
  if (typeof ImageData !== 'function' || !halfFloatsClass()) return false;
  try {
    // Who does not know the setting makes one of bytes.
    const { data } = new ImageData(1, 1, deepFormat);
    return data.BYTES_PER_ELEMENT === 2;
  } catch {
    return false;
  }
}
