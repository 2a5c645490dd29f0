import { Upscaler, type ModelSource } from 'fovea';
import { models } from 'fovea/models';

/** A model to enlarge pictures with. */
export interface ModelChoice {
  title: string;
  source: ModelSource;
}

/** The package's own, by the values of the page's selection. */
export const bundled: Readonly<Record<keyof typeof models, ModelChoice>> = {
  x2: { title: 'Fovea ×2', source: models.x2 },
  x2Fast: { title: 'Fovea ×2 fast', source: models.x2Fast },
  x2Web: { title: 'Fovea ×2 web', source: models.x2Web },
  x3: { title: 'Fovea ×3', source: models.x3 },
  x4: { title: 'Fovea ×4', source: models.x4 },
};

/** How far the work is: `done` from 0 to 1, undefined while that is not known. */
export type OnProgress = (stage: string, done: number | undefined) => void;

export interface Outcome {
  canvas: HTMLCanvasElement;
  upscaler: Upscaler;
  /** Milliseconds by stage; loading counts only where it was done. */
  times: Record<string, number>;
}

/** Enlarges pictures, keeping the last model loaded. */
export class Upscaling {
  #choice: ModelChoice | undefined;
  #upscaler: Upscaler | undefined;

  /**
   * @param canvas takes the result
   * @throws FoveaError
   */
  async run(
    picture: ImageBitmap,
    canvas: HTMLCanvasElement,
    choice: ModelChoice,
    signal: AbortSignal,
    onProgress: OnProgress,
  ): Promise<Outcome> {
    const times: Record<string, number> = {};
    try {
      const load = () => this.#load(choice, signal, onProgress);
      const upscaler = this.#loaded(choice) ?? (await timed(times, 'Loading the model', load));
      await timed(times, 'Enlarging', () =>
        upscaler.upscale(picture, {
          output: canvas,
          signal,
          // One tile alone tells nothing of how far it is.
          onProgress: ({ stage, done, total }) =>
            onProgress('Enlarging', stage === 'tiles' && total && done ? done / total : undefined),
        }),
      );
      return { canvas, upscaler, times };
    } catch (error) {
      // An engine that failed is not asked again: the next try starts afresh.
      if (!signal.aborted) await this.#release();
      throw error;
    }
  }

  #loaded(choice: ModelChoice): Upscaler | undefined {
    return choice === this.#choice ? this.#upscaler : undefined;
  }

  async #load(choice: ModelChoice, signal: AbortSignal, onProgress: OnProgress): Promise<Upscaler> {
    await this.#release();
    onProgress(`Loading ${choice.title}`, undefined);
    const upscaler = await Upscaler.create(choice.source, {
      signal,
      onProgress: ({ stage, done, total }) =>
        onProgress(
          `Loading ${choice.title}`,
          stage === 'download' && total ? done / total : undefined,
        ),
    });
    this.#choice = choice;
    this.#upscaler = upscaler;
    return upscaler;
  }

  async #release(): Promise<void> {
    const upscaler = this.#upscaler;
    this.#upscaler = undefined;
    await upscaler?.release();
  }
}

async function timed<T>(
  times: Record<string, number>,
  stage: string,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const result = await work();
  times[stage] = performance.now() - start;
  return result;
}
