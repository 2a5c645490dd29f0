// Numbers to a tensor's bytes and back.

import { float16, floatBits } from '../base/float-bits.js';
import { FoveaError } from '../base/errors.js';
import type { TensorData } from '../host/feeding.js';
import type { PictureType } from './form.js';

/** Elements of a type, as their bytes; those of uint8 are rounded and clamped. */
export function elementsOf(type: PictureType, values: Float32Array): Uint8Array {
  switch (type) {
    case 'float32':
      return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
    case 'float16':
      return new Uint8Array(Uint16Array.from(values, (value) => floatBits(value, float16)).buffer);
    case 'uint8':
      return new Uint8Array(Uint8ClampedArray.from(values).buffer);
  }
}

/** As many elements of a type, all of one value. */
export function filledElements(type: PictureType, count: number, value: number): Uint8Array {
  const one = elementsOf(type, Float32Array.of(value));
  const all = new Uint8Array(count * one.length);
  for (let i = 0; i < one.length && count > 0; ++i) all[i] = one[i]!;
  // What is there is doubled until it is all.
  for (let done = one.length; done < all.length; done *= 2) {
    all.copyWithin(done, 0, Math.min(done, all.length - done));
  }
  return all;
}

/** The numbers of a tensor of pictures. Throws FoveaError InvalidInput for another type. */
export function valuesOf({ type, data }: TensorData): Float32Array {
  const bytes = data as Uint8Array;
  switch (type) {
    case 'float32':
      return new Float32Array(bytes.slice().buffer);
    case 'float16':
      return Float32Array.from(new Uint16Array(bytes.slice().buffer), halfValue);
    case 'uint8':
      return Float32Array.from(bytes);
    default:
      throw new FoveaError('InvalidInput', `a picture is float32, float16 or uint8, not ${type}`);
  }
}

/** The number that 16 bits stand for (IEEE 754, binary16). */
function halfValue(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
