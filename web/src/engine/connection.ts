import { wrap, type Remote } from 'comlink';
import { FoveaError } from '../base/errors.js';
import { compileEngine } from './compile.js';
import { EngineHost, type HostArguments, type HostMethod, type HostResult } from '../host/host.js';
import { importGlue } from '../host/instantiate.js';
import type { ModuleFactory } from '../host/module.js';
import type { EngineWorker, StartingWorker } from './launch.js';
import type { EngineFiles } from './locate.js';
import { transferring, unwrap, type HostEndpoint, type Reply } from './messages.js';

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

/**
 * An engine in a worker. This thread fetches and compiles it while the worker starts.
 *
 * @param patience how long further threads may take to start, in milliseconds
 * @param onCrash called when the worker dies, after which nothing is answered any more
 * @returns undefined where they have not started by then
 */
export async function connectWorker(
  { worker, failure }: StartingWorker,
  files: EngineFiles,
  threads: number,
  patience: number,
  onCrash: (error: FoveaError) => void,
): Promise<Connection | undefined> {
  const endpoint = wrap<HostEndpoint>(worker.endpoint);
  const start = async () => {
    if (threads > 1 && files.glueUrl !== undefined) void endpoint.preload(files.glueUrl);
    const starting = endpoint.start(await compileEngine(files), threads);
    const reply = await (threads > 1 ? within(patience, starting as Promise<Reply>) : starting);
    if (reply) unwrap(reply);
    return reply !== undefined;
  };
  if (!(await Promise.race([start(), failure]))) return undefined;
  worker.onFailure = (message) => {
    onCrash(new FoveaError('EngineCrashed', `the engine's worker died: ${message}`));
  };
  worker.hold(false);
  return workerConnection(worker, endpoint);
}

/** What a promise gives; undefined where it has given nothing after so many milliseconds. */
function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function workerConnection(worker: EngineWorker, endpoint: Remote<HostEndpoint>): Connection {
  let pending = 0;
  return {
    remote: true,
    async call<M extends HostMethod>(method: M, ...args: HostArguments<M>) {
      // A process waits for answers, but for no worker that has nothing to do.
      if (++pending === 1) worker.hold(true);
      try {
        return unwrap(await endpoint.call(method, ...args.map(transferring))) as HostResult<M>;
      } finally {
        if (--pending === 0) worker.hold(false);
      }
    },
    close: () => worker.terminate(),
  };
}
