import type { Engine } from '../engine/engine.js';
import type { HostLoadOptions } from '../host/sessions.js';
import type { Lease } from '../engine/registry.js';
import { abortError, FoveaError } from '../base/errors.js';
import { tell } from '../base/progress.js';
import { openModel, withModel, type LoadOptions } from '../source/reading.js';
import type { ModelSource } from '../source/source.js';
import { untilAborted } from '../base/until-aborted.js';

let lastJob = 0;

/** A number for a piece of work, by which it can be aborted. */
export function nextJob(): number {
  return ++lastJob;
}

/**
 * Has an engine load a buffer's model as a session of that number, in a job of that number, and gives
 * its answer.
 */
export type Load<T> = (
  engine: Engine,
  session: number,
  model: number,
  loading: HostLoadOptions,
  job: number,
) => Promise<T>;

interface Loaded<T> {
  model: LoadedModel;
  answer: T;
}

/** A model in an engine: what sessions and upscalers share. */
export class LoadedModel {
  readonly #lease: Lease;
  readonly #session: number;
  readonly #operations = new Set<Promise<unknown>>();
  #releasing: Promise<void> | undefined;

  private constructor(lease: Lease, session: number) {
    this.#lease = lease;
    this.#session = session;
  }

  /**
   * Reads a model and has it loaded.
   *
   * @throws FoveaError Aborted as soon as the options' signal fires, whatever is under way then
   */
  static load<T>(source: ModelSource, options: LoadOptions, load: Load<T>): Promise<Loaded<T>> {
    return untilAborted(
      options.signal,
      () => LoadedModel.#load(source, options, load),
      ({ model }) => model.release(),
    );
  }

  static async #load<T>(
    source: ModelSource,
    options: LoadOptions,
    load: Load<T>,
  ): Promise<Loaded<T>> {
    const { lease, bytes } = await openModel(source, options);
    try {
      const session = lease.engine.newId();
      const { onProgress } = options;
      tell(onProgress, { stage: 'model', done: 0, total: 1 });
      const answer = await withModel(lease.engine, bytes, options, (model, loading) =>
        abortable(lease.engine, options.signal, (job) =>
          load(lease.engine, session, model, loading, job),
        ),
      );
      tell(onProgress, { stage: 'model', done: 1, total: 1 });
      return { model: new LoadedModel(lease, session), answer };
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  get engine(): Engine {
    return this.#lease.engine;
  }

  /** The session's number in the engine. Throws FoveaError SessionReleased. */
  get session(): number {
    if (this.#releasing) throw new FoveaError('SessionReleased', 'the session has been released');
    return this.#session;
  }

  /**
   * Does work of several calls of the engine, such as all tiles of a picture, for which release()
   * waits. What takes much memory for itself should also wait for its turn (Engine.inTurn).
   *
   * @param work gets the session's number, which stays good until it has ended
   * @throws FoveaError SessionReleased
   */
  async operation<T>(work: (session: number) => Promise<T>): Promise<T> {
    const working = work(this.session);
    this.#operations.add(working);
    try {
      return await working;
    } finally {
      this.#operations.delete(working);
    }
  }

  /** As abortable(), for scripts of the package that are not this one. */
  abortably<T>(signal: AbortSignal | undefined, work: (job: number) => Promise<T>): Promise<T> {
    return abortable(this.engine, signal, work);
  }

  /**
   * Gives the session's memory back once its operations have ended. No more can begin. Waits for the
   * same the second time.
   */
  release(): Promise<void> {
    return (this.#releasing ??= this.#release());
  }

  async #release(): Promise<void> {
    await Promise.allSettled(this.#operations);
    try {
      // What has crashed holds no session any more.
      if (!this.engine.isDead) await this.engine.call('release', nextJob(), this.#session);
    } finally {
      this.#lease.release();
    }
  }
}

/**
 * Has an engine do work that the signal aborts.
 *
 * @param work gets the number of the job to start
 */
export async function abortable<T>(
  engine: Engine,
  signal: AbortSignal | undefined,
  work: (job: number) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw abortError(signal);
  const job = nextJob();
  const abort = () => void engine.call('abort', job).catch(() => {});
  signal?.addEventListener('abort', abort);
  try {
    return await work(job);
  } catch (error) {
    throw signal?.aborted && isAborted(error) ? abortError(signal) : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof FoveaError && error.code === 'Aborted';
}
