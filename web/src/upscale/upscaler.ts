/// <reference lib="esnext.disposable" preserve="true" />

import { checkOptions } from '../base/check-options.js';
import { FoveaError } from '../base/errors.js';
import { described } from '../base/kinds.js';
import { tell } from '../base/progress.js';
import { defaultModel } from '../default-model.js';
import {
  greyFeeds,
  type NetworkColor,
  type NetworkOptions,
  type Pair,
  type Range,
} from '../network/form.js';
import type { Locality } from '../network/locality.js';
import { levelsOf } from '../network/measuring.js';
import { examineNetwork } from '../network/network.js';
import { LoadedModel } from '../session/model.js';
import { toNodeProfile, type NodeProfile } from '../session/profile.js';
import type { ModelSource } from '../source/source.js';
import { Enlarger, trialsOf } from './enlarger.js';
import { tilesFor } from './network-stage.js';
import {
  tileSettingKinds,
  upscalerOptionKinds,
  type TileSettings,
  type UpscalerOptions,
} from './options.js';
import { picturesBy, type PictureEnlarger } from './picture-enlarger.js';
import { Pipeline } from './pipeline.js';

/** What the network does for one of the tiles that a picture is divided into. */
export interface TileProfile {
  /** The network's input, in pixels. */
  width: number;
  height: number;
  /** How many such tiles the picture takes. */
  tiles: number;
  /** In the order they ran. */
  nodes: NodeProfile[];
}

/** Ends what nobody holds any more. */
const forgotten = /* @__PURE__ */ new FinalizationRegistry<LoadedModel>((model) => {
  model.release().catch(() => {});
});

/**
 * Enlarges pictures by a super-resolution network.
 *
 * @example
 * const upscaler = await Upscaler.create();
 * const { data, width, height } = await upscaler.upscale(document.querySelector('img'));
 */
export class Upscaler {
  /** @internal */
  readonly enlarger: Enlarger;

  /** Enlarges a picture. */
  readonly upscale: PictureEnlarger['upscale'];
  /** Enlarges a picture and gives the result's parts as they are finished. */
  readonly tiles: PictureEnlarger['tiles'];

  /** Releases it, at the end of a block of `await using`. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  private constructor(enlarger: Enlarger) {
    // JavaScript knows no private constructors, and other libraries' upscalers are made by theirs.
    if (!(enlarger instanceof Enlarger)) {
      const message = "an Upscaler is made by 'await Upscaler.create(model)', not by 'new'";
      throw new FoveaError('InvalidInput', message);
    }
    this.enlarger = enlarger;
    ({ upscale: this.upscale, tiles: this.tiles } = picturesBy([enlarger]));
    // Not every platform has the symbol; and a class with a computed name stays in every bundle.
    const dispose = Symbol.asyncDispose as symbol | undefined;
    if (dispose) Object.defineProperty(this, dispose, { value: () => this.release() });
    forgotten.register(this, enlarger.model, this);
  }

  /**
   * Loads a network of pictures, [1,C,H,W] or [1,H,W,C] of float32, float16 or uint8, and finds out what
   * it takes: from the options, MMDeploy's files, its metadata (docs/metadata.md), its graph and trials. An input of 4
   * elements gets the factors.
   *
   * @param source one of the package's own (`fovea/models`), or any other; `models.x2` unless given
   * @throws FoveaError as InferenceSession.create, and InvalidInput for a network of another kind or one
   *   that is not what the options say
   */
  static async create(
    source: ModelSource = defaultModel(),
    options: UpscalerOptions = {},
  ): Promise<Upscaler> {
    checkOptions(options, 'Upscaler.create()', upscalerOptionKinds);
    const { model, answer: info } = await LoadedModel.load(source, options, (engine, ...request) =>
      engine.call('load', ...request),
    );
    const { onProgress, signal } = options;
    try {
      tell(onProgress, { stage: 'plan', done: 0, total: 1 });
      const network = await model.operation((session) =>
        examineNetwork(info, networkOptions(options), trialsOf(model, session, signal)),
      );
      tell(onProgress, { stage: 'plan', done: 1, total: 1 });
      return new Upscaler(new Enlarger(model, network));
    } catch (error) {
      await model.release().catch(() => {});
      throw error;
    }
  }

  /**
   * Several networks that a picture goes through, such as one that takes noise away and one that
   * enlarges. Parts flow from one to the next. It releases none of them.
   */
  static pipeline(upscalers: readonly Upscaler[]): Pipeline {
    return new Pipeline(upscalers.map(({ enlarger }) => enlarger));
  }

  /** How many times larger pictures become, along each axis. */
  get scale(): Readonly<Pair> {
    return this.enlarger.network.scale;
  }

  /** What the network works on. */
  get color(): NetworkColor {
    return this.enlarger.network.color;
  }

  /** The network's values of black and white. */
  get range(): Range {
    return this.enlarger.network.range;
  }

  /**
   * Tells what the network's nodes do when a picture of that size is enlarged, by running it on a
   * grey tile: how long it takes does not depend on the pixels.
   *
   * @throws FoveaError as upscale
   */
  async profile(
    picture: Readonly<{ width: number; height: number }>,
    options: TileSettings = {},
  ): Promise<TileProfile> {
    checkOptions(options, 'profile()', tileSettingKinds);
    checkSize(picture);
    const { model, network } = this.enlarger;
    const { overlap, signal, tile } = options;
    return model.operation((session) =>
      model.engine.inTurn(signal, async () => {
        const size = { x: picture.width, y: picture.height };
        const { enlarger } = this;
        const work = { enlarger, network, session, tile, overlap };
        const { tiles } = await tilesFor(work, size, signal);
        const [column, row] = tiles[0]!;
        const { black, white } = levelsOf(network.range);
        const input = { x: column.size, y: row.size };
        const feeds = greyFeeds(network, input, (black + white) / 2, network.scale);
        const { nodes } = await this.enlarger.run(session, feeds, signal, true);
        const profiles = nodes.map(toNodeProfile);
        return { width: input.x, height: input.y, tiles: tiles.length, nodes: profiles };
      }),
    );
  }

  /**
   * Tells how far the network sees, by which tiles overlap unless told, and how that is known: from the
   * graph or, where that does not tell, by two runs on noise.
   *
   * @throws FoveaError as upscale
   */
  locality(): Promise<Locality> {
    const { model } = this.enlarger;
    return model.operation((session) => this.enlarger.locality(session));
  }

  /** Gives the network's memory back, once the pictures that are under way or wait are done. */
  release(): Promise<void> {
    forgotten.unregister(this);
    return this.enlarger.model.release();
  }
}

function networkOptions(options: UpscalerOptions): NetworkOptions {
  const { scale, color, range, order, layout, multiple } = options;
  const { input, output, border, inputs, mmdeploy } = options;
  return { scale, color, range, order, layout, multiple, input, output, border, inputs, mmdeploy };
}

function checkSize(picture: unknown): void {
  const { width, height } = (picture ?? {}) as { width?: unknown; height?: unknown };
  const isLength = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
  if (isLength(width) && isLength(height)) return;
  const what =
    width === undefined ? described(picture) : `${described(width)} x ${described(height)}`;
  const message = `a picture's size is { width, height }, whole numbers above 0, not ${what}`;
  throw new FoveaError('InvalidInput', message);
}
