import type { Rectangle } from '../host/module.js';
import type { ColorSpace, Pixels } from './pixels.js';

/** What a picture's components are: 0..255, 0..65535, or floats of 0..1. */
export type Component = 'uint8' | 'uint16' | 'float16' | 'float32';

/** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
export type Channels = 1 | 2 | 3 | 4;

/** A picture whose pixels are read part by part. */
export interface Picture {
  /** In pixels, as it is to be shown: turned as its EXIF data say. */
  readonly width: number;
  readonly height: number;
  readonly colorSpace: ColorSpace;
  /** What its components are; the result's, too, where an output can hold them. */
  readonly component: Component;
  /** Those of the source; parts are always RGBA. */
  readonly channels: Channels;
  /**
   * Reads a part that lies inside the picture.
   *
   * @returns pixels in memory that the reader may transfer; bytes if `component` is uint8, else floats
   * @throws FoveaError InvalidInput for what turns out to be unreadable, Aborted
   */
  read(part: Rectangle, signal?: AbortSignal): Promise<Pixels>;
  /** Gives back what was opened for it; what the caller gave (a VideoFrame, an ImageBitmap) stays open. */
  close(): void | Promise<void>;
  /** Tells that rows before that one are not read any more. */
  forget?(y: number): void;
}
