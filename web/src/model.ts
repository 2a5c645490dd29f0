import type { Engine } from './engine/engine.js';
import type { ModelInfo } from './engine/module.js';
import type { Lease } from './engine/registry.js';
import { abortError, FoveaError } from './errors.js';
import { openModel, withModel, type LoadOptions } from './reading.js';
import type { ModelSource } from './source.js';

let lastJob = 0;

/** A number for a piece of work, by which it can be aborted. */
export function nextJob(): number {
  return ++lastJob;
}

/** A model in an engine: what sessions and upscalers share. */
export class LoadedModel {
  readonly info: ModelInfo;
  readonly #lease: Lease;
  readonly #session: number;
  #released = false;

  private constructor(lease: Lease, session: number, info: ModelInfo) {
    this.#lease = lease;
    this.#session = session;
    this.info = info;
  }

  static async load(source: ModelSource, options: LoadOptions): Promise<LoadedModel> {
    const { lease, bytes } = await openModel(source, options);
    try {
      const session = lease.engine.newId();
      const info = await withModel(lease.engine, bytes, options, (model, loading) =>
        lease.engine.call('load', session, model, loading),
      );
      return new LoadedModel(lease, session, info);
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
    if (this.#released) throw new FoveaError('SessionReleased', 'the session has been released');
    return this.#session;
  }

  /**
   * Does work that the signal aborts.
   *
   * @param work gets the number of the job to start
   */
  async abortable<T>(
    signal: AbortSignal | undefined,
    work: (job: number) => Promise<T>,
  ): Promise<T> {
    if (signal?.aborted) throw abortError(signal);
    const job = nextJob();
    const abort = () => void this.engine.call('abort', job).catch(() => {});
    signal?.addEventListener('abort', abort);
    try {
      return await work(job);
    } catch (error) {
      throw signal?.aborted && isAborted(error) ? abortError(signal) : error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Gives the session's memory back once its runs have ended; does nothing the second time. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    try {
      // What has crashed holds no session any more.
      if (!this.engine.isDead) await this.engine.call('release', nextJob(), this.#session);
    } finally {
      this.#lease.release();
    }
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof FoveaError && error.code === 'Aborted';
}
