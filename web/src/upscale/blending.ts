import type { Pair } from '../network/form.js';
import type { Part } from './stage.js';

type Data = Part['data'];

/** A part of a result, of which the beginnings overlap with the parts before. */
export interface Overlapping extends Part {
  /** How many pixels at the left and at the top are also those of the parts before. */
  readonly shared: Pair;
  /** How many pixels at the right and at the bottom come again. */
  readonly again: Pair;
}

/**
 * Goes from each part to the next over what both show, along x and then along y. Parts come row by row,
 * and leave without what comes again.
 */
export class Blender {
  /** What the part before shows of this one: its last columns. */
  #columns: Data | undefined;
  /** What the row of parts before shows of this one: its last rows, by the column they begin at. */
  #rows = new Map<number, Data>();

  blend({ x, y, data, width, height, shared, again }: Overlapping): Part {
    const [right, bottom] = [width - again.x, height - again.y];
    if (shared.x > 0) mixColumns(data, this.#columns!, width, height, shared.x);
    this.#columns = again.x > 0 ? cut(data, width, right, 0, again.x, height) : undefined;
    if (shared.y > 0) mixRows(data, this.#rows.get(x)!, width, right, shared.y);
    if (again.y > 0) this.#rows.set(x, cut(data, width, 0, bottom, right, again.y));
    return { x, y, data: cut(data, width, 0, 0, right, bottom), width: right, height: bottom };
  }
}

/** Goes from `before` to the first `count` columns of `data`. */
function mixColumns(data: Data, before: Data, width: number, height: number, count: number): void {
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < count; ++x) {
      mix(data, 4 * (y * width + x), before, 4 * (y * count + x), (x + 0.5) / count);
    }
  }
}

/** Goes from `before` to the first `count` rows of `data`, as far as both are wide. */
function mixRows(data: Data, before: Data, width: number, columns: number, count: number): void {
  for (let y = 0; y < count; ++y) {
    for (let x = 0; x < columns; ++x) {
      mix(data, 4 * (y * width + x), before, 4 * (y * columns + x), (y + 0.5) / count);
    }
  }
}

function mix(data: Data, at: number, before: Data, beforeAt: number, weight: number): void {
  for (let c = 0; c < 4; ++c) {
    data[at + c] = before[beforeAt + c]! * (1 - weight) + data[at + c]! * weight;
  }
}

/** A part of pixels, in memory of its own. */
export function cut(
  data: Data,
  stride: number,
  x: number,
  y: number,
  width: number,
  height: number,
): Data {
  if (x === 0 && width === stride) return data.slice(4 * y * stride, 4 * (y + height) * stride);
  const part = new (data.constructor as typeof Float32Array)(4 * width * height);
  for (let row = 0; row < height; ++row) {
    const from = 4 * ((y + row) * stride + x);
    part.set(data.subarray(from, from + 4 * width), 4 * row * width);
  }
  return part;
}
