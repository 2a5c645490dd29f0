import { load, outputsOf, timesOf, type Loaded, type Runtime } from '../sessions.js';
import { makeModel, titleOf, type OperatorCase, type Truth } from './case.js';

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

const timing = { warmUpMilliseconds: 40, batchMilliseconds: 3, rounds: 7 };

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
    const [their, our] = await timesOf(loaded, timing);
    const error = differenceOf(actual, expected, operator.truth?.(feeds));
    return { ...row, ours: our!, theirs: their!, ratio: their! / our!, error };
  } catch (error) {
    return { ...row, failure: (error as Error).message };
  } finally {
    for (const { session } of loaded) await session.release();
  }
}

/** An output's elements, as exact as they are. */
type Elements = ArrayLike<number | bigint>;

async function results(loaded: Loaded): Promise<Elements[]> {
  const all = await outputsOf(loaded);
  const names = Object.keys(all).toSorted();
  return names.map((name) => all[name]!.data as Elements);
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
