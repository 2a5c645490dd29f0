import { FoveaError } from '../base/errors.js';
import type { Pair } from '../network/form.js';
import type { PixelData } from '../pictures/image-data.js';
import type { PictureSource } from '../pictures/sources.js';
import type { Enlarger } from './enlarger.js';
import { tilesOf, upscaled, type ResultTile } from './enlarging.js';
import type { TilesOptions, UpscaleOptions } from './options.js';
import type { Output, ResultOf } from './outputs.js';

/** Networks that a picture goes through, one after the other. */
export class Pipeline {
  readonly #enlargers: readonly Enlarger[];

  /** @internal */
  constructor(enlargers: readonly Enlarger[]) {
    if (enlargers.length === 0) {
      throw new FoveaError('InvalidInput', 'a pipeline needs one upscaler or more');
    }
    this.#enlargers = enlargers;
  }

  /** How many times larger pictures become, along each axis. */
  get scale(): Readonly<Pair> {
    return this.#enlargers.reduce(
      ({ x, y }, { network: { scale } }) => ({ x: x * scale.x, y: y * scale.y }),
      { x: 1, y: 1 },
    );
  }

  /** As Upscaler.upscale(). Another size than the pipeline's own is made by the resampler alone. */
  upscale(
    source: PictureSource,
    options?: UpscaleOptions & { output?: 'imageData' | undefined },
  ): Promise<PixelData>;
  upscale<O extends Output>(
    source: PictureSource,
    options: UpscaleOptions & { output: O },
  ): Promise<ResultOf<O>>;
  upscale(source: PictureSource, options: UpscaleOptions = {}): Promise<unknown> {
    return upscaled(this.#enlargers, source, options);
  }

  /** As Upscaler.tiles(). */
  tiles(source: PictureSource, options: TilesOptions = {}): AsyncIterable<ResultTile> {
    return tilesOf(this.#enlargers, source, options);
  }
}
