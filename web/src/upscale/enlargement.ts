import { FoveaError } from '../base/errors.js';
import { Countdown, tell } from '../base/progress.js';
import { untilAborted } from '../base/until-aborted.js';
import type { Engine } from '../engine/engine.js';
import type { Pair } from '../network/form.js';
import type { Picture } from '../pictures/picture.js';
import type { ResultInfo } from '../pictures/sinks.js';
import { openPicture, type PictureSource } from '../pictures/sources.js';
import { partsOf } from './chain.js';
import type { Enlarger } from './enlarger.js';
import { networkStage, type NetworkWork } from './network-stage.js';
import { ResampleStage } from './resample-stage.js';
import { findRegions, RegionStage, type EnlargeTo } from './regions.js';
import type { Part, Stage } from './stage.js';
import { targetOf, timesEnlarged, type Target } from './target-size.js';
import type { TilesOptions } from './options.js';

/** A network whose session is open. */
export interface OpenEnlarger {
  enlarger: Enlarger;
  session: number;
}

/** The networks of one picture. */
export interface OpenNetworks {
  /** What it goes through, one after the other. */
  chain: readonly OpenEnlarger[];
  /** What enlarges its regions. */
  ofRegions?: OpenEnlarger;
}

/** A picture on its way through networks. */
export class Enlargement {
  readonly info: ResultInfo;
  readonly #picture: Picture;
  readonly #stages: readonly Stage[];
  readonly #target: Target | undefined;
  readonly #options: TilesOptions;
  #closed = false;

  private constructor(
    picture: Picture,
    stages: readonly Stage[],
    target: Target | undefined,
    options: TilesOptions,
  ) {
    const { colorSpace, component, channels } = picture;
    const { x, y } = stages.at(-1)!.size;
    const { width, height } = target?.crop ?? { width: x, height: y };
    this.info = { width, height, colorSpace, component, channels };
    this.#picture = picture;
    this.#stages = stages;
    this.#target = target;
    this.#options = options;
  }

  /**
   * Opens a picture and finds out what becomes of it. Nothing is computed yet.
   *
   * @param networks a single one of a chain is used twice where the size that is asked for needs it
   * @throws FoveaError InvalidInput, NetworkError, Aborted
   */
  static async open(
    networks: OpenNetworks,
    source: PictureSource,
    options: TilesOptions,
  ): Promise<Enlargement> {
    const { colorSpace, onProgress, signal } = options;
    const picture = await untilAborted(
      signal,
      () =>
        openPicture(source, {
          colorSpace,
          signal,
          onProgress: (done, total) => tell(onProgress, { stage: 'download', done, total }),
        }),
      (opened) => opened.close(),
    );
    try {
      tell(onProgress, { stage: 'plan', done: 0, total: 1 });
      const target = targetOf({ x: picture.width, y: picture.height }, options);
      const stages = await stagesOf(networks, source, picture, target, options);
      tell(onProgress, { stage: 'plan', done: 1, total: 1 });
      return new Enlargement(picture, stages, target, options);
    } catch (error) {
      await picture.close();
      throw error;
    }
  }

  /** The result's parts, from top to bottom, none twice. Closes the picture in the end. */
  async *parts(): AsyncGenerator<Part, void> {
    const { onProgress, signal } = this.#options;
    const total = this.#stages.reduce((sum, { count }) => sum + count, 0);
    try {
      const countdown = new Countdown(onProgress, 'tiles', total);
      const running = { signal, onPiece: () => countdown.next() };
      yield* partsOf(this.#picture, this.#stages, running, this.#target?.crop);
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#picture.close();
  }

  get count(): number {
    return this.#stages.at(-1)!.count;
  }
}

async function stagesOf(
  { chain, ofRegions }: OpenNetworks,
  source: PictureSource,
  picture: Picture,
  target: Target | undefined,
  options: TilesOptions,
): Promise<Stage[]> {
  const { regions } = options;
  const size = { x: picture.width, y: picture.height };
  const stages = await networkStages(chain, size, target?.size, options);
  if (regions && ofRegions && stages.length > 0) {
    const found = await findRegions(regions, source, picture);
    const last = stages.pop()!;
    const enlargeTo = regionEnlarger(ofRegions);
    stages.push(new RegionStage(last, picture, found, regions.feather ?? 8, enlargeTo));
  }
  const { engine } = chain[0]!.enlarger.model;
  return withTarget(stages, engine, size, target?.size, options);
}

/** Adds what brings the picture to the size that is asked for. */
function withTarget(
  stages: Stage[],
  engine: Engine,
  size: Pair,
  target: Pair | undefined,
  { resampler = 'lanczos3', linearLight = false }: TilesOptions,
): Stage[] {
  const made = stages.at(-1)?.size;
  const wanted = target ?? made ?? size;
  if (made && made.x === wanted.x && made.y === wanted.y) return stages;
  const resampling = { kernel: resampler, linear: linearLight };
  return [...stages, new ResampleStage(engine, made ?? size, wanted, resampling)];
}

/** Each network once, or one as often as the size that is asked for needs. */
async function networkStages(
  networks: readonly OpenEnlarger[],
  picture: Pair,
  target: Pair | undefined,
  { ensemble = 1, inputs, overlap, signal, tile }: TilesOptions,
): Promise<Stage[]> {
  const [only] = networks as [OpenEnlarger];
  const times =
    target && networks.length === 1
      ? timesEnlarged(picture, target, only.enlarger.network.scale)
      : 1;
  const chosen = networks.length === 1 ? new Array<OpenEnlarger>(times).fill(only) : networks;
  const stages: Stage[] = [];
  for (const { enlarger, session } of chosen) {
    const network = { ...enlarger.network, others: enlarger.network.others.with(inputs) };
    const orientations = orientationsOf(network, ensemble);
    const work: NetworkWork = { enlarger, session, network, orientations, tile, overlap };
    stages.push(await networkStage(work, stages.at(-1)?.size ?? picture, signal));
  }
  return stages;
}

function orientationsOf({ fixed, scale }: NetworkWork['network'], ensemble: 1 | 8): number[] {
  if (ensemble === 1) return [0];
  if (scale.x === scale.y && (!fixed || fixed.x === fixed.y)) return [0, 1, 2, 3, 4, 5, 6, 7];
  const message = "an 'ensemble' needs a network that does the same along both axes";
  throw new FoveaError('InvalidInput', message, { option: 'ensemble' });
}

function regionEnlarger(network: OpenEnlarger): EnlargeTo {
  const { engine } = network.enlarger.model;
  return async (picture, size, signal) => {
    const own = { x: picture.width, y: picture.height };
    return withTarget(await networkStages([network], own, size, { signal }), engine, own, size, {});
  };
}
