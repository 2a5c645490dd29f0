import { isFloat, greatestMagnitude, toNumbers, type TensorValue } from './tensors.js';
import type { Values } from './compute.js';

/** How far two results may be apart, by the name of the value; those that are missing, not at all. */
export type Tolerances = Readonly<Record<string, number>>;

/** The first place where results differ. */
export interface Difference {
  value: string;
  /** Which of the graph's feeds it was. */
  run: number;
  /** What differs, and how it reads on either side. */
  what: 'shape' | 'type' | 'element';
  actual: string;
  expected: string;
  /** Where the element is. */
  at?: readonly number[];
  /** By how much it may be off; by how much it is. */
  tolerance?: number;
  error?: number;
  /** How many elements differ, of how many. */
  count?: string;
}

/** Half the distance from 1 to the next larger number of a type. */
const roundings: Partial<Record<TensorValue['type'], number>> = {
  float64: 2 ** -53,
  float32: 2 ** -24,
  float16: 2 ** -11,
  bfloat16: 2 ** -8,
};

export function roundingOf(type: TensorValue['type']): number {
  return roundings[type] ?? 0;
}

/** What a few roundings of the greatest element come to: more needs a reason. */
export function tightTolerance(expected: TensorValue): number {
  if (!isFloat(expected.type)) return 0;
  return 32 * roundingOf(expected.type) * greatestMagnitude(toNumbers(expected));
}

/**
 * The first difference of one run's values; `tolerances` are added to what roundings explain.
 *
 * @param rounded integers that may be one off
 */
export function firstDifference(
  actual: Values,
  expected: Values,
  run = 0,
  tolerances: Tolerances = {},
  rounded: readonly string[] = [],
): Difference | undefined {
  for (const [value, wanted] of Object.entries(expected)) {
    const tolerance = rounded.includes(value) ? 1 : (tolerances[value] ?? 0);
    const found = differenceOf(actual[value]!, wanted, tolerance);
    if (found) return { value, run, ...found };
  }
  return undefined;
}

function differenceOf(
  actual: TensorValue,
  expected: TensorValue,
  tolerance: number,
): Omit<Difference, 'value' | 'run'> | undefined {
  if (actual.type !== expected.type) {
    return { what: 'type', actual: actual.type, expected: expected.type };
  }
  if (actual.dims.join() !== expected.dims.join()) {
    return {
      what: 'shape',
      actual: `[${actual.dims.join()}]`,
      expected: `[${expected.dims.join()}]`,
    };
  }
  return elementDifference(actual, expected, tolerance + tightTolerance(expected));
}

function elementDifference(actual: TensorValue, expected: TensorValue, tolerance: number) {
  const [numbers, wanted] = [toNumbers(actual), toNumbers(expected)];
  const indices = [...wanted.keys()].filter((i) =>
    // Whole numbers of 64 bits and words as they are.
    tolerance === 0 && !isFloat(expected.type)
      ? actual.data[i] !== expected.data[i]
      : !isNear(numbers[i]!, wanted[i]!, tolerance),
  );
  const [first] = indices;
  if (first === undefined) return undefined;
  const errors = indices.map((i) => Math.abs(numbers[i]! - wanted[i]!));
  return {
    what: 'element' as const,
    actual: written(actual, first),
    expected: written(expected, first),
    at: positionOf(first, expected.dims),
    tolerance,
    error: Math.max(...errors.slice(0, 1000)),
    count: `${indices.length} of ${wanted.length}`,
  };
}

const written = (tensor: TensorValue, index: number) =>
  String(tensor.type === 'float16' ? toNumbers(tensor)[index] : tensor.data[index]);

function isNear(actual: number, expected: number, tolerance: number): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(actual);
  if (actual === expected) return true;
  return Number.isFinite(expected) && Math.abs(actual - expected) <= tolerance;
}

function positionOf(index: number, dims: readonly number[]): number[] {
  return dims
    .toReversed()
    .map((size) => {
      const position = index % size;
      index = (index - position) / size;
      return position;
    })
    .reverse();
}
