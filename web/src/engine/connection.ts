import { wrap, type Remote } from 'comlink';
import { FoveaError } from '../errors.js';
import { EngineHost } from './host.js';
import { startWorker, type EngineFiles } from './locate.js';
import {
  transferring,
  unwrap,
  type HostArguments,
  type HostEndpoint,
  type HostMethod,
  type HostResult,
} from './messages.js';

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

/** An engine in this very thread. */
export async function connectHere(files: EngineFiles, threads: number): Promise<Connection> {
  const host = await EngineHost.start(files, threads);
  return {
    remote: false,
    async call<M extends HostMethod>(method: M, ...args: HostArguments<M>) {
      const run = host[method] as (
        ...args: HostArguments<M>
      ) => HostResult<M> | Promise<HostResult<M>>;
      return await run.apply(host, args);
    },
    close: () => host.close(),
  };
}

/**
 * An engine in a Web Worker.
 *
 * @param onCrash called when the worker dies, after which nothing is answered any more
 */
export async function connectWorker(
  files: EngineFiles,
  threads: number,
  workerUrl: string | URL | undefined,
  onCrash: (error: FoveaError) => void,
): Promise<Connection> {
  const worker = startWorker(workerUrl);
  try {
    const endpoint = wrap<HostEndpoint>(worker);
    await startHost(worker, endpoint, files, threads);
    worker.onerror = ({ message }) => {
      onCrash(new FoveaError('EngineCrashed', `the engine's worker died: ${message}`));
    };
    return workerConnection(worker, endpoint);
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

function startHost(
  worker: Worker,
  endpoint: Remote<HostEndpoint>,
  files: EngineFiles,
  threads: number,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // The event of a script that cannot be loaded says nothing at all.
    worker.onerror = ({ message, filename }) => {
      const why = message || 'its script (worker.js) cannot be loaded';
      const fields: Record<string, string> = filename ? { url: filename } : {};
      reject(
        new FoveaError('EngineLoadError', `the engine's worker does not start: ${why}`, fields),
      );
    };
    endpoint.start(files, threads).then(unwrap).then(resolve, reject);
  });
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
