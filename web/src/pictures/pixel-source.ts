import { abortError, FoveaError } from '../base/errors.js';
import { described, typedArrayName } from '../base/kinds.js';
import { partOf, type Components, type Elements } from './elements.js';
import type { Channels, Component, Picture } from './picture.js';
import type { ColorSpace } from './pixels.js';

/**
 * Pixels row by row, alpha not multiplied in: bytes of 0..255, 16 bits of 0..65535, or floats of 0..1,
 * beyond which they are cut off.
 */
export interface PixelSource {
  readonly data: Components;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; unless given, as many as the data are long for. */
  readonly channels?: number | undefined;
  /** `srgb` unless given. */
  readonly colorSpace?: ColorSpace | undefined;
}

/**
 * A picture of pixels in memory, which stays the caller's.
 *
 * @param wanted the space that the result is to be in, which must be the pixels'
 * @throws FoveaError InvalidInput
 */
export function openPixels(source: PixelSource, wanted?: ColorSpace): Picture {
  const { data, width, height, colorSpace = 'srgb' } = source;
  const component = componentOf(data);
  if (![width, height].every((side) => Number.isSafeInteger(side) && side > 0)) {
    const sides = `${String(width)} x ${String(height)}`;
    throw invalid(`a picture's width and height are whole numbers above 0, not ${sides}`);
  }
  const channels = channelsOf(source, component);
  if (!['srgb', 'display-p3'].includes(colorSpace)) {
    throw invalid(`a picture's colorSpace is 'srgb' or 'display-p3', not ${described(colorSpace)}`);
  }
  if (wanted !== undefined && wanted !== colorSpace) {
    throw invalid(`the pixels are in ${colorSpace}: only what is drawn can be read in ${wanted}`);
  }
  return pictureOf({ data, width, height, channels, component }, colorSpace);
}

function pictureOf(elements: Elements, colorSpace: ColorSpace): Picture {
  const { width, height, channels, component } = elements;
  return {
    width,
    height,
    colorSpace,
    component,
    channels,
    async read(part, signal) {
      if (signal?.aborted) throw abortError(signal);
      return partOf(elements, part);
    },
    close() {},
  };
}

/** By the typed array's class. */
const components = new Map<string, Component>([
  ['Uint8ClampedArray', 'uint8'],
  ['Uint8Array', 'uint8'],
  ['Uint16Array', 'uint16'],
  ['Float32Array', 'float32'],
  ['Float16Array', 'float16'],
]);

function componentOf(data: unknown): Component {
  const name = typedArrayName(data) ?? described(data);
  const component = components.get(name);
  if (component) return component;
  throw invalid(`a picture's data are one of ${[...components.keys()].join(', ')}, not ${name}`);
}

function channelsOf(
  { data, width, height, channels }: PixelSource,
  component: Component,
): Channels {
  const pixels = width * height;
  if (channels === undefined) {
    const inferred = [4, 3, 2, 1].find((count) => data.length === count * pixels);
    if (inferred) return inferred as Channels;
  } else if (![1, 2, 3, 4].includes(channels)) {
    const given = typeof channels === 'number' ? channels : described(channels);
    throw invalid(`a picture's channels are 1, 2, 3 or 4, not ${given}`);
  } else if (data.length === channels * pixels) {
    return channels as Channels;
  }
  const what = component === 'uint8' ? 'bytes' : 'components';
  const size = `${width} x ${height} pixels have`;
  throw channels === undefined
    ? invalid(
        `${size} ${4 * pixels} ${what} of RGBA, not ${data.length} (or ${pixels} of grey, ` +
          `${2 * pixels} of grey and alpha, ${3 * pixels} of RGB)`,
      )
    : invalid(`${size} ${channels * pixels} ${what} in ${channels} channels, not ${data.length}`);
}

function invalid(message: string): FoveaError {
  return new FoveaError('InvalidInput', message);
}
