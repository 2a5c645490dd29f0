import { abortError } from '../base/errors.js';
import { untilAborted } from '../base/until-aborted.js';

/** Throws FoveaError Aborted if the job is to end, as the signal tells. */
export interface Checkpoint {
  (): void;
  readonly signal: AbortSignal;
  /** Lets other jobs work until that has settled, except those of the same session. */
  readonly aside: <T>(work: () => Promise<T>) => Promise<T>;
}

type Job<T> = (checkpoint: Checkpoint) => T | Promise<T>;

/** Works one job at a time, in the order they came; a job can be aborted while it waits or works. */
export class JobQueue {
  #last: Promise<unknown> = Promise.resolve();
  readonly #controllers = new Map<number, AbortController>();
  /** The ends of jobs that have let others work, by session. */
  readonly #underWay = new Map<number | undefined, Promise<void>>();

  /**
   * Queues a job, which should call its checkpoint whenever it can stop.
   *
   * @param session what no other job is to use until this one has ended
   */
  add<T>(id: number, job: Job<T>, session?: number): Promise<T> {
    const controller = new AbortController();
    this.#controllers.set(id, controller);
    const turn = this.#turn();
    return this.#work(turn, job, controller.signal, session).finally(() =>
      this.#controllers.delete(id),
    );
  }

  /** Aborts a job; one that has ended is none of ours any more. */
  abort(id: number): void {
    this.#controllers.get(id)?.abort();
  }

  /** Gives what ends the turn, once all that were taken before have ended. */
  #turn(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = unsettled();
    this.#last = promise;
    return before.then(() => resolve);
  }

  async #work<T>(
    turn: Promise<() => void>,
    job: Job<T>,
    signal: AbortSignal,
    session: number | undefined,
  ): Promise<T> {
    let endTurn = await turn;
    const leave = async (until: Promise<unknown>) => {
      endTurn();
      await until.catch(() => {});
      endTurn = await this.#turn();
    };
    const throwIfAborted = () => {
      if (signal.aborted) throw abortError(signal);
    };
    const end = unsettled();
    const aside = async <R>(work: () => Promise<R>): Promise<R> => {
      if (session !== undefined) this.#underWay.set(session, end.promise);
      const working = work();
      await leave(working);
      return working;
    };
    try {
      throwIfAborted();
      for (let other; (other = this.#underWay.get(session)); throwIfAborted()) {
        await leave(untilAborted(signal, () => other));
      }
      return await job(Object.assign(throwIfAborted, { signal, aside }));
    } finally {
      if (this.#underWay.get(session) === end.promise) this.#underWay.delete(session);
      end.resolve();
      endTurn();
    }
  }
}

function unsettled(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
