// What is known of a network before it is measured, and what it is measured by.

import { FoveaError } from '../base/errors.js';
import { elementsOf, filledElements, valuesOf } from './elements.js';
import type { FeedData, TensorData } from '../host/feeding.js';
import type { Rectangle } from '../host/module.js';
import type { MMDeployFiles } from './mmdeploy.js';
import type { InputValue, OtherInputs } from './other-inputs.js';

/** Sizes or factors along both axes. */
export interface Pair {
  x: number;
  y: number;
}

/** What a network's channels are: the Y of YCbCr, grey, three colours, or these with alpha. */
export type NetworkColor = 'luma' | 'gray' | 'rgb' | 'rgba';

/** A network's values of black and white. */
export type Range = '0..1' | '0..255' | '-1..1';

/**
 * How a picture goes on beyond its border: with its outermost pixels again, mirrored, or not at all, so that
 * the result is what the network itself makes of its end.
 */
export type Border = 'replicate' | 'reflect' | 'none';

/** What the caller says of a network, instead of what the model or a trial run says. */
export interface NetworkOptions {
  /**
   * Enlargement. Where the network takes it as an input, that is what it gets, 2 unless given; else it
   * must be the network's own.
   */
  scale?: number | Pair | undefined;
  /**
   * `luma` for a network of one channel that gets the Y of YCbCr, while the colours are enlarged apart
   * from it; `gray` for one whose results are grey; `rgb` for three channels, `rgba` for four.
   */
  color?: NetworkColor | undefined;
  /** The values of black and white; 1 and 255 stand for `0..1` and `0..255`. */
  range?: Range | 1 | 255 | undefined;
  /** The order of three colours. */
  order?: 'rgb' | 'bgr' | undefined;
  /** The order of its axes. */
  layout?: 'nchw' | 'nhwc' | undefined;
  /** Input sizes must be multiples of this; found by trials unless given. */
  multiple?: number | undefined;
  /** The input that takes the picture; the first that could unless given. */
  input?: string | undefined;
  /** The output that is the enlarged picture; the first that could unless given. */
  output?: string | undefined;
  /** What the network sees beyond the picture's border: `replicate` unless given. */
  border?: Border | undefined;
  /** What its other inputs get, by name. */
  inputs?: Readonly<Record<string, InputValue>> | undefined;
  /** What MMDeploy wrote beside the model, which other options come before. */
  mmdeploy?: MMDeployFiles | undefined;
}

/** Element types of pictures. */
export type PictureType = 'float32' | 'float16' | 'uint8';

/** What a model declares. */
export interface Form {
  input: string;
  output: string;
  color: NetworkColor;
  channels: 1 | 3 | 4;
  type: PictureType;
  channelsLast: boolean;
  /** The only size it takes. */
  fixed: Pair | undefined;
  /** The input that takes [1, 1, y, x], or [1, y, x, 1] of channels last, if there is one. */
  scaleInput: string | undefined;
  others: OtherInputs;
}

/** Planes [C,H,W] of a network's results. */
export interface Planes {
  size: Pair;
  data: Float32Array;
}

/** Ways to learn what the network makes of tensors. */
export interface Trials {
  run(feeds: FeedData[], output: string): Promise<TensorData>;
  /** The sizes that run() would give, which takes no time; null where that does not tell. */
  plan(feeds: FeedData[], output: string): Promise<readonly number[] | null>;
}

/** What a network gets besides the picture, for a tile; with plain maps where the picture is plain. */
export function otherFeeds(
  { scaleInput, channelsLast, others }: Form,
  { x, y }: Pair,
  tile: Rectangle,
  { plain = false } = {},
): FeedData[] {
  const feeds = plain ? others.plainFeeds(tile) : others.feeds(tile);
  if (scaleInput === undefined) return feeds;
  const factors = Float32Array.from(channelsLast ? [1, y, x, 1] : [1, 1, y, x]);
  return [
    ...feeds,
    { name: scaleInput, type: 'float32', dims: [4], data: new Uint8Array(factors.buffer) },
  ];
}

/** A picture of one grey, and what else the network gets. */
export function greyFeeds(form: Form, size: Pair, grey: number, scale: Pair): FeedData[] {
  const { input: name, type, channels } = form;
  const data = filledElements(type, channels * size.x * size.y, grey);
  const picture: FeedData = { name, type, dims: pictureDims(form, size), data };
  const tile = { x: 0, y: 0, width: size.x, height: size.y };
  return [picture, ...otherFeeds(form, scale, tile, { plain: true })];
}

/** A picture's elements, [C,H,W]. */
export function pictureFeed(form: Form, size: Pair, planes: Float32Array): FeedData {
  const { input: name, type, channels, channelsLast } = form;
  const dims = pictureDims(form, size);
  const ordered = channelsLast ? withChannelsLast(planes, channels) : planes;
  return { name, type, dims, data: elementsOf(type, ordered) };
}

/** The dimensions of a picture's tensor. */
export function pictureDims({ channels, channelsLast }: Form, { x, y }: Pair): number[] {
  return channelsLast ? [1, y, x, channels] : [1, channels, y, x];
}

/** A result as planes. Throws FoveaError InvalidInput where it is no picture. */
export function planesOf(form: Form, result: TensorData): Planes {
  const size = sizeOf(result.dims, form);
  const values = valuesOf(result);
  return { size, data: form.channelsLast ? withChannelsFirst(values, form.channels) : values };
}

/** The size of a picture with these dimensions. Throws FoveaError InvalidInput where it is none. */
export function sizeOf(dims: readonly number[], { channels, channelsLast, output }: Form): Pair {
  const [batch, first, second, third] = dims;
  const [depth, height, width] = channelsLast ? [third, first, second] : [first, second, third];
  if (dims.length === 4 && batch === 1 && depth === channels && height && width) {
    return { x: width, y: height };
  }
  const asked = channelsLast ? `[1,H,W,${channels}]` : `[1,${channels},H,W]`;
  throw notForPictures(`its output '${output}' is [${dims.join()}], not ${asked}`);
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

function withChannelsLast(planes: Float32Array, channels: number): Float32Array {
  const pixels = planes.length / channels;
  return planes.map((_, i) => planes[(i % channels) * pixels + Math.floor(i / channels)]!);
}

function withChannelsFirst(elements: Float32Array, channels: number): Float32Array {
  const pixels = elements.length / channels;
  return elements.map((_, i) => elements[(i % pixels) * channels + Math.floor(i / pixels)]!);
}
