import { FoveaError } from '../errors.js';

/** Throws FoveaError Aborted if the job is to end. */
export type Checkpoint = () => void;

/** Works one job at a time, in the order they came; a job can be aborted while it waits or works. */
export class JobQueue {
  #last: Promise<unknown> = Promise.resolve();
  readonly #aborted = new Map<number, boolean>();

  /** Queues a job, which should call its checkpoint whenever it can stop. */
  add<T>(id: number, job: (checkpoint: Checkpoint) => T | Promise<T>): Promise<T> {
    const checkpoint = () => {
      if (this.#aborted.get(id)) throw new FoveaError('Aborted', 'the operation was aborted');
    };
    this.#aborted.set(id, false);
    const result = this.#last
      .then(() => {
        checkpoint();
        return job(checkpoint);
      })
      .finally(() => this.#aborted.delete(id));
    this.#last = result.catch(() => {});
    return result;
  }

  /** Aborts a job; one that has ended is none of ours any more. */
  abort(id: number): void {
    if (this.#aborted.has(id)) this.#aborted.set(id, true);
  }
}
