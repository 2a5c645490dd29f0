// MATLAB's imresize(image, size, 'bicubic'), by which super-resolution benchmarks are defined.

/**
 * Pixels, row by row, channels interleaved: bytes 0..255, or doubles of any range.
 *
 * @typedef {object} Image
 * @property {number} width
 * @property {number} height
 * @property {number} channels
 * @property {Uint8ClampedArray | Float64Array} data
 */

/**
 * Resizes an image, rows before columns. Of bytes it makes bytes, rounded after each of the two
 * passes as in MATLAB, where a pass gives what it was given; doubles are not rounded.
 *
 * @param {Image} image
 * @param {number} width
 * @param {number} height
 * @returns {Image}
 */
export function imresize({ data, channels, ...from }, width, height) {
  const columns = resizeAxis(data, [1, from.height, from.width * channels], height);
  const both = resizeAxis(columns, [height, from.width, channels], width);
  return { width, height, channels, data: both };
}

/**
 * Bytes enlarged by bicubic in double precision and rounded once: what models are compared with.
 *
 * @param {Image} image
 * @param {number} scale
 * @returns {Image}
 */
export function enlargeBicubic(image, scale) {
  const doubles = { ...image, data: Float64Array.from(image.data) };
  const { data, ...size } = imresize(doubles, scale * image.width, scale * image.height);
  return { ...size, data: Uint8ClampedArray.from(data, roundHalfUp) };
}

/**
 * The samples that make up each sample of a resized axis, and their weights.
 *
 * Shrinking widens the kernel by the factor (antialiasing); beyond a border the axis is mirrored,
 * with its last sample repeated; the weights of each output sum to 1.
 *
 * @param {number} length
 * @param {number} outLength
 * @returns {{taps: number, indices: Int32Array, weights: Float64Array}} both [outLength][taps]
 */
export function cubicTaps(length, outLength) {
  const scale = outLength / length;
  const stretch = Math.max(1, 1 / scale);
  const taps = Math.ceil(4 * stretch) + 2;
  const indices = new Int32Array(outLength * taps);
  const weights = new Float64Array(outLength * taps);
  for (let i = 0; i < outLength; ++i) {
    const centre = (i + 0.5) / scale - 0.5;
    const first = Math.floor(centre - 2 * stretch);
    const own = weights.subarray(i * taps, (i + 1) * taps);
    for (let tap = 0; tap < taps; ++tap) {
      indices[i * taps + tap] = mirrored(first + tap, length);
      own[tap] = cubic((centre - first - tap) / stretch);
    }
    const sum = own.reduce((total, weight) => total + weight);
    for (let tap = 0; tap < taps; ++tap) own[tap] /= sum;
  }
  return { taps, indices, weights };
}

/**
 * Resizes the middle axis of [outer][length][inner].
 *
 * @param {Image['data']} data
 * @param {[outer: number, length: number, inner: number]} shape
 * @param {number} outLength
 */
function resizeAxis(data, [outer, length, inner], outLength) {
  const { taps, indices, weights } = cubicTaps(length, outLength);
  const rounded = data instanceof Uint8ClampedArray;
  const size = outer * outLength * inner;
  const out = rounded ? new Uint8ClampedArray(size) : new Float64Array(size);
  const sums = new Float64Array(inner);
  for (let o = 0; o < outer; ++o) {
    for (let i = 0; i < outLength; ++i) {
      sums.fill(0);
      for (let tap = i * taps; tap < (i + 1) * taps; ++tap) {
        const from = (o * length + indices[tap]) * inner;
        for (let k = 0; k < inner; ++k) sums[k] += weights[tap] * data[from + k];
      }
      out.set(rounded ? sums.map(roundHalfUp) : sums, (o * outLength + i) * inner);
    }
  }
  return out;
}

/** Not what a Uint8ClampedArray does by itself: that rounds halves to even. @param {number} value */
function roundHalfUp(value) {
  return Math.floor(value + 0.5);
}

/** Keys' cubic convolution kernel, a = -1/2 (IEEE ASSP 29(6), 1981). @param {number} at */
function cubic(at) {
  const x = Math.abs(at);
  if (x <= 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/**
 * @param {number} index
 * @param {number} length
 */
function mirrored(index, length) {
  const within = ((index % (2 * length)) + 2 * length) % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
}
