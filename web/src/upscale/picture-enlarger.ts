import type { PixelData } from '../pictures/image-data.js';
import type { PictureSource } from '../pictures/sources.js';
import type { Enlarger } from './enlarger.js';
import { tilesOf, upscaled, type ResultTile } from './enlarging.js';
import type { TilesOptions, UpscaleOptions } from './options.js';
import type { Output, ResultOf } from './outputs.js';

/** What upscalers and pipelines have in common. They do not extend it: bundlers keep classes that do. */
export interface PictureEnlarger {
  /**
   * Enlarges a picture. Its alpha is enlarged apart from its colours. Beyond its borders a network sees
   * its outermost pixels repeated.
   *
   * The pictures that an engine is given are read and enlarged one after the other, so that those that
   * wait take no memory: leave a source as it is until its promise settles.
   *
   * @returns what `output` asks for, in the colour space of the source; by default an ImageData of
   *   bytes, or the same without that class where the platform has none (in Node)
   * @throws FoveaError InvalidInput, NetworkError, OutOfMemory, Aborted, SessionReleased
   */
  upscale(
    this: void,
    source: PictureSource,
    options?: UpscaleOptions & { output?: 'imageData' | undefined },
  ): Promise<PixelData>;
  upscale<O extends Output>(
    this: void,
    source: PictureSource,
    options: UpscaleOptions & { output: O },
  ): Promise<ResultOf<O>>;

  /**
   * Enlarges a picture and gives the result's parts as they are finished, from top to bottom, none
   * twice. Whoever leaves the loop, ends it.
   *
   * @throws FoveaError as upscale
   */
  tiles(this: void, source: PictureSource, options?: TilesOptions): AsyncIterable<ResultTile>;
}

/** Enlarges pictures by networks, one after the other. */
export function picturesBy(enlargers: readonly Enlarger[]): PictureEnlarger {
  return {
    upscale: ((source: PictureSource, options: UpscaleOptions = {}) =>
      upscaled(enlargers, source, options)) as PictureEnlarger['upscale'],
    tiles: (source, options = {}) => tilesOf(enlargers, source, options),
  };
}
