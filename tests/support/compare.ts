import type { Named } from './onnxruntime.js';

/** The greatest difference of two arrays; Infinity where one has a NaN or another length. */
export function maxError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity;
  return expected.reduce((error, value, index) => {
    const difference = Math.abs(actual[index]! - value);
    return difference <= error ? error : Number.isNaN(difference) ? Infinity : difference;
  }, 0);
}

/** The greatest magnitude in an array. */
export function maxMagnitude(data: Float32Array): number {
  return data.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0);
}

/**
 * Compares every output with what it must be.
 *
 * @throws Error that names the first output of which something is wrong
 */
export function expectClose(actual: Named, expected: Named, tolerance: number): void {
  const names = Object.keys(expected);
  if (Object.keys(actual).join() !== names.join()) {
    throw new Error(`the outputs are ${Object.keys(actual).join()}, not ${names.join()}`);
  }
  for (const name of names) {
    const [{ dims, data }, wanted] = [actual[name]!, expected[name]!];
    if (dims.join() !== wanted.dims.join()) {
      throw new Error(`${name} is [${dims.join()}], not [${wanted.dims.join()}]`);
    }
    const error = maxError(data, wanted.data);
    if (!(error <= tolerance)) throw new Error(`${name} is off by ${error}, over ${tolerance}`);
  }
}
