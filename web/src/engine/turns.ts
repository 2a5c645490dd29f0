import { abortError } from '../base/errors.js';

/** Lets what takes much memory begin one after the other, in the order they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Does work once all that came before has ended.
   *
   * @throws FoveaError Aborted at once if the signal fires while it waits; then the work never begins
   */
  take<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const result = new Promise<T>((resolve, reject) => {
      const giveUp = () => reject(abortError(signal!));
      if (signal?.aborted) return giveUp();
      signal?.addEventListener('abort', giveUp);
      void before.then(() => {
        signal?.removeEventListener('abort', giveUp);
        if (!signal?.aborted) resolve(work());
      });
    });
    // Who gave up has left its place, but the next still waits for those before.
    this.#last = Promise.allSettled([before, result]).then(() => undefined);
    return result;
  }
}
