import { family, scaled, type OperatorCase } from './case.js';
import { images, rows } from './sizes.js';
import * as v from './values.js';

const ofImages = scaled(images, (dims) => [v.floats(dims)]);

const transpositions: readonly [string, readonly number[]][] = [
  ['0231', [0, 2, 3, 1]],
  ['0312', [0, 3, 1, 2]],
  ['0213', [0, 2, 1, 3]],
  ['0132', [0, 1, 3, 2]],
  ['3210', [3, 2, 1, 0]],
];

const pads = [0, 0, 3, 3, 0, 0, 3, 3];

/** Resize of images to twice the sizes, but for other scales. */
function resize(variant: string, attributes: OperatorCase['attributes'], scale = 2): OperatorCase {
  return {
    op: 'Resize',
    variant,
    attributes: attributes!,
    sizes: scaled(images, (dims) => [v.floats(dims), v.none, v.numbers([1, 1, scale, scale])]),
  };
}

export const movement: OperatorCase[] = [
  ...transpositions.map(([variant, perm]) => ({
    op: 'Transpose',
    variant,
    attributes: { perm: [...perm] },
    sizes: ofImages,
  })),
  ...family(
    ['Transpose'],
    scaled(rows, (dims) => [v.floats(dims)]),
    { variant: 'matrix' },
  ),
  ...family(
    ['Transpose'],
    scaled(rows, (dims) => [v.int64s(dims)]),
    { variant: 'int64 matrix' },
  ),
  ...family(
    ['Transpose'],
    scaled(rows, (dims) => [v.uint8s(dims)]),
    { variant: 'uint8 matrix' },
  ),
  ...[0, 1, -1].map((axis) => ({
    op: 'Concat',
    variant: `axis ${axis}`,
    attributes: { axis },
    sizes: scaled(images, (dims) => [v.floats(dims), v.floats(dims)]),
  })),
  ...[1, -1].map((axis) => ({
    op: 'Split',
    variant: `axis ${axis}`,
    outputs: 2,
    attributes: { axis, num_outputs: 2 },
    sizes: ofImages,
  })),
  ...family(['Identity'], ofImages),
  ...family(
    ['Reshape'],
    scaled(images, (dims) => [v.floats(dims), v.ints(-1)]),
  ),
  ...family(['Flatten'], ofImages),
  ...family(
    ['Squeeze'],
    scaled(images, (dims) => [v.floats(dims), v.ints(0)]),
  ),
  ...family(
    ['Unsqueeze'],
    scaled(images, (dims) => [v.floats(dims), v.ints(0)]),
  ),
  ...family(['Shape', 'Size'], ofImages),
  {
    op: 'Slice',
    variant: 'crop',
    sizes: scaled(images, (dims) => [v.floats(dims), v.ints(2, 2), v.ints(-2, -2), v.ints(2, 3)]),
  },
  {
    op: 'Slice',
    variant: 'steps 2',
    sizes: scaled(images, (dims) => [
      v.floats(dims),
      v.ints(0, 0),
      v.ints(9999, 9999),
      v.ints(2, 3),
      v.ints(2, 2),
    ]),
  },
  {
    op: 'Slice',
    variant: 'reversed',
    sizes: scaled(images, (dims) => [
      v.floats(dims),
      v.ints(-1),
      v.ints(-9999),
      v.ints(3),
      v.ints(-1),
    ]),
  },
  ...['constant', 'reflect', 'edge', 'wrap'].map((mode) => ({
    op: 'Pad',
    variant: mode,
    attributes: { mode },
    sizes: scaled(images, (dims) => [v.floats(dims), v.ints(...pads)]),
  })),
  {
    op: 'Tile',
    variant: 'axes 2, 3',
    sizes: scaled(images, (dims) => [v.floats(dims), v.ints(1, 1, 2, 2)]),
  },
  {
    op: 'Tile',
    variant: 'axis 0',
    sizes: scaled(images, (dims) => [v.floats(dims), v.ints(4, 1, 1, 1)]),
  },
  {
    op: 'Expand',
    variant: 'columns',
    sizes: scaled(rows, ([n, m]) => [v.floats([n, 1]), v.ints(n, m)]),
  },
  {
    op: 'Expand',
    variant: 'rows',
    sizes: scaled(rows, ([n, m]) => [v.floats([1, m]), v.ints(n, m)]),
  },
  {
    op: 'Expand',
    variant: 'heads',
    sizes: scaled([16, 128, 1024], (n) => [v.floats([1, 2, 1, n, 64]), v.ints(1, 2, 4, n, 64)]),
  },
  ...[0, 1].map((axis) => ({
    op: 'Gather',
    variant: `axis ${axis}`,
    attributes: { axis },
    sizes: scaled(rows, ([n, m]) => [v.floats([n, m]), v.int64s([axis === 0 ? n : m], 0, n - 1)]),
  })),
  {
    op: 'Gather',
    variant: 'embedding',
    sizes: scaled([16, 128, 1024], (n) => [v.weights(4096, 256), v.int64s([1, n], 0, 4095)]),
  },
  ...[0, 1].map((axis) => ({
    op: 'GatherElements',
    variant: `axis ${axis}`,
    attributes: { axis },
    sizes: scaled(rows, ([n, m]) => [v.floats([n, m]), v.int64s([n, m], 0, n - 1)]),
  })),
  {
    op: 'GatherND',
    variant: 'rows',
    sizes: scaled(rows, ([n, m]) => [v.floats([n, m]), v.int64s([n, 1], 0, n - 1)]),
  },
  {
    op: 'GatherND',
    variant: 'elements',
    sizes: scaled(rows, ([n, m]) => [v.floats([n, m]), v.int64s([(n * m) / 4, 2], 0, n - 1)]),
  },
  ...[0, 1].map((axis) => ({
    op: 'ScatterElements',
    variant: `axis ${axis}`,
    attributes: { axis },
    sizes: scaled(rows, ([n, m]) => [
      v.floats([n, m]),
      v.int64s([n, m], 0, n - 1),
      v.floats([n, m]),
    ]),
  })),
  {
    op: 'ScatterElements',
    variant: 'add',
    attributes: { axis: 1, reduction: 'add' },
    sizes: scaled(rows, ([n, m]) => [
      v.floats([n, m]),
      v.int64s([n, m], 0, n - 1),
      v.floats([n, m]),
    ]),
  },
  {
    op: 'ScatterND',
    variant: 'rows',
    sizes: scaled(rows, ([n, m]) => [
      v.floats([n, m]),
      v.int64s([n / 2, 1], 0, n - 1),
      v.floats([n / 2, m]),
    ]),
  },
  {
    op: 'ScatterND',
    variant: 'elements',
    sizes: scaled(rows, ([n, m]) => [
      v.floats([n, m]),
      v.int64s([(n * m) / 4, 2], 0, n - 1),
      v.floats([(n * m) / 4]),
    ]),
  },
  ...['DCR', 'CRD'].map((mode) => ({
    op: 'DepthToSpace',
    variant: mode,
    attributes: { blocksize: 2, mode },
    sizes: ofImages,
  })),
  ...family(['SpaceToDepth'], ofImages, { attributes: { blocksize: 2 } }),
  resize('nearest', { mode: 'nearest' }),
  resize('linear', { mode: 'linear' }),
  resize('cubic', { mode: 'cubic' }),
  resize('linear 1.5', { mode: 'linear' }, 1.5),
  resize('linear half', { mode: 'linear' }, 0.5),
  resize('antialias', { mode: 'linear', antialias: 1 }, 0.5),
  resize('cubic antialias', { mode: 'cubic', antialias: 1 }, 0.5),
  {
    op: 'Trilu',
    sizes: scaled([32, 256, 1024], (n) => [v.floats([n, n])]),
  },
  {
    op: 'OneHot',
    sizes: scaled([16, 256, 4096], (n) => [
      v.int64s([n], 0, 255),
      v.scalar('int64', 256),
      v.constant({ ...v.floats([2]), data: Float32Array.of(0, 1) }),
    ]),
  },
  {
    op: 'ReverseSequence',
    attributes: { time_axis: 0, batch_axis: 1 },
    sizes: scaled([16, 128, 1024], (n) => [v.floats([n, 8, 64]), v.int64s([8], 1, n)]),
  },
  {
    op: 'Compress',
    attributes: { axis: 0 },
    sizes: scaled(rows, ([n, m]) => [v.floats([n, m]), v.bools([n])]),
  },
  ...family(
    ['NonZero'],
    scaled(rows, (dims) => [v.bools(dims)]),
  ),
  ...family(
    ['NonZero'],
    scaled(rows, (dims) => [v.floats(dims)]),
    { variant: 'float32' },
  ),
  ...family(
    ['Unique'],
    scaled([1024, 65_536, 1_048_576], (n) => [v.int64s([n], 0, 1000)]),
    {
      outputs: 4,
    },
  ),
  ...family(
    ['EyeLike'],
    scaled([32, 256, 1024], (n) => [v.floats([n, n])]),
  ),
  ...family(
    ['CenterCropPad'],
    scaled(images, (dims) => [v.floats(dims), v.ints(dims[2] / 2, dims[3] * 2)]),
    {
      attributes: { axes: [2, 3] },
    },
  ),
  {
    op: 'Range',
    sizes: scaled([1024, 65_536, 1_048_576], (n) => [
      { ...v.int64s([]), data: BigInt64Array.of(0n) },
      { ...v.int64s([]), data: BigInt64Array.of(BigInt(n)) },
      { ...v.int64s([]), data: BigInt64Array.of(1n) },
    ]),
  },
  {
    op: 'ConstantOfShape',
    sizes: scaled([1024, 65_536, 1_048_576], (n) => [
      { ...v.int64s([1]), data: BigInt64Array.of(BigInt(n)) },
    ]),
  },
];
