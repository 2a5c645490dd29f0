import { Upscaler, type TileProfile } from 'fovea';
import { measureProfiles } from '../../base/profile-figures.js';
import { decodePicture } from '../../pictures/picture.js';
import { Pyramid, type Size } from '../../stage/pyramid.js';
import { middleOf, type ChosenPicture } from '../choosing/pictures.js';

/** Something of the float model and of the quantised one. */
export interface Both<T> {
  float: T;
  quantised: T;
}

/** A picture as both models enlarge it; the size is that of what was enlarged. */
export interface Compared extends Both<Pyramid>, Size {
  of: ChosenPicture;
  /** Of enlarging it. */
  milliseconds: Both<number>;
}

/** Odd, so that there is a median. */
const runs = 5;

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
      const float = await enlarged(this.#upscalers.float);
      const quantised = await enlarged(this.#upscalers.quantised);
      const times: Both<number[]> = { float: [], quantised: [] };
      for (let run = 0; run < runs; ++run) {
        for (const which of ['float', 'quantised'] as const) {
          const start = performance.now();
          await this.#upscalers[which].upscale(part, { signal, colorSpace });
          times[which].push(performance.now() - start);
        }
      }
      const milliseconds = { float: median(times.float), quantised: median(times.quantised) };
      return { float, quantised, of: picture, width, height, milliseconds };
    } finally {
      part.close();
    }
  }

  /** What each step of both takes for a picture of that size. */
  async profile(size: Size, signal: AbortSignal): Promise<Both<TileProfile>> {
    const { float, quantised } = this.#upscalers;
    const profiles = await measureProfiles([float, quantised], size, signal);
    const [first, second] = profiles as [TileProfile, TileProfile];
    return { float: first, quantised: second };
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

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1]!;
}
