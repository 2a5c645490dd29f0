import { FoveaError, messageOf } from './errors.js';

/** How far something has come. */
export interface Progress {
  /**
   * What is under way: bytes of a model or a picture that arrive, the engine that starts, the model that
   * is loaded, what is found out of a network before it computes, the tiles of a picture, quantisation.
   */
  readonly stage: 'download' | 'engine' | 'model' | 'plan' | 'tiles' | 'quantize';
  /** Bytes, tiles, a part of 1, or 0 and 1. */
  readonly done: number;
  /** Of which `done` is a part, where it is known. */
  readonly total?: number | undefined;
  /** Whether the bytes come from the cache, without the network or because it had no newer ones. */
  readonly cached?: boolean;
  /** How long the stage still takes, as far as that can be told. */
  readonly secondsLeft?: number;
}

export type OnProgress = (progress: Progress) => void;

/** Tells the caller. Throws FoveaError InvalidInput when the callback throws. */
export function tell(onProgress: OnProgress | undefined, progress: Progress): void {
  try {
    onProgress?.(progress);
  } catch (cause) {
    throw new FoveaError('InvalidInput', `onProgress threw: ${messageOf(cause)}`, {}, { cause });
  }
}

/** Tells of work of several pieces, and from the first on how long it still takes. */
export class Countdown {
  readonly #onProgress: OnProgress | undefined;
  readonly #stage: Progress['stage'];
  readonly #total: number;
  readonly #begin = performance.now();
  #done = 0;

  constructor(onProgress: OnProgress | undefined, stage: Progress['stage'], total: number) {
    this.#onProgress = onProgress;
    this.#stage = stage;
    this.#total = total;
    tell(onProgress, { stage, done: 0, total });
  }

  next(): void {
    const [done, total] = [++this.#done, this.#total];
    const seconds = (performance.now() - this.#begin) / 1000;
    const secondsLeft = (seconds / done) * (total - done);
    tell(this.#onProgress, { stage: this.#stage, done, total, secondsLeft });
  }
}
