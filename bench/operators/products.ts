import { family, scaled, type OperatorCase, type Sizes } from './case.js';
import * as v from './values.js';

const squares = [16, 128, 512] as const;

interface Layer {
  channels: number;
  size: number;
}
const layers: readonly Layer[] = [
  { channels: 4, size: 16 },
  { channels: 16, size: 64 },
  { channels: 64, size: 112 },
];

const square = (kernel: number) => ({
  kernel_shape: [kernel, kernel],
  pads: Array<number>(4).fill((kernel - 1) / 2),
});

const image = ({ channels, size }: Layer) => v.floats([1, channels, size, size]);

const conv = (kernel: number): Sizes =>
  scaled(layers, (layer) => [
    image(layer),
    v.weights(layer.channels, layer.channels, kernel, kernel),
    v.weights(layer.channels),
  ]);

const products: readonly [string, () => OperatorCase['sizes']][] = [
  ['square', () => scaled(squares, (n) => [v.floats([n, n]), v.floats([n, n])])],
  ['weights', () => scaled(squares, (n) => [v.floats([n, n]), v.weights(n, n)])],
  ['row', () => scaled([32, 256, 1024], (n) => [v.floats([1, n]), v.weights(n, n)])],
  ['column', () => scaled([32, 256, 1024], (n) => [v.floats([n, n]), v.floats([n, 1])])],
  [
    'batches',
    () => scaled([16, 64, 256], (n) => [v.floats([1, 8, n, 64]), v.floats([1, 8, 64, n])]),
  ],
  ['tokens', () => scaled([8, 64, 512], (n) => [v.floats([1, n, 256]), v.weights(256, 256)])],
];

/** Steps, batches and features of recurrent networks. */
const recurrences = [
  [8, 1, 32],
  [50, 1, 128],
  [100, 1, 512],
] as const;

function recurrent(op: string, gates: number, variant?: string, batch?: number): OperatorCase {
  return {
    op,
    ...(variant === undefined ? {} : { variant }),
    outputs: 2,
    attributes: (inputs) => ({ hidden_size: inputs[0]!.dims[2]! }),
    sizes: scaled(recurrences, ([steps, one, size]) => [
      v.floats([steps, batch ?? one, size]),
      v.weights(1, gates * size, size),
      v.weights(1, gates * size, size),
      v.weights(1, 2 * gates * size),
    ]),
  };
}

const equations: readonly [string, Sizes][] = [
  ['ij,jk->ik', scaled(squares, (n) => [v.floats([n, n]), v.floats([n, n])])],
  [
    'bhid,bhjd->bhij',
    scaled([16, 64, 256], (n) => [v.floats([1, 8, n, 64]), v.floats([1, 8, n, 64])]),
  ],
  [
    'bhij,bhjd->bhid',
    scaled([16, 64, 256], (n) => [v.floats([1, 8, n, n]), v.floats([1, 8, n, 64])]),
  ],
  ['bsd,dhk->bshk', scaled([8, 64, 512], (n) => [v.floats([1, n, 256]), v.weights(256, 8, 32)])],
  ['i,j->ij', scaled([32, 256, 1024], (n) => [v.floats([n]), v.floats([n])])],
  ['ij->ji', scaled([32, 256, 1024], (n) => [v.floats([n, n])])],
  ['ij->i', scaled([32, 256, 1024], (n) => [v.floats([n, n])])],
  ['bij,bij->b', scaled([16, 128, 512], (n) => [v.floats([4, n, n]), v.floats([4, n, n])])],
];

const uint8Scale = () => [v.scalar('float32', 0.02), v.scalar('uint8', 128)];
const int8Scale = () => [v.scalar('float32', 0.02), v.scalar('int8', 0)];
const int8Weights = (...dims: number[]) => v.constant(v.int8s(dims));

const quantized: OperatorCase[] = [
  {
    op: 'MatMulInteger',
    sizes: scaled(squares, (n) => [
      v.uint8s([n, n]),
      int8Weights(n, n),
      v.scalar('uint8', 128),
      v.scalar('int8', 0),
    ]),
  },
  {
    op: 'QLinearMatMul',
    sizes: scaled(squares, (n) => [
      v.uint8s([n, n]),
      ...uint8Scale(),
      int8Weights(n, n),
      ...int8Scale(),
      v.scalar('float32', 2),
      v.scalar('uint8', 128),
    ]),
  },
  {
    op: 'ConvInteger',
    attributes: square(3),
    sizes: scaled(layers, ({ channels, size }) => [
      v.uint8s([1, channels, size, size]),
      v.constant(v.uint8s([channels, channels, 3, 3])),
      v.scalar('uint8', 128),
      v.scalar('uint8', 128),
    ]),
  },
  ...[1, 3].map((kernel) => ({
    op: 'QLinearConv',
    variant: `${kernel}x${kernel}`,
    attributes: square(kernel),
    sizes: scaled(layers, ({ channels, size }) => [
      v.uint8s([1, channels, size, size]),
      ...uint8Scale(),
      int8Weights(channels, channels, kernel, kernel),
      ...int8Scale(),
      v.scalar('float32', 2),
      v.scalar('uint8', 128),
    ]),
  })),
  {
    op: 'QLinearConv',
    variant: 'depthwise',
    attributes: (inputs) => ({ ...square(3), group: inputs[0]!.dims[1]! }),
    sizes: scaled(layers, ({ channels, size }) => [
      v.uint8s([1, channels, size, size]),
      ...uint8Scale(),
      int8Weights(channels, 1, 3, 3),
      ...int8Scale(),
      v.scalar('float32', 2),
      v.scalar('uint8', 128),
    ]),
  },
  {
    op: 'QuantizeLinear',
    sizes: scaled([1024, 65_536, 1_048_576], (n) => [v.floats([n]), ...uint8Scale()]),
  },
  {
    op: 'DequantizeLinear',
    sizes: scaled([1024, 65_536, 1_048_576], (n) => [v.uint8s([n]), ...uint8Scale()]),
  },
  {
    op: 'DequantizeLinear',
    variant: 'channels',
    attributes: { axis: 0 },
    sizes: scaled([32, 256, 1024], (n) => [v.int8s([n, n]), v.constant(v.floats([n], 0.01, 0.1))]),
  },
  {
    op: 'DynamicQuantizeLinear',
    outputs: 3,
    sizes: scaled([1024, 65_536, 1_048_576], (n) => [v.floats([n])]),
  },
];

