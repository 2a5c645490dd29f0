import type { TensorData } from '../host/feeding.js';
import type { PictureSettings, Rectangle } from '../host/module.js';
import type { RunReply } from '../host/sessions.js';
import type { TileRequest } from '../host/enlarging.js';
import { otherFeeds, planesOf, type Pair, type Trials } from '../network/form.js';
import { typedArrayName } from '../base/kinds.js';
import { findLocality, type Locality } from '../network/locality.js';
import { levelsOf } from '../network/measuring.js';
import type { Network } from '../network/network.js';
import type { FeedData } from '../host/feeding.js';
import type { Pixels } from '../pictures/pixels.js';
import { abortable, type LoadedModel } from '../session/model.js';
import { wholeStep, type TilePlace } from './grid.js';

/** What a tile is cut out of. */
export interface TileSource {
  /** The part of the picture that is given. */
  window: Rectangle;
  pixels: Pixels;
  /** The whole picture, and what it becomes. */
  picture: Pair;
  enlarged: Pair;
}

/** A network in an engine, and what is known of it. */
export class Enlarger {
  readonly model: LoadedModel;
  readonly network: Network;
  #locality: Promise<Locality> | undefined;

  constructor(model: LoadedModel, network: Network) {
    this.model = model;
    this.network = network;
  }

  /** How far the network sees: the same each time, so asked once. */
  locality(session: number, signal?: AbortSignal): Promise<Locality> {
    const { network } = this;
    const grid = network.multiple * (wholeStep(network.scale) ?? 1);
    this.#locality ??= findLocality(network, grid, {
      run: async (feeds) => {
        const { outputs } = await this.run(session, feeds, signal, false);
        return planesOf(network, outputs[0] as TensorData);
      },
      receptiveField: (request) =>
        abortable(this.model.engine, signal, (job) =>
          this.model.engine.call('receptiveField', job, session, request),
        ),
    });
    // Who was aborted has not found out; the next is to.
    this.#locality.catch(() => (this.#locality = undefined));
    return this.#locality;
  }

  run(
    session: number,
    feeds: FeedData[],
    signal: AbortSignal | undefined,
    profiled: boolean,
  ): Promise<RunReply> {
    const { engine } = this.model;
    const fetches = [this.network.output];
    return abortable(engine, signal, (job) =>
      engine.call('run', { job, session, feeds, fetches, profiled }),
    );
  }

  /**
   * Enlarges a tile.
   *
   * @returns its pixels, as deep as those given
   * @throws FoveaError OutOfMemory among others; then the pixels given are still there
   */
  async enlarge(
    session: number,
    { window, pixels, picture, enlarged }: TileSource,
    place: TilePlace,
    { network, orientations }: { network: Network; orientations: readonly number[] },
    signal: AbortSignal | undefined,
  ): Promise<Pixels> {
    const { engine } = this.model;
    const { color, blueFirst, type, channelsLast, border, input, output, range } = network;
    const deep = typedArrayName(pixels.data) === 'Float32Array';
    const settings: PictureSettings = {
      ...{
        window,
        width: picture.x,
        height: picture.y,
        outWidth: enlarged.x,
        outHeight: enlarged.y,
      },
      ...{ deep, color, blueFirst, type, channelsLast, border, ...levelsOf(range) },
    };
    const tile: Omit<TileRequest, 'job' | 'pixels'> = {
      ...{ session, settings, input, output, orientations, ...place },
      feeds: otherFeeds(network, network.scale, place.from),
    };
    const { width, height } = place.to;
    const bytes = await abortable(engine, signal, (job) =>
      engine.call('enlargeTile', { ...tile, job, pixels: engine.own(bytesOf(pixels)) }),
    );
    return pixelsOf(bytes, deep, width, height);
  }
}

/** Ways to try a model that is loaded. */
export function trialsOf(
  { engine }: LoadedModel,
  session: number,
  signal: AbortSignal | undefined,
): Trials {
  const request = (feeds: FeedData[], output: string, job: number) => ({
    ...{ job, session, feeds, fetches: [output], profiled: false },
  });
  return {
    run: async (feeds, output) => {
      const work = (job: number) => engine.call('run', request(feeds, output, job));
      return (await abortable(engine, signal, work)).outputs[0] as TensorData;
    },
    plan: async (feeds, output) => {
      const work = (job: number) => engine.call('plan', request(feeds, output, job));
      return (await abortable(engine, signal, work))[0]!;
    },
  };
}

export function bytesOf({ data }: Pixels): Uint8Array {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

/** Pixels of bytes that the engine gave. */
export function pixelsOf(
  bytes: Uint8Array<ArrayBuffer>,
  deep: boolean,
  width: number,
  height: number,
): Pixels {
  const data = deep ? new Float32Array(bytes.buffer) : new Uint8ClampedArray(bytes.buffer);
  return { data, width, height };
}
