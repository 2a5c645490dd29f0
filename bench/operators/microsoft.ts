import { family, scaled, type OperatorCase, type Sizes } from './case.js';
import { channelsAndSizes, counts, rows } from './sizes.js';
import * as v from './values.js';

const domain = 'com.microsoft';

const tokens = [16, 64, 256] as const;

const ofRows = scaled(rows, (dims) => [v.floats(dims, -3, 3)]);
const withBias = scaled(rows, (dims) => [v.floats(dims, -3, 3), v.weights(dims[1])]);
const params = (channels: number) => v.constant(v.floats([channels], 0.5, 1));
const scale = (value: number, zero = 128) => [v.scalar('float32', value), v.scalar('uint8', zero)];

/** Of uint8 with its scale and zero point, to another such scale. */
const ofUint8s: Sizes = scaled(counts, (n) => [v.uint8s([n]), ...scale(0.02), ...scale(0.01)]);

const heads = { num_heads: 8 };
const hidden = 512;

/** Weights of 4 bits: `columns` rows of blocks of 32. */
function fewBits(depth: number, columns: number): v.Value[] {
  const blocks = depth / 32;
  return [
    v.constant(v.uint8s([columns, blocks, 16])),
    v.constant(v.floats([columns * blocks], 0.01, 0.1)),
  ];
}

const quantizedProduct = (n: number) => [
  v.uint8s([n, n]),
  v.constant(v.int8s([n, n])),
  v.scalar('float32', 0.02),
  v.scalar('float32', 0.01),
  v.scalar('uint8', 128),
];

