import type { OptionKind } from '../base/check-options.js';
import { isRecord } from '../base/kinds.js';
import type { Canvas } from '../pictures/canvas.js';
import type { PixelData } from '../pictures/image-data.js';
import {
  bitmapSink,
  blobSink,
  canvasSink,
  imageDataSink,
  rawSink,
  tensorSink,
  type RawPicture,
  type ResultInfo,
  type Sink,
} from '../pictures/sinks.js';
import type { Tensor } from '../session/tensor.js';

/** A file to be made. */
export interface FileOutput {
  type: 'image/png' | 'image/webp' | 'image/jpeg';
  /** Of WebP and JPEG, 0 to 1; the browser's own unless given. */
  quality?: number | undefined;
}

interface Results {
  imageData: PixelData;
  canvas: Canvas;
  bitmap: ImageBitmap;
  blob: Blob;
  tensor: Tensor;
  raw: RawPicture;
}

/**
 * What a result is to be: an ImageData; the canvas given, which fills as tiles finish, or by `'canvas'` a
 * new OffscreenCanvas (an element only in browsers without those); an ImageBitmap; a Blob, PNG unless a
 * type is given; a float32 Tensor [1,C,H,W] of 0..1; or components as deep as the source's.
 */
export type Output = keyof Results | Canvas | FileOutput;

/** What an output is in JavaScript. */
export type ResultOf<O extends Output> = O extends keyof Results
  ? Results[O]
  : O extends Canvas
    ? O
    : O extends FileOutput
      ? Blob
      : never;

const sinks = {
  imageData: imageDataSink,
  canvas: (info: ResultInfo) => canvasSink(info, undefined),
  bitmap: bitmapSink,
  blob: (info: ResultInfo) => blobSink(info, { type: 'image/png' }),
  tensor: tensorSink,
  raw: rawSink,
};

const names = Object.keys(sinks);
const types = ['image/png', 'image/webp', 'image/jpeg'];

export const outputKind: OptionKind = {
  takes: `${names.map((name) => `'${name}'`).join(', ')}, a canvas, or { type, quality } of a file`,
  accepts: (value) =>
    names.includes(value as string) ||
    isCanvas(value) ||
    (isRecord(value) && types.includes(value.type as string) && isQuality(value.quality)),
};

/**
 * What takes the parts of a result.
 *
 * @throws FoveaError InvalidInput where there can be no such output, OutOfMemory where it is too large
 */
export function sinkOf(output: Output, info: ResultInfo): Sink<unknown> {
  if (typeof output === 'string') return sinks[output](info);
  return isCanvas(output) ? canvasSink(info, output) : blobSink(info, output);
}

function isCanvas(value: unknown): value is Canvas {
  return typeof (value as Partial<OffscreenCanvas> | null)?.getContext === 'function';
}

function isQuality(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0 && value <= 1);
}
