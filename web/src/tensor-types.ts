import { FoveaError } from './errors.js';

// Not yet in every platform, nor in the compiler's library.
interface Float16ArrayConstructor {
  new (length: number): Uint16Array;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): Uint16Array;
}
const Float16Array = (globalThis as { Float16Array?: Float16ArrayConstructor }).Float16Array;

/** The typed array that holds each numeric element type. */
export interface TypedDataMap {
  float32: Float32Array;
  float64: Float64Array;
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  uint32: Uint32Array;
  int32: Int32Array;
  uint64: BigUint64Array;
  int64: BigInt64Array;
  /** 0 or 1 for each element. */
  bool: Uint8Array;
  /** A `Float16Array` where the platform has one, else the raw bits in a `Uint16Array`. */
  float16: Uint16Array;
  /** The raw bits. */
  bfloat16: Uint16Array;
}

/** What a tensor of each element type holds its elements in. */
export interface TensorDataMap extends TypedDataMap {
  string: string[];
}

/** Element types, named as onnxruntime-common names them. */
export type TensorType = keyof TensorDataMap;

export type TypedData = TypedDataMap[keyof TypedDataMap];

interface TypedArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TypedData;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedData;
}

const constructors: Record<keyof TypedDataMap, TypedArrayConstructor> = {
  float32: Float32Array,
  float64: Float64Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: (Float16Array as unknown as TypedArrayConstructor | undefined) ?? Uint16Array,
  bfloat16: Uint16Array,
};

/** Whether `name` is an element type. */
export function isTensorType(name: string): name is TensorType {
  return name === 'string' || name in constructors;
}

/** The elements of a type whose bytes are all of `bytes`. */
export function viewBytes(type: keyof TypedDataMap, bytes: Uint8Array): TypedData {
  const Elements = constructors[type];
  const length = bytes.byteLength / Elements.BYTES_PER_ELEMENT;
  return new Elements(bytes.buffer, bytes.byteOffset, length);
}

/** Whether `data` can be a tensor's elements of that type as it is. */
export function holds(type: TensorType, data: unknown): boolean {
  if (type === 'string') return Array.isArray(data) && data.every((s) => typeof s === 'string');
  if (type === 'uint8' && data instanceof Uint8ClampedArray) return true;
  if (type === 'float16' && data instanceof Uint16Array) return true;
  return data instanceof constructors[type];
}

/** The element type that `data` alone tells, as onnxruntime-common infers it. */
export function inferType(data: unknown): TensorType {
  if (Array.isArray(data) && data.length > 0) {
    if (typeof data[0] === 'string') return 'string';
    if (typeof data[0] === 'boolean') return 'bool';
  }
  if (data instanceof Uint8ClampedArray) return 'uint8';
  if (Float16Array && data instanceof Float16Array) return 'float16';
  for (const [type, Elements] of Object.entries(constructors)) {
    if (data instanceof Elements) return type as TensorType;
  }
  throw new FoveaError(
    'InvalidInput',
    'the element type cannot be inferred from the data: give it, as in new Tensor("float32", data, dims)',
  );
}

/** Copies numbers, bigints or booleans into the typed array of `type`. */
export function convertArray(type: keyof TypedDataMap, values: readonly unknown[]): TypedData {
  const elements = new constructors[type](values.length);
  const big = elements instanceof BigInt64Array || elements instanceof BigUint64Array;
  values.forEach((value, index) => {
    try {
      (elements as { [index: number]: unknown })[index] = big
        ? BigInt(value as number)
        : Number(value);
    } catch (cause) {
      const message = `element ${index} is ${String(value)}, which is no ${type}`;
      throw new FoveaError('InvalidInput', message, {}, { cause });
    }
  });
  return elements;
}
