import { bufferOf, withFeeds, type FeedData } from './feeding.js';
import type { Checkpoint } from './jobs.js';
import type {
  EngineBuffer,
  EngineModule,
  EnginePicture,
  EngineSession,
  EngineThreads,
  PictureSettings,
  Rectangle,
} from './module.js';
import type { ResultMemory } from './results.js';
import { withRun } from './running.js';

/** One tile of a picture that is being enlarged. */
export interface TileRequest {
  /** Names the work, for abort(). */
  job: number;
  session: number;
  picture: number;
  /** The network's input for the picture, and its output. */
  input: string;
  output: string;
  /** What else the network is fed with. */
  feeds: FeedData[];
  /** The input: a part of the picture, which goes on beyond its borders with its outermost pixels. */
  from: Rectangle;
  /** Where in the output the part begins that is wanted. */
  inset: { x: number; y: number };
  /** Where that part goes in the enlarged picture. */
  to: Rectangle;
  isLast: boolean;
}

/** RGBA pixels. */
export interface EnlargedPicture {
  bytes: Uint8Array<ArrayBuffer>;
  width: number;
  height: number;
}

/** A picture in the engine's memory that is being enlarged. */
export class HostPicture {
  readonly #module: EngineModule;
  readonly #picture: EnginePicture;
  readonly #settings: PictureSettings;

  constructor(
    module: EngineModule,
    engine: EngineThreads,
    pixels: Uint8Array,
    settings: PictureSettings,
  ) {
    const buffer = bufferOf(module, pixels);
    try {
      this.#picture = module.makePicture(engine, buffer, settings);
    } finally {
      module.deleteBuffer(buffer);
    }
    this.#module = module;
    this.#settings = settings;
  }

  async enlarge(session: EngineSession, tile: TileRequest, checkpoint: Checkpoint): Promise<void> {
    const { width, height } = tile.from;
    const module = this.#module;
    const buffer = module.pictureInput(this.#picture, tile.from);
    const run = (data: EngineBuffer) =>
      withFeeds(module, tile.feeds, (others) => {
        const dims = [1, this.#settings.luma ? 1 : 3, height, width];
        const feeds = [{ name: tile.input, type: 'float32' as const, dims, data }, ...others];
        return withRun(module, session, feeds, [tile.output], checkpoint, (finished) =>
          module.placeTile(this.#picture, finished, tile.inset.x, tile.inset.y, tile.to),
        );
      });
    await run(buffer).finally(() => module.deleteBuffer(buffer));
  }

  /** The enlarged pixels, once all tiles are there. */
  finish(results: ResultMemory): EnlargedPicture {
    this.#module.finishPicture(this.#picture);
    const { outWidth, outHeight } = this.#settings;
    const bytes = results.copyOf(this.#module.pictureBytes(this.#picture));
    return { bytes, width: outWidth, height: outHeight };
  }

  delete(): void {
    this.#module.deletePicture(this.#picture);
  }
}
