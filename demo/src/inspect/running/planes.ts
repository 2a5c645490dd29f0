import type { Tensor } from 'fovea';
import { fromBytes, type Numbers } from '../onnx/elements.js';

/** Where a tensor of four axes has its channels. */
export type ChannelAxis = 'first' | 'last';

/** A tensor as pictures: one for each channel, or for what comes closest to one. */
export interface Planes {
  count: number;
  width: number;
  height: number;
  /** The value of a channel at a row and a column. */
  at: (plane: number, x: number, y: number) => number;
  /** What a picture is one of. */
  what: string;
}

/** A tensor's elements as numbers; undefined for text and complex numbers. */
export function numbersOf({ type, data, size }: Tensor): Numbers | undefined {
  if (Array.isArray(data) || type === 'string') return undefined;
  const elements = data;
  // Newer browsers have an array of such numbers.
  if (elements.constructor.name === 'Float16Array') return elements as unknown as Numbers;
  return fromBytes(
    type,
    new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength),
    size,
  );
}

/** Of four axes where the channels are: as a rule first; last where that is told by the sizes. */
export function likelyChannels(dims: readonly number[]): ChannelAxis {
  if (dims.length !== 4) return 'first';
  const [, first, rows, last] = dims as [number, number, number, number];
  return first === rows && last !== rows ? 'last' : 'first';
}

export function planesOf(dims: readonly number[], numbers: Numbers, channels: ChannelAxis): Planes {
  if (dims.length === 4 && channels === 'last') {
    const [, height, width, depth] = dims as [number, number, number, number];
    return {
      count: dims[0]! * depth,
      width,
      height,
      at: (plane, x, y) => {
        const image = Math.floor(plane / depth);
        return numbers[((image * height + y) * width + x) * depth + (plane % depth)]!;
      },
      what: 'channel',
    };
  }
  const width = dims.at(-1) ?? 1;
  const height = dims.at(-2) ?? 1;
  const count = dims.slice(0, -2).reduce((product, size) => product * size, 1);
  return {
    count,
    width,
    height,
    at: (plane, x, y) => numbers[(plane * height + y) * width + x]!,
    what: dims.length >= 4 ? 'channel' : 'table',
  };
}

export interface Span {
  min: number;
  max: number;
}

/** The smallest and the largest finite value of some planes. */
export function spanOf({ width, height, at }: Planes, from: number, to: number): Span {
  let min = Infinity;
  let max = -Infinity;
  for (let plane = from; plane < to; ++plane) {
    for (let y = 0; y < height; ++y) {
      for (let x = 0; x < width; ++x) {
        const value = at(plane, x, y);
        if (!Number.isFinite(value)) continue;
        if (value < min) min = value;
        if (value > max) max = value;
      }
    }
  }
  return min > max ? { min: 0, max: 0 } : { min, max };
}

/** The most pixels a side of what is drawn may have: larger ones are shown by every nth value. */
const longestSide = 1024;

/** One plane in grey, or three as red, green and blue; what is no number is shown in magenta. */
export function drawPlanes(
  planes: Planes,
  shown: readonly number[],
  { min, max }: Span,
): ImageData {
  const step = Math.max(1, Math.ceil(Math.max(planes.width, planes.height) / longestSide));
  const width = Math.ceil(planes.width / step);
  const height = Math.ceil(planes.height / step);
  const image = new ImageData(width, height);
  const scale = max > min ? 255 / (max - min) : 0;
  const level = (value: number) => (max > min ? (value - min) * scale : 128);
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x) {
      const [red, green = red, blue = red] = shown.map((plane) =>
        planes.at(plane, x * step, y * step),
      );
      const isNumber = Number.isFinite(red! + green! + blue!);
      image.data.set(
        isNumber ? [level(red!), level(green!), level(blue!), 255] : [255, 0, 255, 255],
        4 * (y * width + x),
      );
    }
  }
  return image;
}
