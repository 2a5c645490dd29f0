import type { Endpoint } from 'comlink';
import { isNode } from '../base/environment.js';
import { FoveaError, messageOf } from '../base/errors.js';
import { trustedScriptUrl } from '../base/trusted-types.js';
import { absolute, scriptUrl } from './locate.js';
import { unlocated, type WorkerScript } from './worker-script.js';

/** A worker that hosts an engine, in browsers or in Node. */
export interface EngineWorker {
  readonly endpoint: Endpoint;
  /** Called when it does not start, or dies; with what it says, if anything, and where. */
  onFailure: (message: string | undefined, url?: string) => void;
  /** Whether the process waits for it; browsers' pages wait for nothing. */
  hold(held: boolean): void;
  terminate(): void;
}

/** A worker that is to host an engine. */
export interface StartingWorker {
  worker: EngineWorker;
  /** Rejects with FoveaError EngineLoadError if it does not start. */
  failure: Promise<never>;
}

/**
 * Starts a worker, which takes a while: nothing of the engine is needed for that.
 *
 * @throws FoveaError EngineLoadError
 */
export async function launchWorker(script: WorkerScript): Promise<StartingWorker> {
  if (script.url === undefined) throw workerError(unlocated(script), {});
  const url = await absolute(script.url);
  let worker: EngineWorker;
  try {
    worker = isNode() ? await (await importNodeWorker()).startNodeWorker(url) : startWorker(url);
  } catch (cause) {
    throw workerError(messageOf(cause), { url }, cause);
  }
  const failure = new Promise<never>((_, reject) => {
    // The event of a script that cannot be loaded says nothing at all.
    worker.onFailure = (message, at) =>
      reject(
        workerError(
          message || `its script (${script.name}) cannot be loaded`,
          at ? { url: at } : {},
        ),
      );
  });
  // It may come before anybody waits for it.
  failure.catch(() => {});
  return { worker, failure };
}

/** What is about Node's worker threads, in a script of its own. */
export function importNodeWorker(): Promise<typeof import('../node-worker.js')> {
  return import('../node-worker.js');
}

function startWorker(url: string): EngineWorker {
  // As a file like the engine's, which it is complete enough for: what bundlers make of
  // `new Worker(new URL(...))` does not start where scripts come from another origin.
  const worker = new Worker(trustedScriptUrl(scriptUrl(url)), { type: 'module' });
  const started: EngineWorker = {
    endpoint: worker,
    onFailure: () => {},
    hold: () => {},
    terminate: () => worker.terminate(),
  };
  worker.onerror = ({ message, filename }) => started.onFailure(message, filename);
  return started;
}

/** The error of a worker that does not start: browsers seldom say why. */
function workerError(why: string, fields: Record<string, string>, cause?: unknown): FoveaError {
  const policy = isNode()
    ? ''
    : " A Content-Security-Policy has to allow it by worker-src 'self' (and blob: where the script comes " +
      'from another origin, which has to share it by CORS) and, where it requires Trusted Types, by ' +
      'trusted-types fovea.';
  const message =
    `the engine's worker does not start: ${why}.${policy} With the option worker: false the engine ` +
    'computes in this thread instead';
  return new FoveaError('EngineLoadError', message, fields, { cause });
}
