// Pixels in typed arrays of all kinds: from components of a source to RGBA and back.

import { FoveaError } from '../base/errors.js';
import type { Rectangle } from '../host/module.js';
import type { Channels, Component } from './picture.js';
import { halfFloatsClass, type HalfFloats, type Pixels } from './pixels.js';

/** Typed arrays that pixels come in. */
export type Components = Uint8ClampedArray | Uint8Array | Uint16Array | Float32Array | HalfFloats;

/** The value of white. */
export const whites: Readonly<Record<Component, number>> = {
  uint8: 255,
  uint16: 65535,
  float16: 1,
  float32: 1,
};

/** A picture in a typed array, row by row. */
export interface Elements<Data = Components> {
  readonly data: Data;
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly component: Component;
  /** Whether each channel is a plane of its own, as in tensors; else a pixel's channels are side by side. */
  readonly planar?: boolean;
}

/** Whether the last channel is alpha. */
export function hasAlpha(channels: Channels): boolean {
  return channels % 2 === 0;
}

/**
 * Copies a part as RGBA.
 *
 * @throws FoveaError InvalidInput, naming the first pixel that is NaN
 */
export function partOf(elements: Elements, part: Rectangle): Pixels {
  const { component, channels } = elements;
  const { width, height } = part;
  const length = 4 * width * height;
  if (component !== 'uint8') {
    const data = new Float32Array(length);
    copyPart(elements, part, data, levelOf);
    return { data, width, height };
  }
  const data = new Uint8ClampedArray(length);
  if (channels === 4) copyRows(elements as Elements<Uint8Array>, part, data);
  else copyPart(elements, part, data, (value) => value);
  return { data, width, height };
}

/** Puts a part whose first pixel belongs at (x, y) where it belongs. */
export function store(
  pixels: Pixels,
  x: number,
  y: number,
  into: Elements<{ [index: number]: number }>,
): void {
  const { data, channels, component, planar = false } = into;
  if (isBytes(pixels) && component === 'uint8' && channels === 4 && !planar) {
    const rows = data as Uint8ClampedArray;
    const length = 4 * pixels.width;
    for (let row = 0; row < pixels.height; ++row) {
      const from = pixels.data.subarray(row * length, (row + 1) * length);
      rows.set(from, 4 * ((y + row) * into.width + x));
    }
    return;
  }
  const scale = whites[component] / 255;
  // Other integers than those of a Uint8ClampedArray are cut off.
  const half = component === 'uint16' ? 0.5 : 0;
  const element = (level: number) => (level > 255 ? 255 : level > 0 ? level : 0) * scale + half;
  const [pixelStride, channelStride] = planar ? [1, into.width * into.height] : [channels, 1];
  const alpha = hasAlpha(channels) ? (channels - 1) * channelStride : undefined;
  for (let row = 0, from = 0; row < pixels.height; ++row) {
    let to = ((y + row) * into.width + x) * pixelStride;
    for (let column = 0; column < pixels.width; ++column, from += 4, to += pixelStride) {
      const r = pixels.data[from]!;
      const g = pixels.data[from + 1]!;
      const b = pixels.data[from + 2]!;
      if (channels > 2) {
        data[to] = element(r);
        data[to + channelStride] = element(g);
        data[to + 2 * channelStride] = element(b);
      } else {
        data[to] = element(greyOf(r, g, b));
      }
      if (alpha !== undefined) data[to + alpha] = element(pixels.data[from + 3]!);
    }
  }
}

/**
 * An array of a component and a length.
 *
 * @throws FoveaError OutOfMemory, with `bytes`
 */
export function newComponents(component: Component, length: number): Components {
  try {
    return allocate(component, length);
  } catch (cause) {
    const bytes = length * { uint8: 1, uint16: 2, float16: 2, float32: 4 }[component];
    const message = `there is no memory for a result of ${bytes} bytes: enlarge parts of the picture`;
    throw new FoveaError('OutOfMemory', message, { bytes: String(bytes) }, { cause });
  }
}

export function isBytes(pixels: Pixels): pixels is Pixels & { data: Uint8ClampedArray } {
  return pixels.data.BYTES_PER_ELEMENT === 1;
}

/** Float16 are float32 where the platform has none. */
function allocate(component: Component, length: number): Components {
  if (component === 'uint8') return new Uint8ClampedArray(length);
  if (component === 'uint16') return new Uint16Array(length);
  const HalfFloats = component === 'float16' ? halfFloatsClass() : undefined;
  return new (HalfFloats ?? Float32Array)(length);
}

function copyRows(
  { data, width }: Elements<Uint8Array>,
  part: Rectangle,
  into: Uint8ClampedArray,
): void {
  for (let row = 0; row < part.height; ++row) {
    const from = 4 * ((part.y + row) * width + part.x);
    into.set(data.subarray(from, from + 4 * part.width), 4 * row * part.width);
  }
}

function copyPart(
  { data, width, channels, component }: Elements,
  part: Rectangle,
  into: Uint8ClampedArray | Float32Array,
  level: (value: number, scale: number) => number,
): void {
  const [green, blue] = channels > 2 ? [1, 2] : [0, 0];
  const alpha = hasAlpha(channels) ? channels - 1 : undefined;
  const scale = 255 / whites[component];
  for (let row = 0, to = 0; row < part.height; ++row) {
    let from = ((part.y + row) * width + part.x) * channels;
    for (let column = 0; column < part.width; ++column, from += channels, to += 4) {
      into[to] = level(data[from]!, scale);
      into[to + 1] = level(data[from + green]!, scale);
      into[to + 2] = level(data[from + blue]!, scale);
      into[to + 3] = alpha === undefined ? 255 : level(data[from + alpha]!, scale);
      // What is no number is no number when multiplied, added and subtracted either.
      if (into[to]! + into[to + 1]! + into[to + 2]! + into[to + 3]! >= 0) continue;
      throw notANumber(part.x + column, part.y + row);
    }
  }
}

/** Of 0..255, beyond which it is cut off. */
function levelOf(value: number, scale: number): number {
  const level = value * scale;
  return level > 255 ? 255 : level < 0 ? 0 : level;
}

function notANumber(x: number, y: number): FoveaError {
  const message = `the picture has a NaN at (${x}, ${y}), where components are numbers of 0..1`;
  return new FoveaError('InvalidInput', message);
}

/** Luma as of BT.601, and just what it was where all three are alike. */
function greyOf(r: number, g: number, b: number): number {
  return g + 0.299 * (r - g) + 0.114 * (b - g);
}
