import { abortError } from '../base/errors.js';

/** Work that waits. */
interface Waiting {
  priority: number;
  begin: () => void;
}

/** Lets what takes much memory begin one after the other: of higher priority first, else as they came. */
export class Turns {
  readonly #waiting: Waiting[] = [];
  #busy = false;

  /**
   * Does work once no other is under way.
   *
   * @throws FoveaError Aborted at once if the signal fires while it waits; then the work never begins
   */
  take<T>(signal: AbortSignal | undefined, work: () => Promise<T>, priority = 0): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(abortError(signal));
      const waiting = { priority, begin: () => begin() };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(abortError(signal!));
      };
      const begin = () => {
        signal?.removeEventListener('abort', giveUp);
        void this.#work(work).then(resolve, reject);
      };
      signal?.addEventListener('abort', giveUp);
      const at = this.#waiting.findIndex((other) => other.priority < priority);
      this.#waiting.splice(at < 0 ? this.#waiting.length : at, 0, waiting);
      this.#next();
    });
  }

  async #work<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#busy = false;
      this.#next();
    }
  }

  #next(): void {
    if (this.#busy) return;
    const next = this.#waiting.shift();
    if (!next) return;
    this.#busy = true;
    next.begin();
  }
}
