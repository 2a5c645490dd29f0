import { FoveaError, messageOf } from './errors.js';

/** Whether an error is that a Content-Security-Policy forbids something. */
export function isPolicyError(cause: unknown): boolean {
  return /Content.Security.Policy|\bCSP\b/i.test(messageOf(cause));
}

/** The error of a policy that allows no WebAssembly. */
export function webAssemblyForbidden(url: string, cause: unknown): FoveaError {
  const message =
    "the Content-Security-Policy forbids WebAssembly: its script-src needs 'wasm-unsafe-eval', of the " +
    'page as of the answer with worker.js, if that has a policy of its own. No option does without';
  return new FoveaError('EngineLoadError', message, { url }, { cause });
}
