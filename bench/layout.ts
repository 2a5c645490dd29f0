/** [1, channels, H, W] to [1, H, W, channels]. */
export function toNhwc(nchw: Float32Array, channels: number): Float32Array {
  return transpose(nchw, channels, nchw.length / channels);
}

/** [1, H, W, channels] to [1, channels, H, W]. */
export function toNchw(nhwc: Float32Array, channels: number): Float32Array {
  return transpose(nhwc, nhwc.length / channels, channels);
}

function transpose(source: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(source.length);
  for (let row = 0; row < rows; ++row) {
    for (let column = 0; column < columns; ++column) {
      result[column * rows + row] = source[row * columns + column]!;
    }
  }
  return result;
}
