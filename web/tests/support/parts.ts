// Pictures in parts, as they are read and put together.

import { FoveaError } from '../../src/base/errors.js';
import type { Rectangle } from '../../src/host/module.js';
import type { Picture } from '../../src/pictures/picture.js';
import type { Pixels } from '../../src/pictures/pixels.js';
import type { Sink } from '../../src/pictures/sinks.js';

/** Numbers of 0..1, the same each time. */
export function randomNumbers(seed = 1): () => number {
  let state = seed;
  // Without a call for each: looking up a global one is slow in Jest.
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

/** Levels of chance: whole ones as bytes, else with fractions. */
export function randomPixels(width: number, height: number, deep = false): Pixels {
  const random = randomNumbers(width * 1000 + height);
  const length = 4 * width * height;
  const data = deep ? new Float32Array(length) : new Uint8ClampedArray(length);
  // Whole 16-bit numbers, which survive their way to a file.
  for (let i = 0; i < length; ++i) {
    data[i] = deep ? ((random() * 65536) | 0) / 257 : (random() * 256) | 0;
  }
  return { data, width, height };
}

/** A part of pixels, copied. */
export function cut({ data, width }: Pixels, part: Rectangle): Pixels {
  const Class = data.constructor as new (length: number) => Pixels['data'];
  const into = new Class(4 * part.width * part.height);
  for (let row = 0; row < part.height; ++row) {
    const from = 4 * ((part.y + row) * width + part.x);
    into.set(data.subarray(from, from + 4 * part.width), 4 * row * part.width);
  }
  return { data: into, width: part.width, height: part.height };
}

/** Rectangles of chance inside a picture. */
export function randomParts(width: number, height: number, count = 12): Rectangle[] {
  const random = randomNumbers(7);
  return Array.from({ length: count }, () => {
    const [x, y] = [Math.floor(random() * width), Math.floor(random() * height)];
    return {
      x,
      y,
      width: 1 + Math.floor(random() * (width - x)),
      height: 1 + Math.floor(random() * (height - y)),
    };
  });
}

/** All of a picture. */
export function readWhole(picture: Picture): Promise<Pixels> {
  return picture.read({ x: 0, y: 0, width: picture.width, height: picture.height });
}

/** Puts pixels into a sink in tiles, each row of tiles from right to left. */
export async function putInTiles<T>(sink: Sink<T>, pixels: Pixels, side: number): Promise<T> {
  const { width, height } = pixels;
  for (let y = 0; y < height; y += side) {
    for (let x = side * Math.floor((width - 1) / side); x >= 0; x -= side) {
      const size = { width: Math.min(side, width - x), height: Math.min(side, height - y) };
      await sink.put(x, y, cut(pixels, { x, y, ...size }));
    }
  }
  return sink.finish();
}

/** What the package's sources, not its bundle, refuse something with. */
export async function refusalOf(work: () => unknown): Promise<FoveaError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof FoveaError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
