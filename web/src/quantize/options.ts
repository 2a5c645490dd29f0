import {
  address,
  oneOf,
  texts,
  wholeFrom,
  yesOrNo,
  type OptionKinds,
} from '../base/check-options.js';
import type { Progress } from '../base/progress.js';
import { engineOptionKinds } from '../engine/options.js';
import type { NetworkOptions } from '../network/form.js';
import type { PictureSource } from '../pictures/sources.js';
import type { Feeds } from '../session/run.js';
import { networkOptionKinds } from '../network/options.js';
import { loadOptionKinds, type LoadOptions } from '../source/reading.js';
import { toolsOptionKinds, type ToolsOptions } from '../tools/options.js';

/** How far a model is quantised, and how. */
export interface QuantizeSettings {
  /**
   * How ranges of values are chosen: all that was seen (`minmax`), all but the outermost 0.01 % at each
   * end (`percentile`), the one of the least squared error (`mse`), or the one that changes the
   * distribution least (`entropy`). `auto`, unless given: `minmax`, and another where that comes closer to
   * the float model on what is held out.
   */
  method?: 'auto' | 'minmax' | 'percentile' | 'mse' | 'entropy' | undefined;
  /** The type of the bytes between layers; `uint8` unless given. */
  activations?: 'uint8' | 'int8' | undefined;
  /** Whether weights have a scale for each output channel; true unless given. */
  perChannel?: boolean | undefined;
  /**
   * How weights are rounded: each by itself, or so that later ones make up for earlier ones (`gptq`,
   * Frantar et al. 2023), unless given.
   */
  rounding?: 'gptq' | 'nearest' | undefined;
  /** Whether biases make up for what rounding changes on average; true unless given. */
  biasCorrection?: boolean | undefined;
  /** Whether ranges of neighbouring layers are made alike first (Nagel et al. 2019); false unless given. */
  equalise?: boolean | undefined;
  /** Nodes that stay float, by name; `auto`, unless given, for those whose loss the budget does not have. */
  keepFloat?: 'auto' | readonly string[] | undefined;
  /** How much of the PSNR may be lost, in dB; 0.1 unless given. */
  budgetDb?: number | undefined;
  /**
   * How many times as long a picture's sides become, 1 unless given; of `images` it is known. Networks
   * that enlarge more err more, so that less is seen of a loss.
   */
  enlargement?: number | undefined;
  /**
   * White less black of the outputs, which PSNR refers to: for pictures the network's own, else, unless
   * given, the range of the float model's outputs.
   */
  peak?: number | undefined;
  /**
   * Where values become bytes: before convolutions and products only (`fused`, unless given), or around
   * everything that other engines compute in bytes (`everywhere`).
   */
  placement?: 'fused' | 'everywhere' | undefined;
  /** Whether weights that stay float are stored as float16; false unless given. */
  float16?: boolean | undefined;
}

/** Where the quantiser is: a program of its own, loaded when it is needed. */
export interface QuantiserOptions {
  /** The bytes of fovea-quantiser.wasm, so that it is not fetched; or the module that they were compiled to. */
  quantiserBinary?: Uint8Array | ArrayBuffer | WebAssembly.Module | undefined;
  /** The package's quantiser-worker.js; by default the one next to this module. */
  quantiserWorkerUrl?: string | URL | undefined;
}

/** What a model is calibrated with, and how it is quantised and loaded. */
export interface QuantizeOptions
  extends
    QuantizeSettings,
    QuantiserOptions,
    ToolsOptions,
    Omit<LoadOptions, 'onProgress'>,
    NetworkOptions {
  /**
   * Pictures such as those that the network is for, whatever Upscaler takes: of each, parts are taken
   * where there is detail. For a network that enlarges they are made smaller, so that what they were is
   * the truth.
   */
  images?: PictureSource | readonly PictureSource[] | undefined;
  /** Instead of pictures, what the model is fed with: tensors by name, for each sample. */
  feeds?: readonly Feeds[] | undefined;
  /** How many parts of the pictures are taken; unless given, 8, or one of each where there are more. */
  crops?: number | undefined;
  /**
   * How many samples judge results and teach nothing; unless given, every fourth, one at least where there
   * are two.
   */
  heldOut?: number | undefined;
  /** Called while the model arrives, and then with `quantize`, of which `done` goes from 0 to 1. */
  onProgress?: ((progress: Progress) => void) | undefined;
}

const anything = { takes: 'pictures', accepts: () => true };

const budget = {
  takes: 'a number from 0',
  accepts: (value: unknown) => typeof value === 'number' && value >= 0,
};

const kept = {
  takes: "'auto' or the names of nodes",
  accepts: (value: unknown) => value === 'auto' || texts.accepts(value),
};

export const quantizeSettingKinds: OptionKinds<QuantizeSettings> = {
  method: oneOf('auto', 'minmax', 'percentile', 'mse', 'entropy'),
  activations: oneOf('uint8', 'int8'),
  perChannel: yesOrNo,
  rounding: oneOf('gptq', 'nearest'),
  biasCorrection: yesOrNo,
  equalise: yesOrNo,
  keepFloat: kept,
  budgetDb: budget,
  enlargement: budget,
  peak: budget,
  placement: oneOf('fused', 'everywhere'),
  float16: yesOrNo,
};

export const quantizeOptionKinds: OptionKinds<QuantizeOptions> = {
  ...loadOptionKinds,
  ...networkOptionKinds,
  ...toolsOptionKinds,
  quantiserBinary: engineOptionKinds.wasmBinary,
  quantiserWorkerUrl: address,
  images: anything,
  feeds: { takes: 'a list of feeds', accepts: Array.isArray },
  crops: wholeFrom(1),
  heldOut: wholeFrom(0),
  ...quantizeSettingKinds,
};
