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
