import type { ElementType } from '../support/onnx-builder.js';
import type { Choices } from './choices.js';

/** Elements in row-major order; float16 as its raw bits. */
export type Elements =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | string[];

export interface TensorValue {
  type: ElementType;
  dims: readonly number[];
  data: Elements;
}

/** The typed array of each type that both runtimes take from JavaScript and give back. */
const arrays = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

type ArrayType = keyof typeof arrays;

export const floatTypes: readonly ElementType[] = ['float32', 'float64', 'float16'];

const words = ['', 'a', 'b', 'ab', 'the', 'The', 'a b', 'Äpfel', '日本', '-1'];

export function isFloat(type: ElementType): boolean {
  return floatTypes.includes(type);
}

/** Whether a model's inputs and outputs can be of the type, in JavaScript. */
export function isGivable(type: ElementType | undefined): type is ArrayType | 'string' {
  return type === 'string' || Object.hasOwn(arrays, type ?? '');
}

/** The least and the greatest number of a type of integers; nothing of another. */
export function integerRange(type: ElementType): [number, number] | undefined {
  const [, sign, bits] = /^(u?)int(\d+)$/.exec(type) ?? [];
  if (bits === undefined) return undefined;
  const values = 2 ** Number(bits);
  return sign ? [0, values - 1] : [-values / 2, values / 2 - 1];
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
  if (type === 'string') return { type, dims, data: Array.from(numbers, wordOf) };
  if (type === 'int64') return { type, dims, data: BigInt64Array.from(numbers, BigInt) };
  if (type === 'uint64') return { type, dims, data: BigUint64Array.from(numbers, BigInt) };
  if (!isGivable(type)) throw new TypeError(`no tensor of ${type} is written`);
  const from: readonly number[] =
    type === 'float16' ? Array.from(numbers, toHalf) : Array.from(numbers);
  return { type, dims, data: (arrays[type] as Float32ArrayConstructor).from(from) };
}

/** A word for a number, always the same. */
const wordOf = (number: number) =>
  words[Math.abs(Math.round(number)) % words.length] ?? String(number);

/** Elements of a type, as a runtime gave them. */
export function viewElements(
  type: ElementType,
  given: ArrayBufferView | readonly string[],
): Elements {
  if (!ArrayBuffer.isView(given)) return [...given];
  const Constructor = arrays[type as ArrayType];
  const { buffer, byteOffset, byteLength } = given;
  const length = byteLength / Constructor.BYTES_PER_ELEMENT;
  return new Constructor(buffer as ArrayBuffer, byteOffset, length);
}

/** The elements as double-precision numbers; 64-bit integers beyond 2^53 lose digits. */
export function toNumbers({ type, data }: Pick<TensorValue, 'type' | 'data'>): Float64Array {
  if (type === 'float16') return Float64Array.from(data as Uint16Array, fromHalf);
  if (type === 'string') return Float64Array.from(data as string[], (s) => words.indexOf(s));
  return Float64Array.from(data as BigInt64Array, Number);
}

/** The elements at these positions, as a tensor of other sizes. */
export function elementsAt(
  { type, data }: TensorValue,
  dims: readonly number[],
  positions: readonly number[],
): TensorValue {
  const picked = positions.map((position) => data[position]!);
  if (type === 'string') return { type, dims, data: picked as string[] };
  const typed = new (arrays[type as ArrayType] as Uint8ArrayConstructor)(picked as number[]);
  return { type, dims, data: typed };
}

/** The greatest finite magnitude; 0 where there is none. */
export function greatestMagnitude(numbers: Float64Array): number {
  return numbers.reduce(
    (greatest, value) => (Number.isFinite(value) ? Math.max(greatest, Math.abs(value)) : greatest),
    0,
  );
}

/** About the greatest magnitude that randomTensor() gives a type. */
export function boundOf(type: ElementType): number {
  if (isFloat(type)) return 2;
  return type === 'uint8' ? 255 : type === 'int8' ? 128 : type === 'bool' ? 1 : 18;
}

/** Random elements: floats within +-`bound`, whole numbers that are small, or all of a byte. */
export function randomTensor(
  random: Choices,
  type: ElementType,
  dims: readonly number[],
  bound = 2,
): TensorValue {
  const element = (): number => {
    if (type === 'bool') return random.int(0, 1);
    if (type === 'string') return random.int(0, words.length - 1);
    if (type === 'uint8') return random.int(0, 255);
    if (type === 'int8') return random.int(-128, 127);
    if (type.startsWith('uint')) return random.int(0, 18);
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
