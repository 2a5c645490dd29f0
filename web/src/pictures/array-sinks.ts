// Results in memory.

import { Tensor } from '../session/tensor.js';
import { isBytes, newComponents, noMemory, store, type Components } from './elements.js';
import {
  checkImageDataColours,
  imageDataComponent,
  toImageData,
  type PixelData,
} from './image-data.js';
import type { Channels, Component } from './picture.js';
import { halfFloatsClass, type ColorSpace, type HalfFloats, type Pixels } from './pixels.js';
import type { ResultInfo, Sink } from './sink.js';

/** A result with the source's own components and channels, row by row, alpha not multiplied in. */
export interface RawPicture {
  /** Bytes of 0..255, 16 bits of 0..65535, or floats of 0..1. */
  readonly data: Uint8ClampedArray | Uint16Array | HalfFloats | Float32Array;
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly colorSpace: ColorSpace;
}

/**
 * Makes an ImageData: of float16 if that is what the source has and the platform's can be, else of bytes.
 * Where the platform has none, the same without that class. A part that is all of it is taken as it is.
 *
 * @throws FoveaError OutOfMemory, here where the result is long, else by put() and finish(); InvalidInput
 *   where ImageData cannot be of the source's colours
 */
export function imageDataSink(info: ResultInfo): Sink<PixelData> {
  const { width, height, colorSpace } = info;
  checkImageDataColours(colorSpace);
  const component = imageDataComponent(info.component);
  const length = 4 * width * height;
  if (length > longestImageData) throw noMemory(component, length);
  return arraySink({ width, height, channels: 4, component }, (data) =>
    toImageData(data, width, height, colorSpace),
  );
}

/**
 * Makes a typed array of the source's component and channels: Uint8ClampedArray, Uint16Array,
 * Float16Array (Float32Array where the platform has none) or Float32Array.
 *
 * @throws FoveaError OutOfMemory, here where the result is long, else by put()
 */
export function rawSink(info: ResultInfo): Sink<RawPicture> {
  const { width, height, channels, colorSpace, component } = info;
  const own = component === 'float16' && !halfFloatsClass() ? 'float32' : component;
  return arraySink({ width, height, channels, component: own }, (data) => ({
    data: data as RawPicture['data'],
    width,
    height,
    channels,
    colorSpace,
  }));
}

/**
 * Makes a float32 tensor [1, C, height, width] of 0..1: C is 3, or 1 for grey, and one more where the
 * source has alpha.
 *
 * @throws FoveaError OutOfMemory, here where the result is long, else by put()
 */
export function tensorSink(info: ResultInfo): Sink<Tensor<'float32'>> {
  const { width, height, channels } = info;
  const shape = [1, channels, height, width];
  return arraySink(
    { width, height, channels, component: 'float32', planar: true },
    (data) => new Tensor('float32', data as Float32Array, shape),
  );
}

/** The most elements that an ImageData has in all browsers that have it. */
const longestImageData = 2 ** 32 - 1;

/** What is allocated before anything is computed. */
const longLength = 2 ** 28;

interface Layout {
  width: number;
  height: number;
  channels: Channels;
  component: Component;
  planar?: boolean;
}

function arraySink<T>(layout: Layout, result: (data: Components) => T): Sink<T> {
  const { width, height, channels, component } = layout;
  const length = width * height * channels;
  const allocated = () => newComponents(component, length);
  // What is long is no single part, and there may be no memory for it.
  let data = length > longLength ? allocated() : undefined;
  const isResult = (pixels: Pixels) =>
    isBytes(pixels) && component === 'uint8' && channels === 4 && isWhole(pixels, layout);
  return {
    async put(x, y, pixels) {
      if (isResult(pixels)) {
        data = pixels.data;
        return;
      }
      data ??= allocated();
      await store(pixels, x, y, { ...layout, data });
    },
    finish: () => result(data ?? allocated()),
    abort() {
      data = undefined;
    },
  };
}

function isWhole(part: Pixels, { width, height }: Layout): boolean {
  return part.width === width && part.height === height;
}
