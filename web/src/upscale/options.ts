// What upscalers and pipelines take.

import {
  abortSignal,
  callback,
  oneOf,
  wholeFrom,
  yesOrNo,
  type OptionKind,
  type OptionKinds,
} from '../base/check-options.js';
import { isRecord } from '../base/kinds.js';
import type { OnProgress } from '../base/progress.js';
import type { NetworkOptions } from '../network/form.js';
import { isFactor, networkOptionKinds } from '../network/options.js';
import type { InputValue } from '../network/other-inputs.js';
import type { ColorSpace } from '../pictures/pixels.js';
import { loadOptionKinds, type LoadOptions } from '../source/reading.js';
import type { ResultTile } from './enlarging.js';
import { outputKind, type Output } from './outputs.js';
import type { RegionOptions } from './regions.js';
import type { SizeOptions } from './target-size.js';

/** How a network is loaded and what is known of it. */
export interface UpscalerOptions extends LoadOptions, NetworkOptions {}

/** How tiles are made. */
export interface TileSettings {
  /**
   * The longest side of what is computed at once, in pixels of the source; unless given, sides are
   * those of 512 x 512 pixels that make the least work, or, for a network that looks at the whole
   * picture, all of it.
   */
  tile?: number | undefined;
  /**
   * Pixels beyond its part that a tile sees on each side: unless given, as far as the network sees
   * (`locality()`), or three eighths of a small tile. Results are those without tiles if that is
   * enough.
   */
  overlap?: number | undefined;
  /** Stops it; the promise rejects with code Aborted and the upscaler stays usable. */
  signal?: AbortSignal | undefined;
}

/** How a picture is enlarged, whatever becomes of the result. */
export interface TilesOptions extends TileSettings, SizeOptions {
  /**
   * What brings the picture to a size that the network does not make: `lanczos3` unless given. All are
   * widened where the picture shrinks.
   */
  resampler?: 'lanczos3' | 'mitchell' | 'bicubic' | 'nearest' | undefined;
  /** Whether the resampler adds light instead of levels; false unless given. */
  linearLight?: boolean | undefined;
  /** 8: the mean of what the network makes of the picture's flips and turns, in eight times the time. */
  ensemble?: 1 | 8 | undefined;
  /** Parts that another network enlarges. */
  regions?: RegionOptions | undefined;
  /** What the network's other inputs get for this picture, by name. */
  inputs?: Readonly<Record<string, InputValue>> | undefined;
  /**
   * The colours of the result, and of what is drawn to be read (files, images, videos); unless given,
   * those of the source where it tells (ImageData, canvases), else sRGB.
   */
  colorSpace?: ColorSpace | undefined;
  /** Called whenever something has come further. */
  onProgress?: OnProgress | undefined;
}

/** How a picture is enlarged. */
export interface UpscaleOptions extends TilesOptions {
  /** What the result is: `imageData` unless given. */
  output?: Output | undefined;
  /** Called with each part of the result once it is finished, to show it; its pixels are to be left as they are. */
  onTile?: ((tile: ResultTile) => void) | undefined;
  /** Of pictures that wait for an engine, those of the highest priority are next; 0 unless given. */
  priority?: number | undefined;
}

const record: OptionKind = { takes: 'an object of values by name', accepts: isRecord };

export const upscalerOptionKinds: OptionKinds<UpscalerOptions> = {
  ...loadOptionKinds,
  ...networkOptionKinds,
};

export const tileSettingKinds: OptionKinds<TileSettings> = {
  tile: wholeFrom(1),
  overlap: wholeFrom(0),
  signal: abortSignal,
};

export const tilesOptionKinds: OptionKinds<TilesOptions> = {
  ...tileSettingKinds,
  scale: { takes: 'a number above 0', accepts: isFactor },
  width: wholeFrom(1),
  height: wholeFrom(1),
  fit: oneOf('contain', 'cover', 'fill'),
  resampler: oneOf('lanczos3', 'mitchell', 'bicubic', 'nearest'),
  linearLight: yesOrNo,
  ensemble: oneOf(1, 8),
  regions: {
    takes: '{ find, upscaler, feather }',
    accepts: (value) =>
      isRecord(value) &&
      isRecord(value.upscaler) &&
      (Array.isArray(value.find) || typeof value.find === 'function') &&
      (value.feather === undefined || (value.feather as number) >= 0),
  },
  inputs: record,
  colorSpace: oneOf('srgb', 'display-p3'),
  onProgress: callback,
};

export const upscaleOptionKinds: OptionKinds<UpscaleOptions> = {
  ...tilesOptionKinds,
  output: outputKind,
  onTile: callback,
  priority: { takes: 'a number', accepts: (value) => Number.isFinite(value) },
};
