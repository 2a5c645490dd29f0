import { Random } from '../networks/random.js';

type Elements = Float32Array | Float64Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

/** The element types of the cases. */
export type ElementType = 'float32' | 'float64' | 'int64' | 'int32' | 'int8' | 'uint8' | 'bool';

/** An input of a measured operator: fed in every run, or a constant of the model. */
export interface Value {
  kind: 'feed' | 'constant';
  type: ElementType;
  dims: readonly number[];
  data: Elements;
}

/** An input that is left out. */
export const none = null;

export type Input = Value | typeof none;

const random = new Random(7);

export function countOf(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** Random floats from `low` to `high`, fed. */
export function floats(dims: readonly number[], low = -1, high = 1): Value {
  const data = Float32Array.from(
    { length: countOf(dims) },
    () => low + (high - low) * random.uniform(),
  );
  return { kind: 'feed', type: 'float32', dims, data };
}

const arrays = {
  uint8: Uint8Array,
  int8: Int8Array,
  int32: Int32Array,
  bool: Uint8Array,
  float64: Float64Array,
};

/** Random whole numbers from `low` to `high`, both included, fed. */
export function whole(
  type: Exclude<ElementType, 'float32'>,
  dims: readonly number[],
  low = 0,
  high = type === 'bool' ? 1 : 100,
): Value {
  const draw = () => low + Math.floor(random.uniform() * (high - low + 1));
  const length = countOf(dims);
  const data =
    type === 'int64'
      ? BigInt64Array.from({ length }, () => BigInt(draw()))
      : arrays[type].from(Array.from({ length }, draw));
  return { kind: 'feed', type, dims, data };
}

export const int64s = (dims: readonly number[], low = 0, high = 100) =>
  whole('int64', dims, low, high);
export const int32s = (dims: readonly number[], low = 0, high = 100) =>
  whole('int32', dims, low, high);
export const uint8s = (dims: readonly number[], low = 0, high = 255) =>
  whole('uint8', dims, low, high);
export const int8s = (dims: readonly number[], low = -127, high = 127) =>
  whole('int8', dims, low, high);
export const bools = (dims: readonly number[]) => whole('bool', dims);
export const doubles = (dims: readonly number[], low = -100, high = 100) =>
  whole('float64', dims, low, high);

/** The same as a constant of the model. */
export const constant = (value: Value): Value => ({ ...value, kind: 'constant' });

/** Random weights, a constant of the model. */
export const weights = (...dims: number[]) => constant(floats(dims, -0.1, 0.1));

/** int64 elements as a constant of the model. */
export function ints(...elements: number[]): Value {
  const data = BigInt64Array.from(elements, BigInt);
  return { kind: 'constant', type: 'int64', dims: [elements.length], data };
}

/** A scalar as a constant of the model. */
export function scalar(
  type: 'float32' | 'uint8' | 'int8' | 'int64' | 'int32',
  value: number,
): Value {
  const data =
    type === 'int64'
      ? BigInt64Array.of(BigInt(value))
      : type === 'float32'
        ? Float32Array.of(value)
        : arrays[type].of(value);
  return { kind: 'constant', type, dims: [], data };
}

/** float32 elements as a constant of the model. */
export function numbers(elements: readonly number[], dims = [elements.length]): Value {
  return { kind: 'constant', type: 'float32', dims, data: Float32Array.from(elements) };
}
