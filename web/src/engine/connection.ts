import { wrap, type Remote } from 'comlink';
import { FoveaError } from '../base/errors.js';
import { compileEngine } from './compile.js';
import { EngineHost, type HostArguments, type HostMethod, type HostResult } from '../host/host.js';
import { importGlue } from '../host/instantiate.js';
import type { ModuleFactory } from '../host/module.js';
import { startWorker, workerError, type EngineFiles } from './locate.js';
import { transferring, unwrap, type HostEndpoint } from './messages.js';

/** The way to an engine's host. */
export interface Connection {
  /**
   * Calls a method of the host. Typed arrays among the arguments may be lost to the caller: where
   * `remote`, they are transferred.
   */
  call<M extends HostMethod>(method: M, ...args: HostArguments<M>): Promise<HostResult<M>>;
  readonly remote: boolean;
  close(): void;
}

let includedGlue: ModuleFactory | undefined;

/** Has engines of one thread use this glue instead of importing theirs. */
export function includeGlue(glue: ModuleFactory): void {
  includedGlue = glue;
}

/** An engine in this very thread. */
export async function connectHere(files: EngineFiles, threads: number): Promise<Connection> {
  const [engine, glue] = await Promise.all([
    compileEngine(files),
    files.threaded ? importGlue(files.glueUrl) : (includedGlue ?? importGlue(files.glueUrl)),
  ]);
  const host = await EngineHost.start(engine, glue, threads);
  return {
    remote: false,
    call: (method, ...args) => host.call(method, ...args),
    close: () => host.close(),
  };
}

/** A worker that is to host an engine. */
export interface StartingWorker {
  worker: Worker;
  /** Rejects with FoveaError EngineLoadError if it does not start. */
  failure: Promise<never>;
}

/** Starts a worker, which takes a while: nothing of the engine is needed for that. */
export function launchWorker(workerUrl: string | URL | undefined): StartingWorker {
  const worker = startWorker(workerUrl);
  const failure = new Promise<never>((_, reject) => {
    // The event of a script that cannot be loaded says nothing at all.
    worker.onerror = ({ message, filename }) => {
      const fields: Record<string, string> = filename ? { url: filename } : {};
      reject(workerError(message || 'its script (worker.js) cannot be loaded', fields));
    };
  });
  // It may come before anybody waits for it.
  failure.catch(() => {});
  return { worker, failure };
}

/**
 * An engine in a Web Worker. This thread fetches and compiles it while the worker starts.
 *
 * @param onCrash called when the worker dies, after which nothing is answered any more
 */
export async function connectWorker(
  { worker, failure }: StartingWorker,
  files: EngineFiles,
  threads: number,
  onCrash: (error: FoveaError) => void,
): Promise<Connection> {
  const endpoint = wrap<HostEndpoint>(worker);
  const start = async () => {
    if (threads > 1) void endpoint.preload(files.glueUrl);
    unwrap(await endpoint.start(await compileEngine(files), threads));
  };
  await Promise.race([start(), failure]);
  worker.onerror = ({ message }) => {
    onCrash(new FoveaError('EngineCrashed', `the engine's worker died: ${message}`));
  };
  return workerConnection(worker, endpoint);
}

function workerConnection(worker: Worker, endpoint: Remote<HostEndpoint>): Connection {
  return {
    remote: true,
    async call<M extends HostMethod>(method: M, ...args: HostArguments<M>) {
      return unwrap(await endpoint.call(method, ...args.map(transferring))) as HostResult<M>;
    },
    close: () => worker.terminate(),
  };
}
