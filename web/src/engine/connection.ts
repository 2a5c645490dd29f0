import { wrap, type Remote } from 'comlink';
import { FoveaError } from '../base/errors.js';
import { compileEngine } from './compile.js';
import { EngineHost, type HostMethods } from '../host/host.js';
import { importGlue } from '../host/instantiate.js';
import type { ArgumentsOf, Callable, ResultOf } from '../host/methods.js';
import type { ModuleFactory } from '../host/module.js';
import type { EngineWorker, StartingWorker } from './launch.js';
import type { EngineFiles } from './locate.js';
import { SpentMemory } from './spent-memory.js';
import { transferring, unwrap, type HostEndpoint, type Reply } from './messages.js';

/** The way to a host: an engine's, unless other methods are named. */
export interface Connection<Methods extends Callable<Methods> = HostMethods> {
  /**
   * Calls a method of the host. Typed arrays among the arguments may be lost to the caller: where
   * `remote`, they are transferred.
   */
  call<M extends keyof Methods>(
    method: M,
    ...args: ArgumentsOf<Methods, M>
  ): Promise<ResultOf<Methods, M>>;
  readonly remote: boolean;
  /** Where the memory of what was transferred comes back to. */
  readonly spent?: SpentMemory;
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
 * An engine, or another program, in a worker. This thread fetches and compiles it while the worker starts.
 *
 * @param patience how long further threads may take to start, in milliseconds
 * @param onCrash called when the worker dies, after which nothing is answered any more
 * @returns undefined where they have not started by then
 */
export async function connectWorker<Methods extends Callable<Methods> = HostMethods>(
  { worker, failure }: StartingWorker,
  files: EngineFiles,
  threads: number,
  patience: number,
  onCrash: (error: FoveaError) => void,
): Promise<Connection<Methods> | undefined> {
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

function workerConnection<Methods extends Callable<Methods>>(
  worker: EngineWorker,
  endpoint: Remote<HostEndpoint>,
): Connection<Methods> {
  let pending = 0;
  const spent = new SpentMemory();
  return {
    remote: true,
    spent,
    async call<M extends keyof Methods>(method: M, ...args: ArgumentsOf<Methods, M>) {
      // A process waits for answers, but for no worker that has nothing to do.
      if (++pending === 1) worker.hold(true);
      try {
        const reply = await endpoint.call(method as string, ...args.map(transferring));
        if ('spent' in reply) spent.give(reply.spent ?? []);
        return unwrap(reply) as ResultOf<Methods, M>;
      } finally {
        if (--pending === 0) worker.hold(false);
      }
    },
    close: () => worker.terminate(),
  };
}
