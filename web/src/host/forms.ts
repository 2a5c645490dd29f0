// What is known of a network before it is measured, and what it is measured by.

import { FoveaError } from '../base/errors.js';
import type { FeedData } from './feeding.js';

/** Sizes or factors along both axes. */
export interface Pair {
  x: number;
  y: number;
}

/** What the caller says of a network, instead of what the model or a trial run says. */
export interface NetworkOptions {
  /**
   * Enlargement. Where the network takes it as an input, that is what it gets, 2 unless given; else it
   * must be the network's own.
   */
  scale?: number | Pair | undefined;
  /** `luma` for a network of one channel, which gets the Y of YCbCr; `rgb` for one of three. */
  color?: 'luma' | 'rgb' | undefined;
  /** The value of white: 1 or 255. */
  range?: 1 | 255 | undefined;
  /** The order of three channels. */
  order?: 'rgb' | 'bgr' | undefined;
  /** Input sizes must be multiples of this; found by trials unless given. */
  multiple?: number | undefined;
}

/** What a model declares. */
export interface Form {
  input: string;
  output: string;
  /** 1: luma. */
  channels: 1 | 3;
  /** The only size it takes. */
  fixed: Pair | undefined;
  /** The input that takes [1, 1, y, x], if there is one. */
  scaleInput: string | undefined;
}

/** Ways to learn what the network makes of tensors. */
export interface Trials {
  run(feeds: FeedData[], output: string): Promise<{ dims: readonly number[]; data: Float32Array }>;
  /** The sizes that run() would give, which takes no time; null where that does not tell. */
  plan(feeds: FeedData[], output: string): Promise<readonly number[] | null>;
}

/** What a network gets besides the picture: factors of N, C, H and W, if it asks for them. */
export function otherFeeds({ scaleInput }: Form, { x, y }: Pair): FeedData[] {
  return scaleInput === undefined ? [] : [floats(scaleInput, [4], Float32Array.of(1, 1, y, x))];
}

/** A picture of one grey, and the factors if they are asked for. */
export function greyFeeds(form: Form, size: Pair, grey: number, scale: Pair): FeedData[] {
  return pictureFeeds(
    form,
    size,
    new Float32Array(form.channels * size.x * size.y).fill(grey),
    scale,
  );
}

/** A picture's elements, and the factors if they are asked for. */
export function pictureFeeds(
  form: Form,
  size: Pair,
  elements: Float32Array<ArrayBuffer>,
  scale: Pair,
): FeedData[] {
  const dims = [1, form.channels, size.y, size.x];
  return [floats(form.input, dims, elements), ...otherFeeds(form, scale)];
}

/** The error of a model that is no network for pictures. */
export function notForPictures(why: string, cause?: unknown): FoveaError {
  return new FoveaError(
    'InvalidInput',
    `the model does not enlarge pictures: ${why}`,
    {},
    { cause },
  );
}

function floats(name: string, dims: number[], { buffer }: Float32Array<ArrayBuffer>): FeedData {
  return { name, type: 'float32', dims, data: new Uint8Array(buffer) };
}
