import { FoveaError, type Progress, type Upscaler, type UpscaleOptions } from 'fovea';
import type { Network } from '../../base/model-choice/networks.js';
import type { Activity } from '../../base/Progress.js';
import type { ResultPicture } from '../../saving/save-picture.js';
import type { Picture } from '../../pictures/picture.js';
import { Pyramid, type Rectangle, type Size } from '../../stage/pyramid.js';
import { expectedSize, shownPart, sizeOptions, type TargetChoice } from './target-size.js';
import type { UpscalerPool } from './upscaler-pool.js';

/** What a picture became. */
export interface Enlarged {
  result: ResultPicture;
  shown: Pyramid;
  upscaler: Upscaler;
  network: Network;
  target: TargetChoice;
  /** The part of the picture that is shown. */
  part: Rectangle;
  /** Milliseconds; `loading` is 0 where the network was loaded. */
  times: { loading: number; enlarging: number };
}

export interface Work {
  signal: AbortSignal;
  report: (activity: Activity) => void;
  /** Called with what fills as tiles finish. */
  onShown?: (shown: Pyramid) => void;
}

interface Task {
  picture: Picture;
  network: Network;
  target: TargetChoice;
  /** What brings the picture to a size that the network does not make. */
  resampler?: UpscaleOptions['resampler'];
}

/** The largest canvas that browsers have, in pixels along a side and in all. */
const mostSide = 16384;
const mostArea = 16384 ** 2;

/**
 * Enlarges a picture: onto a canvas, or as a file where no canvas is so large.
 *
 * @throws FoveaError
 */
export async function enlarge(task: Task, pool: UpscalerPool, work: Work): Promise<Enlarged> {
  const start = performance.now();
  const { network, picture, target } = task;
  try {
    const upscaler = await pool.get(network, {
      signal: work.signal,
      onProgress: (progress) => work.report(loadingActivity(network, progress)),
    });
    const loaded = performance.now();
    const made = await make(task, upscaler, work);
    await made.shown.finish();
    const part = shownPart(picture, made.result, target);
    const times = { loading: loaded - start, enlarging: performance.now() - loaded };
    return { ...made, upscaler, network, target, part, times };
  } catch (error) {
    if (!work.signal.aborted) await pool.drop(network, error);
    throw error;
  }
}

type Made = Pick<Enlarged, 'result' | 'shown'>;

async function make(task: Task, upscaler: Upscaler, work: Work): Promise<Made> {
  const { scale } = upscaler;
  const own = { width: task.picture.width * scale.x, height: task.picture.height * scale.y };
  const size = expectedSize(task.picture, task.target) ?? own;
  if (!isCanvasSize(size)) return makeFile(task, upscaler, work);
  try {
    return await makeCanvas(task, upscaler, work);
  } catch (error) {
    // Phones' canvases end earlier, which only trying tells.
    if (error instanceof FoveaError && error.fields.option === 'canvas') {
      return makeFile(task, upscaler, work);
    }
    throw error;
  }
}

async function makeCanvas(task: Task, upscaler: Upscaler, work: Work): Promise<Made> {
  const output = document.createElement('canvas');
  const filling = new Filling(task, work, output);
  await upscaler.upscale(task.picture.bitmap, { ...optionsOf(task, work, filling), output });
  return filling.done({ canvas: output });
}

async function makeFile(task: Task, upscaler: Upscaler, work: Work): Promise<Made> {
  const filling = new Filling(task, work, undefined);
  const options = optionsOf(task, work, filling);
  const blob = await upscaler.upscale(task.picture.bitmap, { ...options, output: 'blob' });
  return filling.done({ blob });
}

/** Shows a result from its first tile on, which says how large it is. */
class Filling {
  readonly #task: Task;
  readonly #work: Work;
  readonly #canvas: HTMLCanvasElement | undefined;
  #shown: Pyramid | undefined;

  constructor(task: Task, work: Work, canvas: HTMLCanvasElement | undefined) {
    this.#task = task;
    this.#work = work;
    this.#canvas = canvas;
  }

  readonly onTile: UpscaleOptions['onTile'] = (tile) => {
    const { picture, target } = this.#task;
    if (!this.#shown) {
      const size = { width: tile.width, height: tile.height };
      const base = { bitmap: picture.bitmap, part: shownPart(picture, size, target) };
      this.#shown = Pyramid.toFill(size, this.#canvas, base, picture.colorSpace);
      this.#work.onShown?.(this.#shown);
    }
    this.#shown.put(tile);
  };

  done(made: Pick<ResultPicture, 'canvas' | 'blob'>): Made {
    const shown = this.#shown!;
    const { width, height, colorSpace } = shown;
    return { shown, result: { ...made, width, height, colorSpace } };
  }
}

function optionsOf(
  { picture, target, resampler }: Task,
  { signal, report }: Work,
  { onTile }: Filling,
): UpscaleOptions {
  return {
    ...sizeOptions(target),
    ...{ resampler, signal, onTile, colorSpace: picture.colorSpace },
    onProgress: ({ stage, done, total, secondsLeft }) => {
      // One tile alone tells nothing of how far it is.
      const part = stage === 'tiles' && total && done ? done / total : undefined;
      report({ label: 'Enlarging', part, secondsLeft: part === undefined ? part : secondsLeft });
    },
  };
}

function loadingActivity({ title }: Network, { stage, done, total }: Progress): Activity {
  const part = stage === 'download' && total ? done / total : undefined;
  return { label: `Loading the model “${title}”`, part };
}

function isCanvasSize({ width, height }: Size): boolean {
  return Math.max(width, height) <= mostSide && width * height <= mostArea;
}
