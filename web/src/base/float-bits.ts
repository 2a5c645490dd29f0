/** A binary format of IEEE 754's kind, of 16 bits. */
export interface FloatFormat {
  exponentBits: number;
  /** Without the leading one, which is not stored. */
  fractionBits: number;
}

export const float16: FloatFormat = { exponentBits: 5, fractionBits: 10 };
export const bfloat16: FloatFormat = { exponentBits: 8, fractionBits: 7 };

/**
 * The bits of the number of a format that is nearest to `value`, the even one of two, as IEEE 754
 * rounds by default: once, from double precision.
 */
export function floatBits(value: number, { exponentBits, fractionBits }: FloatFormat): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = value < 0 || Object.is(value, -0) ? 2 ** (exponentBits + fractionBits) : 0;
  const infinity = (2 ** exponentBits - 1) * 2 ** fractionBits;
  if (Number.isNaN(value)) return infinity + 2 ** (fractionBits - 1);
  const magnitude = Math.abs(value);
  if (magnitude === Infinity) return sign + infinity;
  // The smallest numbers share the exponent of the smallest normal ones.
  const exponent = Math.max(exponentOf(magnitude), 1 - bias);
  const fraction = roundToEven(magnitude / 2 ** (exponent - fractionBits));
  // A normal number's leading one raises the exponent by 1, and so does a fraction rounded up to 2.
  const bits = (exponent + bias - 1) * 2 ** fractionBits + fraction;
  return sign + Math.min(bits, infinity);
}

const double = new DataView(new ArrayBuffer(8));

/** The exponent that a double is stored with: floor(log2(magnitude)) of normal ones. */
function exponentOf(magnitude: number): number {
  double.setFloat64(0, magnitude);
  return ((double.getUint16(0) >> 4) & 0x7ff) - 1023;
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
