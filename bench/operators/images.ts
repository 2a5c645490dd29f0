import { family, scaled, type Feeds, type OperatorCase, type Truth } from './case.js';
import { channelsAndSizes } from './sizes.js';
import * as v from './values.js';

/** Boxes of so many pixels, as `[n, 4]`: x1, y1, x2, y2. */
function boxes(dims: readonly number[], size: number): v.Value {
  const corners = v.floats(dims, 0, size / 2);
  corners.data.forEach((_, index) => {
    if (index % 4 >= 2) {
      corners.data[index] = Number(corners.data[index - 2]) + 1 + size / 4;
    }
  });
  return corners;
}

const grids = (mode: string, padding_mode: string, variant: string): OperatorCase => ({
  op: 'GridSample',
  variant,
  opset: 20,
  attributes: { mode, padding_mode },
  sizes: scaled(channelsAndSizes, ([channels, size]) => [
    v.floats([1, channels, size, size]),
    v.floats([1, size, size, 2], -1.1, 1.1),
  ]),
});

/** Some frequencies of the first of `[4, n, 1]`, as sums. */
function spectrum(feeds: Feeds): Truth[] {
  const { data, dims } = feeds.in0!;
  const n = dims[1]!;
  const frequencies = Array.from({ length: 16 }, (_, index) => Math.floor((index * n) / 16));
  return frequencies.flatMap((frequency) => {
    let [real, imaginary] = [0, 0];
    for (let i = 0; i < n; ++i) {
      const angle = (-2 * Math.PI * ((i * frequency) % n)) / n;
      real += Number(data[i]) * Math.cos(angle);
      imaginary += Number(data[i]) * Math.sin(angle);
    }
    return [
      { at: 2 * frequency, value: real },
      { at: 2 * frequency + 1, value: imaginary },
    ];
  });
}

const transform = (axis: number, onesided: number, variant: string, lengths: number[]) =>
  ({
    op: 'DFT',
    variant,
    opset: 20,
    attributes: { onesided },
    sizes: scaled(lengths, (n) => [v.floats([4, n, 1]), v.none, v.scalar('int64', axis)]),
    // onnxruntime's floats are wrong in the second digit at the largest lengths that are no powers of 2.
    ...(onesided === 0 ? { truth: spectrum } : {}),
  }) satisfies OperatorCase;

export const images: OperatorCase[] = [
  grids('linear', 'zeros', 'linear'),
  grids('linear', 'border', 'linear border'),
  grids('nearest', 'zeros', 'nearest'),
  grids('cubic', 'zeros', 'cubic'),
  grids('linear', 'reflection', 'linear reflection'),
  {
    op: 'AffineGrid',
    opset: 20,
    sizes: scaled([16, 128, 512], (n) => [v.floats([1, 2, 3]), v.ints(1, 3, n, n)]),
  },
  ...['avg', 'max'].map((mode) => ({
    op: 'RoiAlign',
    variant: mode,
    opset: 16,
    attributes: { output_height: 7, output_width: 7, sampling_ratio: 2, mode },
    sizes: scaled([...channelsAndSizes], ([channels, size]) => [
      v.floats([1, channels, size, size]),
      boxes([channels, 4], size),
      v.int64s([channels], 0, 0),
    ]),
  })),
  {
    op: 'MaxRoiPool',
    attributes: { pooled_shape: [7, 7] },
    sizes: scaled(channelsAndSizes, ([channels, size]) => {
      const rois = v.floats([channels, 5], 0, size / 2);
      for (let i = 0; i < channels; ++i) {
        rois.data[5 * i] = 0;
        for (const side of [3, 4]) {
          rois.data[5 * i + side] = Number(rois.data[5 * i + side - 2]) + size / 4;
        }
      }
      return [v.floats([1, channels, size, size]), rois];
    }),
  },
  {
    op: 'NonMaxSuppression',
    sizes: scaled([64, 1024, 8192], (n) => [
      boxes([1, n, 4], 512),
      v.floats([1, 1, n], 0, 1),
      v.ints(100),
      v.numbers([0.5]),
      v.numbers([0.2]),
    ]),
  },
  {
    op: 'NonMaxSuppression',
    variant: '80 classes',
    sizes: scaled([16, 128, 1024], (n) => [
      boxes([1, n, 4], 512),
      v.floats([1, 80, n], 0, 1),
      v.ints(20),
      v.numbers([0.5]),
      v.numbers([0.7]),
    ]),
  },
  {
    op: 'MaxUnpool',
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    sizes: scaled(channelsAndSizes, ([channels, size]) => {
      const dims = [1, channels, size / 2, size / 2];
      const indices = v.int64s(dims);
      for (let i = 0; i < indices.data.length; ++i) {
        const [x, y] = [i % (size / 2), Math.floor(i / (size / 2))];
        indices.data[i] = BigInt(2 * y * size + 2 * x);
      }
      return [v.floats(dims), indices];
    }),
  },
  {
    op: 'Col2Im',
    attributes: { pads: [1, 1, 1, 1] },
    sizes: scaled(channelsAndSizes, ([channels, size]) => [
      v.floats([1, channels * 9, size * size]),
      v.ints(size, size),
      v.ints(3, 3),
    ]),
  },
  {
    op: 'DeformConv',
    opset: 19,
    attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    sizes: scaled(channelsAndSizes, ([channels, size]) => [
      v.floats([1, channels, size, size]),
      v.weights(channels, channels, 3, 3),
      v.floats([1, 18, size, size]),
    ]),
  },
  transform(1, 0, 'powers of two', [128, 1024, 65_536]),
  transform(1, 1, 'one-sided', [128, 1024, 65_536]),
  transform(1, 0, 'length 15 times', [120, 960, 61_440]),
  transform(1, 0, 'prime length', [127, 1021, 16_381]),
  {
    op: 'STFT',
    opset: 17,
    sizes: scaled([1024, 16_000, 160_000], (n) => [
      v.floats([1, n, 1]),
      v.scalar('int64', 160),
      v.constant(v.floats([400], 0, 1)),
      v.scalar('int64', 400),
    ]),
  },
  ...family(
    ['HannWindow', 'HammingWindow', 'BlackmanWindow'],
    scaled([1024, 65_536, 1_048_576], (n) => [
      { ...v.int64s([]), data: BigInt64Array.of(BigInt(n)) },
    ]),
  ),
];
