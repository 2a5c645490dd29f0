import type { EngineContext } from './context.js';
import { bufferOf, withFeeds, type FeedData } from './feeding.js';
import type { Checkpoint } from './jobs.js';
import type {
  EngineBuffer,
  EnginePicture,
  PictureSettings,
  Rectangle,
  ResampleSettings,
} from './module.js';
import { withRun } from './running.js';

/** One tile of a picture that a network enlarges. */
export interface TileRequest {
  /** Names the work, for abort(). */
  job: number;
  session: number;
  /** The part of the picture that `settings.window` tells: RGBA, 4 bytes or 4 float32 a pixel. */
  pixels: Uint8Array;
  settings: PictureSettings;
  /** The network's input for the picture, and its output. */
  input: string;
  output: string;
  /** What else the network is fed with. */
  feeds: FeedData[];
  /** The input: a part of the picture, which goes on beyond its borders. */
  from: Rectangle;
  /** Where in the output the part begins that is wanted. */
  inset: { x: number; y: number };
  /** Where that part goes in the enlarged picture. */
  to: Rectangle;
  /** The flips and turns of the input, 0 to 7, whose results are averaged. */
  orientations: readonly number[];
}

/** A part of a picture as a network's input. */
export interface InputRequest {
  job: number;
  /** As in TileRequest. */
  pixels: Uint8Array;
  settings: PictureSettings;
  /** May reach beyond the picture, and inside it must lie in the window. */
  from: Rectangle;
}

/** A part of a picture at another size. */
export interface ResampleRequest {
  job: number;
  pixels: Uint8Array;
  settings: ResampleSettings;
}

/** Enlarges parts of pictures. Nothing of a picture is kept between two. */
export class EnlargingHost {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** The RGBA of a tile, as deep as the pixels given. */
  enlargeTile(tile: TileRequest): Promise<Uint8Array<ArrayBuffer>> {
    const { module, queue, results, threads } = this.#context;
    const work = async (checkpoint: Checkpoint) => {
      const picture = this.#withPixels(tile.pixels, (buffer) =>
        module.makePicture(threads, buffer, tile.settings),
      );
      try {
        for (const orientation of tile.orientations) {
          await this.#enlarge(picture, tile, orientation, checkpoint);
        }
        return results.copyOf(module.pictureBytes(picture));
      } finally {
        module.deletePicture(picture);
      }
    };
    return queue.add(tile.job, work, tile.session);
  }

  /** The elements that a network gets of a picture, of the settings' type and in their order. */
  pictureInput({ job, pixels, settings, from }: InputRequest): Promise<Uint8Array<ArrayBuffer>> {
    const { module, queue, results, threads } = this.#context;
    return queue.add(job, () => {
      const picture = this.#withPixels(pixels, (buffer) =>
        module.makePicture(threads, buffer, settings),
      );
      try {
        const data = module.pictureInput(picture, from, 0);
        try {
          return results.copyOf(module.bytesOf(data));
        } finally {
          module.deleteBuffer(data);
        }
      } finally {
        module.deletePicture(picture);
      }
    });
  }

  /** The RGBA of a part of a picture at another size, as deep as the pixels given. */
  resample({ job, pixels, settings }: ResampleRequest): Promise<Uint8Array<ArrayBuffer>> {
    const { module, queue, results, threads } = this.#context;
    return queue.add(job, () => {
      const part = this.#withPixels(pixels, (buffer) =>
        module.resamplePicture(threads, buffer, settings),
      );
      try {
        return results.copyOf(module.bytesOf(part));
      } finally {
        module.deleteBuffer(part);
      }
    });
  }

  async #enlarge(
    picture: EnginePicture,
    { session, settings, feeds, from, inset, to, input, output }: TileRequest,
    orientation: number,
    checkpoint: Checkpoint,
  ): Promise<void> {
    const { module, sessions } = this.#context;
    const dims = inputDims(settings, from, orientation);
    const data = module.pictureInput(picture, from, orientation);
    try {
      await withFeeds(module, feeds, (others) => {
        const all = [{ name: input, type: settings.type, dims, data }, ...others];
        return withRun(module, sessions.get(session), all, [output], checkpoint, (run) =>
          module.placeTile(picture, run, inset.x, inset.y, to, orientation),
        );
      });
    } finally {
      module.deleteBuffer(data);
    }
  }

  #withPixels<T>(pixels: Uint8Array, use: (buffer: EngineBuffer) => T): T {
    const { module } = this.#context;
    const buffer = bufferOf(module, pixels);
    try {
      return use(buffer);
    } finally {
      module.deleteBuffer(buffer);
    }
  }
}

const channels = { luma: 1, gray: 1, rgb: 3, rgba: 4 } as const;

/** From 4 on, orientations swap width and height. */
function inputDims(
  { color, channelsLast }: PictureSettings,
  { width, height }: Rectangle,
  orientation: number,
): number[] {
  const [rows, columns] = orientation < 4 ? [height, width] : [width, height];
  const depth = channels[color];
  return channelsLast ? [1, rows, columns, depth] : [1, depth, rows, columns];
}
