// Node's worker threads. A script of its own, which pages never load.

import type { Endpoint } from 'comlink';
import type { Worker as WorkerThread } from 'node:worker_threads';
import { nodeModule } from './base/environment.js';
import type { EngineWorker } from './engine/launch.js';

/** Why an engine is better not in a thread of its own here, unless asked for; undefined if it can be. */
export async function nodeWorkerObstacle(
  url: string,
  option: string,
  asked: boolean,
): Promise<string | undefined> {
  const { versions } = globalThis.process;
  for (const [name, program] of [
    ['bun', 'Bun'],
    ['deno', 'Deno'],
  ] as const) {
    if (versions[name] !== undefined)
      return `the engine is untried in worker threads of ${program}`;
  }
  const { Worker } = await nodeModule<typeof import('node:worker_threads')>('worker_threads');
  // What a worker sends is of the main context's classes.
  if (!asked && !(Worker instanceof Function)) {
    return 'this is a context of its own (node:vm), as test runners make them';
  }
  const { access } = await nodeModule<typeof import('node:fs/promises')>('fs/promises');
  try {
    await access(new URL(url));
    return undefined;
  } catch {
    return `there is no ${url}, which the option ${option} tells the place of`;
  }
}

/**
 * Gives a worker thread what a Web Worker talks by, and then runs the same script. Nothing is lost:
 * messages wait until somebody listens.
 */
const bootstrap = `
  const { parentPort, workerData } = require('node:worker_threads');
  globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);
  globalThis.addEventListener = (type, listener) =>
    parentPort.on(type, (data) => listener({ data }));
  import(workerData);
`;

/** Milliseconds. */
const farewell = 100;

/** Starts a worker thread, which the process waits for until hold(false). */
export async function startNodeWorker(url: string): Promise<EngineWorker> {
  const { Worker } = await nodeModule<typeof import('node:worker_threads')>('worker_threads');
  const worker = new Worker(bootstrap, {
    name: 'fovea',
    eval: true,
    workerData: url,
    ...ownArguments(),
  });
  const started: EngineWorker = {
    endpoint: endpointOf(worker),
    onFailure: () => {},
    hold: (held) => (held ? worker.ref() : worker.unref()),
    // What a crash has printed, in a thread of the thread perhaps, is still on its way.
    terminate: () => void setTimeout(() => void worker.terminate(), farewell),
  };
  worker.on('error', (error) => started.onFailure(error.message));
  worker.on('exit', (code) => started.onFailure(`it ended with exit code ${code}`));
  return started;
}

/** A worker thread, to talk to it as to a Web Worker. */
function endpointOf(worker: WorkerThread): Endpoint {
  const listeners = new Map<unknown, (data: unknown) => void>();
  return {
    postMessage: (message, transfer) =>
      worker.postMessage(message, transfer as readonly ArrayBuffer[] | undefined),
    addEventListener(type, listener) {
      // Comlink's listeners are functions, and read nothing but the data.
      const tell = (data: unknown) => (listener as EventListener)({ data } as unknown as Event);
      listeners.set(listener, tell);
      worker.on(type, tell);
    },
    removeEventListener(type, listener) {
      worker.off(type, listeners.get(listener) ?? (() => {}));
      listeners.delete(listener);
    },
  };
}

/** A program that is no file says so by arguments that a file is not started with. */
function ownArguments(): { execArgv?: string[] } {
  const ofText = /^(--input-type|-e|--eval|-p|--print|-pe)\b/;
  return globalThis.process.execArgv.some((argument) => ofText.test(argument))
    ? { execArgv: [] }
    : {};
}