export const product: OperatorCase[] = [
  ...products.map(([variant, sizes]) => ({ op: 'MatMul', variant, sizes: sizes() })),
  ...[0, 1].map((transB) => ({
    op: 'Gemm',
    variant: transB === 0 ? 'weights' : 'transposed weights',
    attributes: { transB },
    sizes: scaled(squares, (n) => [v.floats([n, n]), v.weights(n, n), v.weights(n)]),
  })),
  {
    op: 'MatMul',
    variant: 'float64',
    sizes: scaled([16, 128, 256], (n) => [v.doubles([n, n]), v.doubles([n, n])]),
  },
  {
    op: 'MatMul',
    variant: 'int32',
    sizes: scaled([16, 128, 256], (n) => [v.int32s([n, n]), v.int32s([n, n])]),
  },
  ...[1, 3, 5, 7].map((kernel) => ({
    op: 'Conv',
    variant: `${kernel}x${kernel}`,
    attributes: square(kernel),
    sizes: conv(kernel),
  })),
  {
    op: 'Conv',
    variant: 'stride 2',
    attributes: { ...square(3), strides: [2, 2] },
    sizes: conv(3),
  },
  {
    op: 'Conv',
    variant: 'dilated',
    attributes: { kernel_shape: [3, 3], pads: [2, 2, 2, 2], dilations: [2, 2] },
    sizes: conv(3),
  },
  {
    op: 'Conv',
    variant: 'depthwise',
    attributes: (inputs) => ({ ...square(3), group: inputs[0]!.dims[1]! }),
    sizes: scaled(layers, (layer) => [image(layer), v.weights(layer.channels, 1, 3, 3)]),
  },
  {
    op: 'Conv',
    variant: 'groups',
    attributes: { ...square(3), group: 4 },
    sizes: scaled(layers, (layer) => [
      image(layer),
      v.weights(layer.channels, layer.channels / 4, 3, 3),
    ]),
  },
  {
    op: 'Conv',
    variant: '1-D',
    attributes: { kernel_shape: [3], pads: [1, 1] },
    sizes: scaled([64, 1024, 8192], (n) => [v.floats([1, 32, n]), v.weights(32, 32, 3)]),
  },
  {
    op: 'Conv',
    variant: '3-D',
    attributes: { kernel_shape: [3, 3, 3], pads: [1, 1, 1, 1, 1, 1] },
    sizes: scaled([8, 16, 32], (n) => [v.floats([1, 8, n, n, n]), v.weights(8, 8, 3, 3, 3)]),
  },
  {
    op: 'ConvTranspose',
    variant: 'stride 2',
    attributes: { kernel_shape: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1] },
    sizes: scaled(layers, (layer) => [
      image(layer),
      v.weights(layer.channels, layer.channels, 4, 4),
    ]),
  },
  {
    op: 'ConvTranspose',
    variant: '3x3 stride 1',
    attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    sizes: scaled(layers, (layer) => [
      image(layer),
      v.weights(layer.channels, layer.channels, 3, 3),
    ]),
  },
  recurrent('RNN', 1),
  recurrent('GRU', 3),
  recurrent('LSTM', 4),
  recurrent('LSTM', 4, 'batch 8', 8),
  ...equations.map(([equation, sizes]) => ({
    op: 'Einsum',
    variant: equation,
    attributes: { equation },
    sizes,
  })),
  ...quantized,
  {
    op: 'Attention',
    opset: 23,
    sizes: scaled([16, 64, 256], (n) => Array.from({ length: 3 }, () => v.floats([1, 8, n, 64]))),
  },
  {
    op: 'RotaryEmbedding',
    opset: 23,
    sizes: scaled([8, 64, 512], (n) => [
      v.floats([1, 8, n, 64]),
      v.constant(v.floats([n, 32])),
      v.constant(v.floats([n, 32])),
      { ...v.int64s([1, n]), data: BigInt64Array.from({ length: n }, (_, i) => BigInt(i)) },
    ]),
  },
  ...family(
    ['DFT'],
    scaled([128, 1024, 8192], (n) => [v.floats([4, n, 1]), v.none, v.none]),
    {
      opset: 17,
      variant: 'powers of two',
      attributes: { axis: 1 },
    },
  ),
];
