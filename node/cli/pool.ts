// Several pictures at a time, each in a thread with an engine of its own.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { proxy, wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/umd/node-adapter.js';
import { FoveaError, type FoveaErrorCode } from 'fovea';
import pLimit from 'p-limit';
import { errorText, messageOf } from '../base/errors.js';
import { FileEnlarger, type OnFraction, type Outcome, type Settings } from './enlarging.js';
import type { Task } from './outputs.js';
import type { PictureThread } from './thread.js';

/** Enlarges files, as many at a time as it was opened for. */
export interface Pool {
  enlarge(task: Task, onFraction: OnFraction): Promise<Outcome>;
  close(): Promise<void>;
}

/**
 * Loads the network, in this thread for one job, else in one of its own for each.
 *
 * @throws FoveaError where it cannot be loaded
 */
export async function openPool(jobs: number, settings: Settings): Promise<Pool> {
  return jobs === 1 ? openLocally(settings) : openThreads(jobs, settings);
}

async function openLocally(settings: Settings): Promise<Pool> {
  const enlarger = await FileEnlarger.open(settings);
  const limit = pLimit(1);
  return {
    enlarge: (task, onFraction) => limit(() => enlarger.enlarge(task, onFraction)),
    close: () => enlarger.release(),
  };
}

async function openThreads(jobs: number, settings: Settings): Promise<Pool> {
  // Together they have as many threads as one engine would.
  const threads = settings.threads ?? Math.max(1, Math.floor(availableParallelism() / jobs));
  const open = () => openThread({ ...settings, threads, worker: false });
  const all = await Promise.all(Array.from({ length: jobs }, open));
  const limit = pLimit(jobs);
  const enlarge = async (task: Task, onFraction: OnFraction): Promise<Outcome> => {
    const thread = all.find(({ busy }) => !busy)!;
    thread.busy = true;
    try {
      return await Promise.race([thread.remote.enlarge(task, proxy(onFraction)), thread.died]);
    } catch (error) {
      // It takes its picture along, not the others.
      all[all.indexOf(thread)] = await open();
      return { error: errorText(error) };
    } finally {
      thread.busy = false;
    }
  };
  return {
    enlarge: (task, onFraction) => limit(() => enlarge(task, onFraction)),
    async close() {
      await Promise.all(all.map(({ worker }) => worker.terminate()));
    },
  };
}

interface Thread {
  worker: Worker;
  remote: Remote<PictureThread>;
  busy: boolean;
  /** Rejects once the thread ends by itself. */
  died: Promise<never>;
}

async function openThread(settings: Settings): Promise<Thread> {
  const worker = new Worker(new URL('./thread.js', import.meta.url));
  const died = new Promise<never>((_, reject) => {
    const tell = (why: string) => reject(new FoveaError('EngineCrashed', `a thread ended: ${why}`));
    worker.once('error', (error) => tell(messageOf(error)));
    worker.once('exit', (code) => tell(`exit code ${code}`));
  });
  died.catch(() => {});
  const remote = wrap<PictureThread>(nodeEndpoint(worker));
  const error = await Promise.race([remote.open(settings), died]);
  if (!error) return { worker, remote, busy: false, died };
  await worker.terminate();
  throw new FoveaError(error.code as FoveaErrorCode, error.message, { ...error.fields });
}
