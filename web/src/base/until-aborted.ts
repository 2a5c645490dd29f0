import { abortError } from './errors.js';

/**
 * Does work that is given up when the signal fires, even where it does not look for it itself.
 *
 * @param undo gets what the work gives nevertheless, later
 */
export async function untilAborted<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
  undo: (late: T) => unknown = () => {},
): Promise<T> {
  if (!signal) return work();
  if (signal.aborted) throw abortError(signal);
  const working = work();
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      reject(abortError(signal));
      working.then(undo).catch(() => {});
    };
    signal.addEventListener('abort', giveUp);
    const settling =
      <V>(settle: (value: V) => void) =>
      (value: V) => {
        signal.removeEventListener('abort', giveUp);
        settle(value);
      };
    working.then(settling(resolve), settling(reject));
  });
}
