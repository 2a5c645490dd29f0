import { Upscaler, type TileProfile } from 'fovea';
import { measureProfile } from '../../base/profile-figures.js';
import { decodePicture } from '../../pictures/picture.js';
import { Pyramid } from '../../stage/pyramid.js';
import { middleOf, type ChosenPicture } from '../choosing/pictures.js';

/** Something of the float model and of the quantised one. */
export interface Both<T> {
  float: T;
  quantised: T;
}

/** A picture as both models enlarge it. */
export interface Compared extends Both<Pyramid> {
  of: ChosenPicture;
  /** What was enlarged. */
  width: number;
  height: number;
  /** Of enlarging it. */
  milliseconds: Both<number>;
}

/** Odd, so that there is a median. */
const runs = 3;

/** Both models, loaded. */
export class Twins {
  readonly #upscalers: Both<Upscaler>;

  private constructor(upscalers: Both<Upscaler>) {
    this.#upscalers = upscalers;
  }

  /** @throws FoveaError */
  static async load(models: Both<Blob>, signal: AbortSignal): Promise<Twins> {
    const float = await Upscaler.create(models.float, { signal });
    try {
      const quantised = await Upscaler.create(models.quantised, { signal });
      return new Twins({ float, quantised });
    } catch (error) {
      await float.release();
      throw error;
    }
  }

  /** Enlarges the middle of a picture by both, several times, each after the other. */
  async compare(picture: ChosenPicture, signal: AbortSignal): Promise<Compared> {
    const decoded = await decodePicture(picture.file, picture.name);
    const part = await middleOf(decoded);
    decoded.bitmap.close();
    const { colorSpace } = decoded;
    const { width, height } = part;
    try {
      const enlarged = async (upscaler: Upscaler) => {
        const output = document.createElement('canvas');
        await upscaler.upscale(part, { output, signal, colorSpace });
        return Pyramid.of(await createImageBitmap(output), output, colorSpace);
      };
      // The first run of each plans, which the timed ones need not.
      const pyramids = await ofBoth(this.#upscalers, enlarged);
      const times: Both<number[]> = { float: [], quantised: [] };
      for (let run = 0; run < runs; ++run) {
        for (const which of ['float', 'quantised'] as const) {
          const start = performance.now();
          await this.#upscalers[which].upscale(part, { signal, colorSpace });
          times[which].push(performance.now() - start);
        }
      }
      const milliseconds = { float: median(times.float), quantised: median(times.quantised) };
      return { ...pyramids, of: picture, width, height, milliseconds };
    } finally {
      part.close();
    }
  }

  /** What each step of both takes for a picture of that size. */
  profile(size: { width: number; height: number }, signal: AbortSignal) {
    return ofBoth(this.#upscalers, (upscaler): Promise<TileProfile> => {
      return measureProfile(upscaler, size, signal);
    });
  }

  /** Of one whose engine crashed there is nothing left to release. */
  async release(): Promise<void> {
    const { float, quantised } = this.#upscalers;
    await Promise.allSettled([float.release(), quantised.release()]);
  }
}

export function closeCompared({ float, quantised }: Compared): void {
  float.close();
  quantised.close();
}

async function ofBoth<T, U>(
  { float, quantised }: Both<T>,
  find: (one: T) => Promise<U>,
): Promise<Both<U>> {
  return { float: await find(float), quantised: await find(quantised) };
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1]!;
}
