import type { ElementType } from '../support/onnx-builder.js';
import type { Choices } from './choices.js';

export type Elements =
  Float32Array | Float64Array | Uint16Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

/** Elements in row-major order; float16 as its raw bits. */
export interface TensorValue {
  type: ElementType;
  dims: readonly number[];
  data: Elements;
}

const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} satisfies Record<ElementType, unknown>;

export const floatTypes: readonly ElementType[] = ['float32', 'float64', 'float16'];

export function isFloat(type: ElementType): boolean {
  return floatTypes.includes(type);
}

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** A tensor of these numbers, rounded to its type. */
export function tensorOf(
  type: ElementType,
  dims: readonly number[],
  numbers: readonly number[] | Float64Array,
): TensorValue {
  if (type === 'int64') return { type, dims, data: BigInt64Array.from(numbers, BigInt) };
  const from: readonly number[] =
    type === 'float16' ? Array.from(numbers, toHalf) : Array.from(numbers);
  return { type, dims, data: arrays[type].from(from) };
}

/** Elements of a type, as a runtime gave them. */
export function viewElements(type: ElementType, given: ArrayBufferView): Elements {
  const Constructor = arrays[type];
  const { buffer, byteOffset, byteLength } = given;
  const length = byteLength / Constructor.BYTES_PER_ELEMENT;
  return new Constructor(buffer as ArrayBuffer, byteOffset, length);
}

/** The elements as double-precision numbers; int64 beyond 2^53 loses its last digits. */
export function toNumbers({ type, data }: Pick<TensorValue, 'type' | 'data'>): Float64Array {
  if (type === 'float16') return Float64Array.from(data as Uint16Array, fromHalf);
  if (type === 'int64') return Float64Array.from(data as BigInt64Array, Number);
  return Float64Array.from(data as Float32Array);
}

/** The greatest finite magnitude; 0 where there is none. */
export function greatestMagnitude(numbers: Float64Array): number {
  return numbers.reduce(
    (greatest, value) => (Number.isFinite(value) ? Math.max(greatest, Math.abs(value)) : greatest),
    0,
  );
}

/** Random elements: floats within +-`bound`, whole numbers that are small, or all pixels. */
export function randomTensor(
  random: Choices,
  type: ElementType,
  dims: readonly number[],
  bound = 2,
): TensorValue {
  const element = (): number => {
    if (type === 'bool') return random.int(0, 1);
    if (type === 'uint8') return random.int(0, 255);
    if (!isFloat(type)) return random.int(-9, 9);
    return (2 * random.uniform() - 1) * bound;
  };
  return tensorOf(type, dims, Array.from({ length: elementCount(dims) }, element));
}

/** The nearest binary16 to a number, ties to even. */
function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -25) return sign;
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14);
  const steps = roundToEven(magnitude / 2 ** (exponent - 10));
  // Steps that overflow the ten bits carry into the exponent, as they should.
  return sign | (exponent === -14 ? steps : ((exponent + 15) << 10) + steps - 1024);
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
