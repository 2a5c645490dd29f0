// Tensors into the engine, a run to its end, tensors out again. Shared by everything that runs.

import { nextTask } from '../environment.js';
import type { TensorType } from '../tensor-types.js';
import type { Checkpoint } from './jobs.js';
import type {
  EngineBuffer,
  EngineFeed,
  EngineModule,
  EngineOutput,
  EngineRun,
  EngineSession,
  EngineValue,
} from './module.js';
import type { ResultMemory } from './results.js';

/** A tensor as plain data between threads; `data` of numbers is their bytes. */
export interface TensorData {
  type: TensorType;
  dims: readonly number[];
  data: Uint8Array | readonly string[];
}

/**
 * A value that holds others: a sequence, an optional that holds none, or a map, which is the tensors of
 * its keys and of its values.
 */
export interface NestedData {
  type: 'sequence' | 'absent' | 'map';
  dims: readonly number[];
  data: readonly ValueData[];
}

/** A value as plain data between threads. */
export type ValueData = TensorData | NestedData;

/** Whether a value holds others. */
export function isNested(value: { type: string }): value is NestedData {
  return value.type === 'sequence' || value.type === 'absent' || value.type === 'map';
}

export type FeedData = ValueData & { name: string };

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

/** Copies values into the engine's memory for the duration of `use`. */
export async function withFeeds<T>(
  module: EngineModule,
  feeds: readonly FeedData[],
  use: (feeds: EngineFeed[]) => Promise<T>,
): Promise<T> {
  return withBuffers(module, feeds, use, (buffer, bytes) => module.bytesOf(buffer).set(bytes));
}

/** As withFeeds, but with any numbers: only types and sizes matter. */
export async function withUnwrittenFeeds<T>(
  module: EngineModule,
  feeds: readonly FeedData[],
  use: (feeds: EngineFeed[]) => Promise<T>,
): Promise<T> {
  return withBuffers(module, feeds, use, () => undefined);
}

async function withBuffers<T>(
  module: EngineModule,
  feeds: readonly FeedData[],
  use: (feeds: EngineFeed[]) => Promise<T>,
  write: (buffer: EngineBuffer, bytes: Uint8Array) => void,
): Promise<T> {
  const buffers: EngineBuffer[] = [];
  const place = (value: ValueData): EngineValue => {
    const { type, dims } = value;
    if (isNested(value)) return { type, dims, data: value.data.map(place) };
    if (isStrings(value.data)) return { type, dims, data: value.data };
    const buffer = module.makeBuffer(value.data.byteLength);
    buffers.push(buffer);
    write(buffer, value.data);
    return { type, dims, data: buffer };
  };
  try {
    return await use(feeds.map((feed) => ({ name: feed.name, ...place(feed) })));
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
): ValueData[] {
  const copy = (output: EngineOutput): ValueData => {
    const { type, dims, data } = output;
    if (isNested(output)) return { ...output, data: (data as EngineOutput[]).map(copy) };
    const isBytes = !Array.isArray(data);
    return {
      type: type as TensorType,
      dims,
      data: isBytes ? results.copyOf(data) : (data as string[]),
    };
  };
  return module.outputs(run).map(copy);
}

function isStrings(data: TensorData['data']): data is readonly string[] {
  return Array.isArray(data);
}
