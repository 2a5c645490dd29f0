// Tensors into the engine, a run to its end, tensors out again. Shared by everything that runs.

import { nextTask } from '../environment.js';
import type { TensorType } from '../tensor-types.js';
import type { Checkpoint } from './jobs.js';
import type { EngineBuffer, EngineFeed, EngineModule, EngineRun, EngineSession } from './module.js';
import type { ResultMemory } from './results.js';

/** A tensor as plain data between threads; `data` of numbers is their bytes. */
export interface TensorData {
  type: TensorType;
  dims: readonly number[];
  data: Uint8Array | readonly string[];
}

export interface FeedData extends TensorData {
  name: string;
}

/** How long the engine computes before it lets other messages, such as an abort, be handled. */
const sliceMilliseconds = 30;

/** Starts a run and hands it to `use`; its memory is free again afterwards. */
export async function withStartedRun<T>(
  module: EngineModule,
  session: EngineSession,
  feeds: EngineFeed[],
  fetches: readonly string[],
  use: (run: EngineRun) => T | Promise<T>,
): Promise<T> {
  const run = module.startRun(session, feeds, [...fetches]);
  try {
    return await use(run);
  } finally {
    module.deleteRun(run);
  }
}

/** As withStartedRun, once the run has finished. */
export async function withRun<T>(
  module: EngineModule,
  session: EngineSession,
  feeds: EngineFeed[],
  fetches: readonly string[],
  checkpoint: Checkpoint,
  use: (run: EngineRun) => T,
): Promise<T> {
  return withStartedRun(module, session, feeds, fetches, async (run) => {
    while (!module.advance(run, sliceMilliseconds)) {
      await nextTask();
      checkpoint();
    }
    return use(run);
  });
}

/** Copies tensors into the engine's memory for the duration of `use`. */
export async function withFeeds<T>(
  module: EngineModule,
  feeds: readonly FeedData[],
  use: (feeds: EngineFeed[]) => Promise<T>,
): Promise<T> {
  return withUnwrittenFeeds(module, feeds, (copies) => {
    for (const [index, { data }] of copies.entries()) {
      if (typeof data === 'number') module.bytesOf(data).set(feeds[index]!.data as Uint8Array);
    }
    return use(copies);
  });
}

/** As withFeeds, but with any numbers: only types and sizes matter. */
export async function withUnwrittenFeeds<T>(
  module: EngineModule,
  feeds: readonly FeedData[],
  use: (feeds: EngineFeed[]) => Promise<T>,
): Promise<T> {
  const buffers: EngineBuffer[] = [];
  try {
    const unwritten = feeds.map((feed) => {
      if (isStrings(feed.data)) return { ...feed, data: feed.data };
      const buffer = module.makeBuffer(feed.data.byteLength);
      buffers.push(buffer);
      return { ...feed, data: buffer };
    });
    return await use(unwritten);
  } finally {
    for (const buffer of buffers) module.deleteBuffer(buffer);
  }
}

/** A copy of bytes in the engine's memory. */
export function bufferOf(
  module: EngineModule,
  bytes: Uint8Array | Uint8ClampedArray,
): EngineBuffer {
  const buffer = module.makeBuffer(bytes.byteLength);
  module.bytesOf(buffer).set(bytes);
  return buffer;
}

/** A run's outputs, copied out of the engine's memory. */
export function copyOutputs(
  module: EngineModule,
  run: EngineRun,
  results: ResultMemory,
): TensorData[] {
  return module.outputs(run).map(({ type, dims, data }) => ({
    type,
    dims,
    data: Array.isArray(data) ? data : results.copyOf(data),
  }));
}

function isStrings(data: TensorData['data']): data is readonly string[] {
  return Array.isArray(data);
}
