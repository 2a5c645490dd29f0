import { abortError, FoveaError } from '../base/errors.js';

/** Answers that another try may better: the server is busy, restarts, or did not get the request. */
const passing: readonly (string | undefined)[] = ['408', '429', '500', '502', '503', '504'];

// Seconds.
const firstWait = 0.3;
const longestWait = 10;

/** The tries that are left to a request and what continues it. */
export class Retries {
  #left: number;
  #wait = firstWait;

  constructor(left: number) {
    this.#left = left;
  }

  /**
   * Waits until the next try after an error: twice as long each time, or what the server asks for, and
   * a bit of chance, lest all clients come back at once.
   *
   * @throws FoveaError the error where no try is left or another would not help; Aborted
   */
  async next(error: unknown, signal: AbortSignal | undefined): Promise<void> {
    if (!isPassing(error) || this.#left < 1) throw error;
    const asked = Number(error.fields.retryAfter ?? 0);
    if (asked > longestWait) throw error;
    this.#left -= 1;
    await pause(Math.max(asked, this.#wait * (0.5 + Math.random())), signal);
    this.#wait = Math.min(2 * this.#wait, longestWait);
  }
}

/** Whether an error is one of the network, or of a server that is not well. */
export function isPassing(error: unknown): error is FoveaError {
  if (!(error instanceof FoveaError) || error.code !== 'NetworkError') return false;
  const { status, url = '' } = error.fields;
  if (status !== undefined) return passing.includes(status);
  return isWebAddress(url);
}

/** Whether an address, perhaps a relative one of a page, is asked for by way of a network. */
export function isWebAddress(url: string): boolean {
  return /^https?:/i.test(url) || !/^[a-z][a-z0-9+.-]*:/i.test(url);
}

/** The seconds that a server asks to wait, by a number or a date. */
export function secondsToWait({ headers }: Response): number | undefined {
  const asked = headers.get('retry-after');
  if (asked === null) return undefined;
  const seconds = /^\d+$/.test(asked) ? Number(asked) : (Date.parse(asked) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer);
      reject(abortError(signal!));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    }, 1000 * seconds);
    if (signal?.aborted) giveUp();
    else signal?.addEventListener('abort', giveUp);
  });
}
