// Values as plain data, and into the engine's memory.

import type { TensorType } from '../session/tensor-types.js';
import type { EngineBuffer, EngineFeed, EngineValue, Program } from './module.js';

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

/** Copies values into the engine's memory for the duration of `use`. */
export async function withFeeds<T>(
  module: Program,
  feeds: readonly FeedData[],
  use: (feeds: EngineFeed[]) => Promise<T>,
): Promise<T> {
  return withBuffers(module, write, (place) => use(feeds.map((feed) => named(feed, place))));
}

/** Copies values into the engine's memory for the duration of `use`; null stays null. */
export async function placed<T>(
  module: Program,
  values: readonly (ValueData | null)[],
  use: (values: (EngineValue | null)[]) => T,
): Promise<T> {
  return withBuffers(module, write, async (place) =>
    use(values.map((value) => value && place(value))),
  );
}

/** As withFeeds, but with any numbers: only types and sizes matter. */
export async function withUnwrittenFeeds<T>(
  module: Program,
  feeds: readonly FeedData[],
  use: (feeds: EngineFeed[]) => Promise<T>,
): Promise<T> {
  const nothing = () => undefined;
  return withBuffers(module, nothing, (place) => use(feeds.map((feed) => named(feed, place))));
}

type Place = (value: ValueData) => EngineValue;

function named(feed: FeedData, place: Place): EngineFeed {
  return { name: feed.name, ...place(feed) };
}

function write(module: Program, buffer: EngineBuffer, bytes: Uint8Array): void {
  module.bytesOf(buffer).set(bytes);
}

async function withBuffers<T>(
  module: Program,
  fill: typeof write,
  use: (place: Place) => Promise<T>,
): Promise<T> {
  const buffers: EngineBuffer[] = [];
  const place: Place = (value) => {
    const { type, dims } = value;
    if (isNested(value)) return { type, dims, data: value.data.map(place) };
    if (isStrings(value.data)) return { type, dims, data: value.data };
    const buffer = module.makeBuffer(value.data.byteLength);
    buffers.push(buffer);
    fill(module, buffer, value.data);
    return { type, dims, data: buffer };
  };
  try {
    return await use(place);
  } finally {
    for (const buffer of buffers) module.deleteBuffer(buffer);
  }
}

/** A copy of bytes in the engine's memory. */
export function bufferOf(module: Program, bytes: Uint8Array | Uint8ClampedArray): EngineBuffer {
  const buffer = module.makeBuffer(bytes.byteLength);
  module.bytesOf(buffer).set(bytes);
  return buffer;
}

function isStrings(data: TensorData['data']): data is readonly string[] {
  return Array.isArray(data);
}
