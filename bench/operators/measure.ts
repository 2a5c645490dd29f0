import { median } from '../statistics.js';
import { makeModel, titleOf, type Feeds, type OperatorCase, type Truth } from './case.js';
import type { Value } from './values.js';

/** What onnxruntime-common's API and ours have in common, as far as it is needed here. */
interface Session {
  run(feeds: Record<string, never>): Promise<Record<string, { data: unknown }>>;
  release(): Promise<void>;
}

export interface Runtime {
  name: string;
  create(model: Uint8Array): Promise<Session>;
  tensor(type: Value['type'], data: Value['data'], dims: readonly number[]): unknown;
}

export const sizeNames = ['small', 'medium', 'large'] as const;

/** What one operator took at one size. */
export interface Measured {
  operator: string;
  size: string;
  /** Milliseconds of a run, medians; nothing where one of the two does not run it. */
  ours?: number;
  theirs?: number;
  /** How many times as fast as onnxruntime-web's ours is. */
  ratio?: number;
  /** Greatest difference of the results, relative to the greatest of theirs. */
  error?: number;
  /** Why there are no times. */
  failure?: string;
}

interface Loaded {
  runtime: Runtime;
  session: Session;
  feeds: Record<string, never>;
  times: number[];
}

/** A batch of short runs takes at least so many milliseconds. */
const shortestBatch = 3;
const warmUpMilliseconds = 40;
const rounds = 7;

/** Both on one operator at one size, in turns. */
export async function measureOperator(
  operator: OperatorCase,
  size: number,
  [ours, theirs]: readonly [Runtime, Runtime],
): Promise<Measured> {
  const row = { operator: titleOf(operator), size: sizeNames[size]! };
  const loaded: Loaded[] = [];
  try {
    const { model, feeds } = makeModel(operator, size);
    for (const runtime of [theirs, ours]) loaded.push(await load(runtime, model, feeds));
    const [expected, actual] = [await results(loaded[0]!), await results(loaded[1]!)];
    for (const one of loaded) await warmUp(one);
    const batch = Math.max(1, Math.ceil(shortestBatch / Math.min(...loaded.map(quickest))));
    for (const one of loaded) one.times.length = 0;
    for (let round = 0; round < rounds; ++round) {
      for (const one of loaded) one.times.push(await timeOf(one, batch));
    }
    const [their, our] = loaded.map(({ times }) => median(times));
    const error = differenceOf(actual, expected, operator.truth?.(feeds));
    return { ...row, ours: our!, theirs: their!, ratio: their! / our!, error };
  } catch (error) {
    return { ...row, failure: (error as Error).message };
  } finally {
    for (const { session } of loaded) await session.release();
  }
}

async function load(runtime: Runtime, model: Uint8Array, feeds: Feeds): Promise<Loaded> {
  try {
    const session = await runtime.create(model);
    const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      runtime.tensor(type, data, dims),
    ]);
    return { runtime, session, feeds: Object.fromEntries(tensors) as Loaded['feeds'], times: [] };
  } catch (cause) {
    throw new Error(`${runtime.name}: ${String((cause as Error).message ?? cause)}`, { cause });
  }
}

/** An output's elements, as exact as they are. */
type Elements = ArrayLike<number | bigint>;

async function results({ runtime, session, feeds }: Loaded): Promise<Elements[]> {
  try {
    const all = await session.run(feeds);
    const names = Object.keys(all).toSorted();
    return names.map((name) => all[name]!.data as Elements);
  } catch (cause) {
    throw new Error(`${runtime.name}: ${String((cause as Error).message ?? cause)}`, { cause });
  }
}

async function warmUp(one: Loaded): Promise<void> {
  const end = performance.now() + warmUpMilliseconds;
  do {
    one.times.push(await timeOf(one, 1));
  } while (performance.now() < end || one.times.length < 3);
}

function quickest({ times }: Loaded): number {
  return Math.max(median(times), 0.005);
}

/** Milliseconds of a run: of several, one after the other. */
async function timeOf({ session, feeds }: Loaded, runs: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < runs; ++i) await session.run(feeds);
  return (performance.now() - start) / runs;
}

/**
 * The greatest difference from `expected`, relative to its greatest element; of output 0, from what is
 * true at some places where that is known.
 */
function differenceOf(
  actual: readonly Elements[],
  expected: readonly Elements[],
  truth: readonly Truth[] = [],
): number {
  let error = 0;
  for (const [index, values] of expected.entries()) {
    const others = actual[index];
    if (others?.length !== values.length) return Infinity;
    let greatest = 1e-30;
    for (let i = 0; i < values.length; ++i) {
      greatest = Math.max(greatest, Math.abs(Number(values[i])));
    }
    const known = index === 0 ? truth : [];
    const places = known.length > 0 ? known : indicesOf(values);
    for (const { at, value } of places) {
      const difference = Math.abs(distance(others[at]!, value ?? values[at]!)) / greatest;
      error = difference <= error ? error : difference;
    }
  }
  return error;
}

function* indicesOf(values: Elements): Generator<{ at: number; value?: number }> {
  for (let at = 0; at < values.length; ++at) yield { at };
}

/** Integers of 64 bits are subtracted as what they are, not as numbers. */
function distance(a: number | bigint, b: number | bigint): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return Number(a - b);
  return Object.is(a, b) || a === b ? 0 : Number(a) - Number(b);
}
