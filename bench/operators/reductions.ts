import { family, scaled, type OperatorCase } from './case.js';
import { images, rows } from './sizes.js';
import * as v from './values.js';

const ofRows = (low = -1, high = 1) => scaled(rows, (dims) => [v.floats(dims, low, high)]);
const ofImages = scaled(images, (dims) => [v.floats(dims)]);

const reductions = [
  'ReduceSum',
  'ReduceMean',
  'ReduceMax',
  'ReduceMin',
  'ReduceProd',
  'ReduceL1',
  'ReduceL2',
  'ReduceSumSquare',
  'ReduceLogSum',
  'ReduceLogSumExp',
];

/** Sizes of rows, or images, with the axes as a constant. */
const overAxes = (
  dims: readonly (readonly number[])[],
  axes: readonly number[],
  make: (dims: readonly number[]) => v.Value = (d) => v.floats(d, 0.5, 1),
) => scaled(dims, (size) => [make(size), v.ints(...axes)]);

/** -1 or 1. */
const signs = (dims: readonly number[]): v.Value => {
  const value = v.int64s(dims, 0, 1);
  return { ...value, data: BigInt64Array.from(value.data as BigInt64Array, (x) => 2n * x - 1n) };
};

const pool = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
const params = (channels: number) => v.constant(v.floats([channels], 0.5, 1));

export const reduction: OperatorCase[] = [
  ...family(reductions, overAxes(rows, [-1]), { variant: 'rows' }),
  ...family(reductions, overAxes(rows, [0]), { variant: 'columns' }),
  ...family(['ReduceSum', 'ReduceMean', 'ReduceMax'], overAxes(images, [2, 3]), {
    variant: 'planes',
  }),
  ...family(['ReduceSum', 'ReduceMean', 'ReduceMax'], overAxes(images, [1]), {
    variant: 'channels',
  }),
  ...family(['ReduceSum', 'ReduceMax'], overAxes(images, [0, 2, 3]), { variant: 'axes 0, 2, 3' }),
  ...family(
    ['ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceMean'],
    overAxes(rows, [-1], (d) => v.int64s(d)),
    { variant: 'int64 rows' },
  ),
  // Products that int64 holds: beyond it onnxruntime saturates, where ONNX's integers wrap.
  ...family(['ReduceProd'], overAxes(rows, [-1], signs), { variant: 'int64 rows' }),
  ...family(
    ['ReduceSum', 'ReduceMax'],
    overAxes(rows, [0], (d) => v.int32s(d)),
    {
      variant: 'int32 columns',
    },
  ),
  ...family(
    ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceL2'],
    overAxes(rows, [0], (d) => v.doubles(d)),
    { variant: 'float64 columns' },
  ),
  ...family(['ArgMax', 'ArgMin'], ofRows(), { variant: 'rows', attributes: { axis: -1 } }),
  ...family(['ArgMax', 'ArgMin'], ofImages, { variant: 'channels', attributes: { axis: 1 } }),
  ...family(['Softmax', 'LogSoftmax', 'Hardmax'], ofRows(), { attributes: { axis: -1 } }),
  ...family(['Softmax', 'LogSoftmax'], ofImages, { variant: 'channels', attributes: { axis: 1 } }),
  ...family(
    ['CumSum'],
    scaled(rows, (dims) => [v.floats(dims), v.scalar('int64', 1)]),
    {
      variant: 'rows',
    },
  ),
  ...family(
    ['CumSum'],
    scaled(rows, (dims) => [v.floats(dims), v.scalar('int64', 0)]),
    {
      variant: 'columns',
    },
  ),
  ...family(
    ['CumSum'],
    scaled(rows, (dims) => [v.int64s(dims), v.scalar('int64', 1)]),
    {
      variant: 'int64 rows',
    },
  ),
  {
    op: 'TopK',
    variant: '10 of a row',
    outputs: 2,
    sizes: scaled(rows, (dims) => [v.floats(dims), v.ints(10)]),
  },
  {
    op: 'TopK',
    variant: 'half of a row',
    outputs: 2,
    sizes: scaled(rows, (dims) => [v.floats(dims), v.ints(dims[1] / 2)]),
  },
  {
    op: 'TopK',
    variant: '300 of one row',
    outputs: 2,
    sizes: scaled([1024, 65_536, 1_048_576], (n) => [v.floats([1, n]), v.ints(300)]),
  },
  {
    op: 'TopK',
    variant: 'columns',
    outputs: 2,
    attributes: { axis: 0 },
    sizes: scaled(rows, (dims) => [v.floats(dims), v.ints(5)]),
  },
  ...family(['MaxPool', 'AveragePool'], ofImages, { attributes: pool }),
  ...family(['MaxPool'], ofImages, {
    variant: '5x5 same',
    attributes: { kernel_shape: [5, 5], pads: [2, 2, 2, 2] },
  }),
  ...family(['MaxPool'], ofImages, { variant: 'indices', outputs: 2, attributes: pool }),
  ...family(
    ['MaxPool', 'AveragePool'],
    scaled([256, 8192, 65_536], (n) => [v.floats([1, 16, n])]),
    {
      variant: '1-D',
      attributes: { kernel_shape: [3], strides: [2] },
    },
  ),
  ...family(
    ['MaxPool', 'AveragePool'],
    scaled([8, 16, 40], (n) => [v.floats([1, 8, n, n, n])]),
    {
      variant: '3-D',
      attributes: { kernel_shape: [2, 2, 2], strides: [2, 2, 2] },
    },
  ),
  ...family(['LpPool'], ofImages, { attributes: { ...pool, p: 2 } }),
  ...family(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool'], ofImages),
  {
    op: 'BatchNormalization',
    sizes: scaled(images, (dims) => [
      v.floats(dims),
      ...Array.from({ length: 4 }, () => params(dims[1])),
    ]),
  },
  {
    op: 'InstanceNormalization',
    sizes: scaled(images, (dims) => [v.floats(dims), params(dims[1]), params(dims[1])]),
  },
  {
    op: 'GroupNormalization',
    attributes: { num_groups: 4 },
    sizes: scaled(images, (dims) => [v.floats(dims), params(dims[1]), params(dims[1])]),
  },
  {
    op: 'LayerNormalization',
    sizes: scaled(rows, (dims) => [v.floats(dims), params(dims[1]), params(dims[1])]),
  },
  {
    op: 'RMSNormalization',
    opset: 23,
    sizes: scaled(rows, (dims) => [v.floats(dims), params(dims[1])]),
  },
  ...family(['LRN'], ofImages, { attributes: { size: 5 } }),
  ...family(['LpNormalization'], ofRows(), { attributes: { axis: -1, p: 2 } }),
  ...family(['MeanVarianceNormalization'], ofImages),
  ...family(
    ['Det'],
    scaled(
      [
        [16, 8, 8],
        [64, 32, 32],
        [64, 128, 128],
      ],
      (dims) => [v.floats(dims)],
    ),
  ),
];
