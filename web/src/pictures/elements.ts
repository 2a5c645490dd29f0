// Pixels in typed arrays of all kinds: from components of a source to RGBA and back.

import { FoveaError } from '../base/errors.js';
import type { Rectangle } from '../host/module.js';
import { Pace } from './pace.js';
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
export interface Elements {
  readonly data: Components;
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
export async function partOf(elements: Elements, part: Rectangle): Promise<Pixels> {
  const { width, height } = part;
  const length = 4 * width * height;
  const isDeep = elements.component !== 'uint8';
  const data = isDeep ? new Float32Array(length) : new Uint8ClampedArray(length);
  const pace = new Pace();
  for (let row = 0; row < height; ++row) {
    copyRow(elements, part, row, data);
    if (pace.isOver()) await pace.rest();
  }
  return { data, width, height };
}

/** Puts a part whose first pixel belongs at (x, y) where it belongs. */
export async function store(pixels: Pixels, x: number, y: number, into: Elements): Promise<void> {
  const pace = new Pace();
  for (let row = 0; row < pixels.height; ++row) {
    storeRow(pixels, row, into, (y + row) * into.width + x);
    if (pace.isOver()) await pace.rest();
  }
}

/** Puts a row of a part where its first pixel belongs: at the pixel `to`, counted row by row. */
export function storeRow({ data, width }: Pixels, row: number, into: Elements, to: number): void {
  const { channels, component, planar = false } = into;
  const first = 4 * row * width;
  if (data.BYTES_PER_ELEMENT === 1 && component === 'uint8' && channels === 4 && !planar) {
    (into.data as Uint8ClampedArray).set(data.subarray(first, first + 4 * width), 4 * to);
    return;
  }
  // Other integers than those of a Uint8ClampedArray are cut off.
  const rule = {
    scale: whites[component] / 255,
    half: component === 'uint16' ? 0.5 : 0,
    most: 255,
  };
  const lane = (channel: number): Lane =>
    planar
      ? { data: into.data, at: channel * into.width * into.height + to, step: 1 }
      : { data: into.data, at: to * channels + channel, step: channels };
  const rgba = (channel: number): Lane => ({ data, at: first + channel, step: 4 });
  const grey = { data: channels < 3 ? greys(data, first, width) : data, at: 0, step: 1 };
  for (let channel = 0; channel < channels; ++channel) {
    const isAlpha = hasAlpha(channels) && channel === channels - 1;
    const from = isAlpha ? rgba(3) : channels < 3 ? grey : rgba(channel);
    copyLane(from, lane(channel), width, rule);
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
    throw noMemory(component, length, cause);
  }
}

/** The error of a result that is too long. */
export function noMemory(component: Component, length: number, cause?: unknown): FoveaError {
  const bytes = length * { uint8: 1, uint16: 2, float16: 2, float32: 4 }[component];
  const message =
    `there is no memory for a result of ${bytes} bytes: take tiles() or a PNG, which need not be whole ` +
    'in memory, or a smaller size';
  return new FoveaError('OutOfMemory', message, { bytes: String(bytes) }, { cause });
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

function copyRow(
  { data, width, channels, component }: Elements,
  part: Rectangle,
  row: number,
  into: Uint8ClampedArray | Float32Array,
): void {
  const first = ((part.y + row) * width + part.x) * channels;
  const to = 4 * row * part.width;
  if (component === 'uint8' && channels === 4) {
    into.set((data as Uint8Array).subarray(first, first + 4 * part.width), to);
    return;
  }
  const white = whites[component];
  if (white === 1) checkNumbers(data, first, part, row, channels);
  const rule = { scale: 255 / white, half: 0, most: white };
  const opaque = { data: [white], at: 0, step: 0 };
  const isGrey = channels < 3;
  for (let channel = 0; channel < 4; ++channel) {
    const source = channel < 3 ? (isGrey ? 0 : channel) : channels - 1;
    const isThere = channel < 3 || hasAlpha(channels);
    const from = isThere ? { data, at: first + source, step: channels } : opaque;
    copyLane(from, { data: into, at: to + channel, step: 4 }, part.width, rule);
  }
}

/** Every so many elements of an array, from one on. */
interface Lane {
  data: ArrayLike<number>;
  at: number;
  step: number;
}

/** Copies elements, held to 0..`most`, times `scale`, plus `half`. */
function copyLane(
  from: Lane,
  to: Lane,
  count: number,
  { scale, half, most }: { scale: number; half: number; most: number },
): void {
  const { data: source, step: sourceStep } = from;
  const { data, step } = to as Lane & { data: number[] };
  for (let i = 0, s = from.at, t = to.at; i < count; ++i, s += sourceStep, t += step) {
    const value = source[s]!;
    data[t] = (value > most ? most : value > 0 ? value : 0) * scale + half;
  }
}

/** Luma as of BT.601, and just what it was where all three are alike. */
function greys(data: ArrayLike<number>, first: number, count: number): Float32Array {
  const greys = new Float32Array(count);
  for (let i = 0, at = first; i < count; ++i, at += 4) {
    const g = data[at + 1]!;
    greys[i] = g + 0.299 * (data[at]! - g) + 0.114 * (data[at + 2]! - g);
  }
  return greys;
}

function checkNumbers(
  data: ArrayLike<number>,
  first: number,
  part: Rectangle,
  row: number,
  channels: Channels,
): void {
  for (let i = 0; i < channels * part.width; ++i) {
    if (!Number.isNaN(data[first + i]!)) continue;
    const at = `(${part.x + Math.floor(i / channels)}, ${part.y + row})`;
    const message = `the picture has a NaN at ${at}, where components are numbers of 0..1`;
    throw new FoveaError('InvalidInput', message);
  }
}
