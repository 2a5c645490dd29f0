import type { Channels, Component } from './picture.js';
import type { ColorSpace, Pixels } from './pixels.js';

/** What a result is, before there is any of it. Sizes in pixels. */
export interface ResultInfo {
  width: number;
  height: number;
  colorSpace: ColorSpace;
  /** Those of the source, to be kept where the output can hold them. */
  component: Component;
  channels: Channels;
}

/** Takes the parts of a result, from top to bottom, none twice, in any order within a row of tiles. */
export interface Sink<T> {
  /** Takes a part, whose memory becomes the sink's; the next one waits for a promise it gives. */
  put(x: number, y: number, pixels: Pixels): void | Promise<void>;
  /** All of it, once every part was put. */
  finish(): Promise<T> | T;
  /** Lets go of what there is. */
  abort(): void;
}