export const microsoft: OperatorCase[] = [
  ...family(['Gelu', 'QuickGelu', 'FastGelu'], ofRows, { domain }),
  ...family(['BiasGelu'], withBias, { domain }),
  ...family(['FastGelu'], withBias, { domain, variant: 'bias' }),
  {
    op: 'SkipLayerNormalization',
    domain,
    sizes: scaled(rows, ([n, m]) => [
      v.floats([1, n, m]),
      v.floats([1, n, m]),
      params(m),
      params(m),
    ]),
  },
  {
    op: 'SkipSimplifiedLayerNormalization',
    domain,
    sizes: scaled(rows, ([n, m]) => [v.floats([1, n, m]), v.floats([1, n, m]), params(m)]),
  },
  {
    op: 'SimplifiedLayerNormalization',
    sizes: scaled(rows, (dims) => [v.floats(dims), params(dims[1])]),
  },
  {
    op: 'EmbedLayerNormalization',
    domain,
    outputs: 2,
    sizes: scaled(tokens, (n) => [
      v.int32s([1, n], 0, 999),
      v.int32s([1, n], 0, 1),
      v.weights(1000, hidden),
      v.weights(512, hidden),
      v.weights(2, hidden),
      params(hidden),
      params(hidden),
    ]),
  },
  {
    op: 'Attention',
    domain,
    attributes: heads,
    sizes: scaled(tokens, (n) => [
      v.floats([1, n, hidden]),
      v.weights(hidden, 3 * hidden),
      v.weights(3 * hidden),
    ]),
  },
  {
    op: 'MultiHeadAttention',
    domain,
    attributes: heads,
    sizes: scaled(tokens, (n) => Array.from({ length: 3 }, () => v.floats([1, n, hidden]))),
  },
  {
    op: 'GroupQueryAttention',
    domain,
    outputs: 3,
    attributes: { num_heads: 8, kv_num_heads: 2 },
    sizes: scaled(tokens, (n) => [
      v.floats([1, n, hidden]),
      v.floats([1, n, hidden / 4]),
      v.floats([1, n, hidden / 4]),
      v.none,
      v.none,
      { ...v.int32s([1]), data: Int32Array.of(n - 1) },
      { ...v.int32s([1]), dims: [], data: Int32Array.of(n) },
    ]),
  },
  {
    op: 'RotaryEmbedding',
    domain,
    sizes: scaled([8, 64, 512], (n) => [
      v.floats([1, n, 512]),
      { ...v.int64s([1]), data: BigInt64Array.of(0n) },
      v.constant(v.floats([n, 32])),
      v.constant(v.floats([n, 32])),
    ]),
  },
  ...family(
    ['FusedMatMul', 'TransposeMatMul'],
    scaled([16, 128, 512], (n) => [v.floats([n, n]), v.floats([n, n])]),
    { domain, attributes: { transB: 1 } },
  ),
  {
    op: 'FusedGemm',
    domain,
    attributes: { activation: 'Relu' },
    sizes: scaled([16, 128, 512], (n) => [v.floats([n, n]), v.weights(n, n), v.weights(n)]),
  },
  {
    op: 'FusedConv',
    domain,
    attributes: { activation: 'Relu', kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    sizes: scaled(
      [
        [4, 16],
        [16, 64],
        [64, 112],
      ] as const,
      ([channels, size]) => [
        v.floats([1, channels, size, size]),
        v.weights(channels, channels, 3, 3),
        v.weights(channels),
      ],
    ),
  },
  {
    op: 'MatMulNBits',
    domain,
    variant: 'row',
    attributes: (inputs) => ({
      K: inputs[0]!.dims[1]!,
      N: inputs[1]!.dims[0]!,
      bits: 4,
      block_size: 32,
    }),
    sizes: scaled([64, 256, 1024], (n) => [v.floats([1, n]), ...fewBits(n, n)]),
  },
  {
    op: 'MatMulNBits',
    domain,
    variant: 'rows',
    attributes: (inputs) => ({
      K: inputs[0]!.dims[1]!,
      N: inputs[1]!.dims[0]!,
      bits: 4,
      block_size: 32,
    }),
    sizes: scaled([64, 256, 1024], (n) => [v.floats([64, n]), ...fewBits(n, n)]),
  },
  {
    op: 'DynamicQuantizeMatMul',
    domain,
    sizes: scaled([16, 128, 512], (n) => [
      v.floats([n, n]),
      v.constant(v.int8s([n, n])),
      v.scalar('float32', 0.01),
    ]),
  },
  {
    op: 'MatMulIntegerToFloat',
    domain,
    sizes: scaled([16, 128, 512], quantizedProduct),
  },
  {
    op: 'QGemm',
    domain,
    sizes: scaled([16, 128, 512], (n) => [
      v.uint8s([n, n]),
      ...scale(0.02),
      v.constant(v.int8s([n, n])),
      v.scalar('float32', 0.01),
      v.scalar('int8', 0),
      v.none,
      v.scalar('float32', 2),
      v.scalar('uint8', 128),
    ]),
  },
  ...family(
    ['QLinearAdd', 'QLinearMul'],
    scaled(counts, (n) => [
      v.uint8s([n]),
      ...scale(0.02),
      v.uint8s([n]),
      ...scale(0.01),
      ...scale(0.03),
    ]),
    { domain },
  ),
  ...family(['QLinearSigmoid'], ofUint8s, { domain }),
  ...family(['QLinearLeakyRelu'], ofUint8s, { domain, attributes: { alpha: { float: 0.1 } } }),
  {
    op: 'QLinearSoftmax',
    domain,
    attributes: { opset: 13, axis: -1 },
    sizes: scaled(rows, (dims) => [v.uint8s(dims), ...scale(0.02), ...scale(1 / 256, 0)]),
  },
  {
    op: 'QLinearConcat',
    domain,
    attributes: { axis: 0 },
    sizes: scaled(rows, (dims) => [
      ...scale(0.02),
      v.uint8s(dims),
      ...scale(0.01),
      v.uint8s(dims),
      ...scale(0.03),
    ]),
  },
  {
    op: 'QLinearAveragePool',
    domain,
    attributes: { kernel_shape: [3, 3], strides: [2, 2] },
    sizes: scaled(channelsAndSizes, ([channels, size]) => [
      v.uint8s([1, channels, size, size]),
      ...scale(0.02),
      ...scale(0.01),
    ]),
  },
  {
    op: 'QLinearGlobalAveragePool',
    domain,
    sizes: scaled(channelsAndSizes, ([channels, size]) => [
      v.uint8s([1, channels, size, size]),
      ...scale(0.02),
      ...scale(0.01),
    ]),
  },
  {
    op: 'QLinearWhere',
    domain,
    sizes: scaled(counts, (n) => [
      v.bools([n]),
      v.uint8s([n]),
      ...scale(0.02),
      v.uint8s([n]),
      ...scale(0.01),
      ...scale(0.03),
    ]),
  },
  ...family(
    ['QuantizeLinear'],
    scaled(counts, (n) => [v.floats([n]), ...scale(0.02)]),
    { domain },
  ),
  ...family(
    ['DequantizeLinear'],
    scaled(counts, (n) => [v.uint8s([n]), ...scale(0.02)]),
    { domain },
  ),
  {
    op: 'CropAndResize',
    domain,
    sizes: scaled(channelsAndSizes, ([channels, size]) => {
      const rois = v.floats([channels, 4], 0, 0.5);
      rois.data.forEach((_, i) => {
        if (i % 4 >= 2) rois.data[i] = Number(rois.data[i - 2]) + 0.4;
      });
      return [
        v.floats([1, channels, size, size]),
        rois,
        v.int32s([channels], 0, 0),
        { ...v.int32s([2]), kind: 'constant', data: Int32Array.of(14, 14) },
      ];
    }),
  },
  {
    op: 'NhwcMaxPool',
    domain,
    attributes: { kernel_shape: [3, 3], strides: [2, 2] },
    sizes: scaled(channelsAndSizes, ([channels, size]) => [v.uint8s([1, size, size, channels])]),
  },
  ...family(
    ['Inverse'],
    scaled(
      [
        [16, 4, 4],
        [64, 16, 16],
        [16, 64, 64],
      ],
      (dims) => [v.floats(dims)],
    ),
    {
      domain,
    },
  ),
];
