import { FoveaError } from '../base/errors.js';
import type { Pair } from '../network/form.js';
import type { Enlarger } from './enlarger.js';
import { picturesBy, type PictureEnlarger } from './picture-enlarger.js';

/**
 * Networks that a picture goes through, one after the other. Another size than the pipeline's own is
 * made by the resampler alone.
 */
export class Pipeline {
  readonly upscale: PictureEnlarger['upscale'];
  readonly tiles: PictureEnlarger['tiles'];
  /** How many times larger pictures become, along each axis. */
  readonly scale: Readonly<Pair>;

  /** @internal */
  constructor(enlargers: readonly Enlarger[]) {
    if (enlargers.length === 0) {
      throw new FoveaError('InvalidInput', 'a pipeline needs one upscaler or more');
    }
    ({ upscale: this.upscale, tiles: this.tiles } = picturesBy(enlargers));
    this.scale = enlargers.reduce(
      ({ x, y }, { network: { scale } }) => ({ x: x * scale.x, y: y * scale.y }),
      { x: 1, y: 1 },
    );
  }
}
