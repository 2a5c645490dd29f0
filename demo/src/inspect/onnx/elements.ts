import type { Message } from './schema.js';
import { elementTypeName } from './types.js';

type Tensor = Message<'Tensor'>;
export type Numbers = ArrayLike<number>;

/** Reads the bytes of `location` from `offset` on; undefined where that file was not given. */
export type ExternalBytes = (
  location: string,
  offset: number,
  length: number | undefined,
) => Promise<Uint8Array | undefined>;

interface SmallFloat {
  exponent: number;
  mantissa: number;
  bias: number;
  /** What the largest exponent means: as IEEE 754 has it, NaN where all bits are set, or finite. */
  top: 'ieee' | 'nan' | 'finite';
}

const smallFloats: Record<string, SmallFloat> = {
  float16: { exponent: 5, mantissa: 10, bias: 15, top: 'ieee' },
  bfloat16: { exponent: 8, mantissa: 7, bias: 127, top: 'ieee' },
  float8e4m3fn: { exponent: 4, mantissa: 3, bias: 7, top: 'nan' },
  float8e4m3fnuz: { exponent: 4, mantissa: 3, bias: 8, top: 'finite' },
  float8e5m2: { exponent: 5, mantissa: 2, bias: 15, top: 'ieee' },
  float8e5m2fnuz: { exponent: 5, mantissa: 2, bias: 16, top: 'finite' },
  float4e2m1: { exponent: 2, mantissa: 1, bias: 1, top: 'finite' },
};

const wholeArrays = {
  uint8: Uint8Array,
  bool: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

const bitsOfSmall: Record<string, number> = { uint4: 4, int4: 4, uint2: 2, int2: 2, float4e2m1: 4 };

export function elementCount(dims: Tensor['dims']): number {
  return dims.reduce<number>((product, size) => product * Number(size), 1);
}

/**
 * A tensor's elements as numbers; undefined where they are none (text, complex numbers) or are in a file
 * that was not given.
 */
export async function elementsOf(
  tensor: Tensor,
  external: ExternalBytes,
): Promise<Numbers | undefined> {
  const type = elementTypeName(tensor.dataType);
  const bytes =
    tensor.externalData.length > 0 ? await readExternal(tensor, external) : tensor.rawData;
  if (bytes) return fromBytes(type, bytes, elementCount(tensor.dims));
  if (tensor.externalData.length > 0) return undefined;
  return fromFields(type, tensor);
}

function readExternal(tensor: Tensor, external: ExternalBytes): Promise<Uint8Array | undefined> {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const length = entries.get('length');
  return external(
    entries.get('location') ?? '',
    Number(entries.get('offset') ?? 0),
    length === undefined ? undefined : Number(length),
  );
}

/** From the bytes that a tensor's elements are in memory, little-endian as all engines are. */
export function fromBytes(type: string, bytes: Uint8Array, count: number): Numbers | undefined {
  const { buffer } = bytes.slice();
  if (type in wholeArrays) {
    const ArrayType = wholeArrays[type as keyof typeof wholeArrays];
    return new ArrayType(buffer, 0, Math.floor(buffer.byteLength / ArrayType.BYTES_PER_ELEMENT));
  }
  if (type === 'int64') return Float64Array.from(new BigInt64Array(buffer), Number);
  if (type === 'uint64') return Float64Array.from(new BigUint64Array(buffer), Number);
  const bits = bitsOfSmall[type];
  if (bits) return decodeCodes(type, unpacked(bytes, bits, count));
  if (type === 'float16' || type === 'bfloat16') return decodeCodes(type, new Uint16Array(buffer));
  return type.startsWith('float8') ? decodeCodes(type, bytes) : undefined;
}

function fromFields(type: string, tensor: Tensor): Numbers | undefined {
  if (tensor.floatData.length > 0) return tensor.floatData;
  if (tensor.doubleData.length > 0) return tensor.doubleData;
  const wide = tensor.int64Data.length > 0 ? tensor.int64Data : tensor.uint64Data;
  if (wide.length > 0) return wide.map(Number);
  if (tensor.stringData.length > 0) return undefined;
  const codes = tensor.int32Data;
  const bits = bitsOfSmall[type];
  if (bits) return decodeCodes(type, unpacked(codes, bits, elementCount(tensor.dims)));
  return type in smallFloats ? decodeCodes(type, codes) : codes;
}

/** Elements of less than a byte, the lowest bits first. */
function unpacked(bytes: Numbers, bits: number, count: number): Uint8Array {
  const each = 8 / bits;
  return Uint8Array.from(
    { length: Math.min(count, bytes.length * each) },
    (_, at) => (bytes[Math.floor(at / each)]! >> (bits * (at % each))) & (2 ** bits - 1),
  );
}

function decodeCodes(type: string, codes: Numbers): Numbers {
  if (type.startsWith('uint')) return codes;
  const bits = bitsOfSmall[type];
  const format = smallFloats[type];
  const valueOf = format
    ? (code: number) => smallFloatValue(code, format)
    : type === 'float8e8m0'
      ? (code: number) => (code === 255 ? NaN : 2 ** (code - 127))
      : (code: number) => (code >= 2 ** (bits! - 1) ? code - 2 ** bits! : code);
  const known = new Map<number, number>();
  return Float32Array.from(codes, (code) => {
    const found = known.get(code);
    if (found !== undefined) return found;
    const value = valueOf(code);
    known.set(code, value);
    return value;
  });
}

function smallFloatValue(code: number, { exponent, mantissa, bias, top }: SmallFloat): number {
  const magnitude = code & (2 ** (exponent + mantissa) - 1);
  const isNegative = code >> (exponent + mantissa) !== 0;
  const sign = isNegative ? -1 : 1;
  const scale = magnitude >> mantissa;
  const fraction = (magnitude & (2 ** mantissa - 1)) / 2 ** mantissa;
  const isTop = scale === 2 ** exponent - 1;
  if (top === 'ieee' && isTop) return fraction === 0 ? sign * Infinity : NaN;
  if (top === 'nan' && magnitude === 2 ** (exponent + mantissa) - 1) return NaN;
  // The formats without infinities and a negative zero have their NaN there.
  if (top === 'finite' && exponent + mantissa === 7 && isNegative && magnitude === 0) return NaN;
  const value = scale === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (scale - bias);
  return sign * value;
}
