import { FoveaError } from '../base/errors.js';
import { bfloat16, float16, floatBits, type FloatFormat } from '../base/float-bits.js';
import { described, ownValue, typedArrayName } from '../base/kinds.js';

// Not yet in every platform, nor in the compiler's library.
interface Float16ArrayConstructor {
  new (length: number): Uint16Array;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): Uint16Array;
}
const Float16Array = (globalThis as { Float16Array?: Float16ArrayConstructor }).Float16Array;

/**
 * Types whose elements no typed array has one by one: those of less than a byte lie packed from the
 * lowest bits of each byte on, floats of a byte are their codes, and complex numbers two floats each.
 */
export interface RawDataMap {
  int4: Uint8Array;
  uint4: Uint8Array;
  int2: Uint8Array;
  uint2: Uint8Array;
  float8e4m3fn: Uint8Array;
  float8e4m3fnuz: Uint8Array;
  float8e5m2: Uint8Array;
  float8e5m2fnuz: Uint8Array;
  float8e8m0: Uint8Array;
  float6e2m3: Uint8Array;
  float6e3m2: Uint8Array;
  float4e2m1: Uint8Array;
  complex64: Float32Array;
  complex128: Float64Array;
}

/** The typed array that holds each numeric element type. */
export interface TypedDataMap extends RawDataMap {
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
  int4: Uint8Array,
  uint4: Uint8Array,
  int2: Uint8Array,
  uint2: Uint8Array,
  float8e4m3fn: Uint8Array,
  float8e4m3fnuz: Uint8Array,
  float8e5m2: Uint8Array,
  float8e5m2fnuz: Uint8Array,
  float8e8m0: Uint8Array,
  float6e2m3: Uint8Array,
  float6e3m2: Uint8Array,
  float4e2m1: Uint8Array,
  complex64: Float32Array,
  complex128: Float64Array,
};

/** How many elements of its typed array an element takes, where that is not one. */
const arrayElements: Readonly<Record<string, number>> = {
  int4: 1 / 2,
  uint4: 1 / 2,
  int2: 1 / 4,
  uint2: 1 / 4,
  float6e2m3: 3 / 4,
  float6e3m2: 3 / 4,
  float4e2m1: 1 / 2,
  complex64: 2,
  complex128: 2,
};

/** The length of the data of a tensor of so many elements. */
export function dataLength(type: TensorType, size: number): number {
  return Math.ceil(size * (ownValue(arrayElements, type) ?? 1));
}

/** The element type of each typed array that is of one by itself. */
const inferred: Readonly<Record<string, TensorType>> = {
  Float16Array: 'float16',
  Float32Array: 'float32',
  Float64Array: 'float64',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Int8Array: 'int8',
  Uint16Array: 'uint16',
  Int16Array: 'int16',
  Uint32Array: 'uint32',
  Int32Array: 'int32',
  BigUint64Array: 'uint64',
  BigInt64Array: 'int64',
};

/** Whether `name` is an element type. */
export function isTensorType(name: string): name is TensorType {
  return name === 'string' || Object.hasOwn(constructors, name);
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
  const name = typedArrayName(data);
  if (type === 'float16') return name === 'Float16Array' || name === 'Uint16Array';
  return name === constructors[type].name;
}

/** The element type that `data` alone tells, as onnxruntime-common infers it. */
export function inferType(data: unknown): TensorType {
  if (Array.isArray(data) && data.length > 0) {
    if (typeof data[0] === 'string') return 'string';
    if (typeof data[0] === 'boolean') return 'bool';
  }
  const type = ownValue(inferred, typedArrayName(data) ?? '');
  if (type !== undefined) return type;
  throw new FoveaError(
    'InvalidInput',
    'the element type cannot be inferred from the data: give it, as in new Tensor("float32", data, dims)',
  );
}

/**
 * Copies numbers, bigints or booleans into the typed array of `type`: floats are rounded to the
 * nearest, integers must be in range.
 *
 * @throws FoveaError InvalidInput for an element that is none of `type`
 */
export function convertArray(type: keyof TypedDataMap, values: readonly unknown[]): TypedData {
  const convert = ownValue<Conversion>(conversions, type);
  if (!convert) {
    const message = `a tensor of ${type} is made from a typed array, not from a list of numbers`;
    throw new FoveaError('InvalidInput', message);
  }
  const elements = new constructors[type](values.length) as { [index: number]: number | bigint };
  // Not by forEach, which passes over what is missing in the array.
  for (let index = 0; index < values.length; ++index) {
    const element = convert(values[index]);
    if (element === undefined) {
      const message = `element ${index} is ${described(values[index])}, which is no ${type}`;
      throw new FoveaError('InvalidInput', message);
    }
    elements[index] = element;
  }
  return elements as TypedData;
}

/** What is stored for a value; undefined where it has no place in the type. */
type Conversion = (value: unknown) => number | bigint | undefined;

const conversions: Record<Exclude<keyof TypedDataMap, keyof RawDataMap>, Conversion> = {
  float32: toNumber,
  float64: toNumber,
  uint8: toInteger(0, 8),
  int8: toInteger(1, 8),
  uint16: toInteger(0, 16),
  int16: toInteger(1, 16),
  uint32: toInteger(0, 32),
  int32: toInteger(1, 32),
  uint64: toBigInt(0n, 64n),
  int64: toBigInt(1n, 64n),
  bool: toInteger(0, 1),
  float16: Float16Array ? toNumber : toBits(float16),
  bfloat16: toBits(bfloat16),
};

function toNumber(value: unknown): number | undefined {
  return ['number', 'bigint', 'boolean'].includes(typeof value) ? Number(value) : undefined;
}

function toBits(format: FloatFormat): Conversion {
  return (value) => {
    const number = toNumber(value);
    return number === undefined ? undefined : floatBits(number, format);
  };
}

/** @param sign the bits of the sign, 0 or 1 */
function toInteger(sign: 0 | 1, bits: number): Conversion {
  const [least, most] = [-sign * 2 ** (bits - 1), 2 ** (bits - sign) - 1];
  return (value) => {
    const number = toNumber(value);
    return Number.isInteger(number) && number! >= least && number! <= most ? number : undefined;
  };
}

function toBigInt(sign: 0n | 1n, bits: bigint): Conversion {
  const [least, most] = [-sign * 2n ** (bits - 1n), 2n ** (bits - sign) - 1n];
  return (value) => {
    const isWhole = typeof value === 'bigint' || Number.isInteger(toNumber(value));
    const integer = isWhole ? BigInt(value as bigint | number | boolean) : undefined;
    return integer !== undefined && integer >= least && integer <= most ? integer : undefined;
  };
}
