import { family, scaled, type OperatorCase } from './case.js';
import { counts, images } from './sizes.js';
import * as v from './values.js';

const unary = (low: number, high: number) => scaled(counts, (n) => [v.floats([n], low, high)]);
const of = (make: (dims: readonly number[]) => v.Value) => scaled(counts, (n) => [make([n])]);

const pairs = (make: (dims: readonly number[]) => v.Value) =>
  scaled(images, (dims) => [make(dims), make(dims)]);
const perChannel = (make: (dims: readonly number[]) => v.Value) =>
  scaled(images, (dims) => [make(dims), make([dims[1], 1, 1])]);
const outer = (make: (dims: readonly number[]) => v.Value) =>
  scaled([32, 256, 1024], (n) => [make([n, 1]), make([1, n])]);

const positive = (dims: readonly number[]) => v.floats(dims, 0.5, 2);
const positiveInts = (dims: readonly number[]) => v.int64s(dims, 1, 50);
const smallInts = (dims: readonly number[]) => v.int32s(dims, 1, 9);
const int64s = (dims: readonly number[]) => v.int64s(dims);
const uint8s = (dims: readonly number[]) => v.uint8s(dims);
const floats = (dims: readonly number[]) => v.floats(dims);

const arithmetic = ['Add', 'Sub', 'Mul', 'Div'];

export const elementwise: OperatorCase[] = [
  ...family(['Abs', 'Neg', 'Ceil', 'Floor', 'Round', 'Sign', 'Exp', 'Erf'], unary(-3, 3)),
  ...family(['Relu', 'LeakyRelu', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu'], unary(-3, 3)),
  ...family(['Sigmoid', 'Tanh', 'HardSigmoid', 'HardSwish', 'Softplus', 'Softsign'], unary(-3, 3)),
  ...family(['Gelu', 'Mish', 'Shrink', 'Sinh', 'Cosh', 'Sin', 'Cos', 'Tan'], unary(-3, 3)),
  ...family(['Atan', 'Asinh'], unary(-3, 3)),
  ...family(['Asin', 'Acos', 'Atanh'], unary(-0.9, 0.9)),
  ...family(['Sqrt', 'Reciprocal', 'Log'], unary(0.5, 2)),
  ...family(['Acosh'], unary(1, 3)),
  ...family(['Abs', 'Neg', 'Sign'], of(int64s), { variant: 'int64' }),
  ...family(['IsNaN', 'IsInf'], unary(-3, 3)),
  ...family(['Not'], of(v.bools)),
  ...family(['BitwiseNot'], of(uint8s), { variant: 'uint8' }),
  {
    op: 'Clip',
    sizes: scaled(counts, (n) => [
      v.floats([n]),
      v.scalar('float32', -0.5),
      v.scalar('float32', 0.5),
    ]),
  },
  ...family([...arithmetic, 'Pow', 'Max', 'Min', 'Mean', 'Sum'], pairs(positive)),
  ...family([...arithmetic, 'Pow'], perChannel(positive), { variant: 'channel' }),
  ...family(arithmetic, outer(positive), { variant: 'outer' }),
  ...family([...arithmetic, 'Mod', 'Max', 'Min'], pairs(positiveInts), { variant: 'int64' }),
  ...family(arithmetic, pairs(smallInts), { variant: 'int32' }),
  ...family(['Mod'], pairs(positive), { variant: 'fmod', attributes: { fmod: 1 } }),
  {
    op: 'Pow',
    variant: 'square',
    sizes: scaled(counts, (n) => [v.floats([n]), v.scalar('float32', 2)]),
  },
  {
    op: 'Pow',
    variant: '1.5',
    sizes: scaled(counts, (n) => [v.floats([n], 0, 2), v.scalar('float32', 1.5)]),
  },
  ...family(['Max', 'Min'], perChannel(floats), { variant: 'channel' }),
  ...family(['PRelu'], perChannel(floats), { variant: 'channel' }),
  ...family(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'], pairs(floats)),
  ...family(['Equal', 'Greater', 'Less'], pairs(int64s), { variant: 'int64' }),
  ...family(['Equal', 'Less'], outer(int64s), { variant: 'int64 outer' }),
  ...family(['And', 'Or', 'Xor'], pairs(v.bools)),
  ...family(['And'], outer(v.bools), { variant: 'outer' }),
  ...family(['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'], pairs(uint8s), { variant: 'uint8' }),
  ...family(['BitwiseAnd'], pairs(int64s), { variant: 'int64' }),
  {
    op: 'BitShift',
    variant: 'uint8',
    attributes: { direction: 'LEFT' },
    sizes: scaled(counts, (n) => [v.uint8s([n]), v.uint8s([n], 0, 7)]),
  },
  {
    op: 'Where',
    sizes: scaled(images, (dims) => [v.bools(dims), v.floats(dims), v.floats(dims)]),
  },
  {
    op: 'Where',
    variant: 'scalar',
    sizes: scaled(images, (dims) => [v.bools(dims), v.floats(dims), v.scalar('float32', 0)]),
  },
  {
    op: 'Where',
    variant: 'mask',
    sizes: scaled([32, 128, 512], (n) => [
      v.bools([1, 1, n, n]),
      v.floats([1, 4, n, n]),
      v.scalar('float32', -1e9),
    ]),
  },
  {
    op: 'Where',
    variant: 'int64',
    sizes: scaled(images, (dims) => [v.bools(dims), v.int64s(dims), v.int64s(dims)]),
  },
  ...casts(),
];

function casts(): OperatorCase[] {
  const from = { float32: floats, int64: int64s, int32: smallInts, uint8: uint8s, bool: v.bools };
  const types = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float64: 11 };
  const wanted: [keyof typeof from, keyof typeof types][] = [
    ['float32', 'int64'],
    ['float32', 'int32'],
    ['float32', 'uint8'],
    ['float32', 'bool'],
    ['float32', 'float64'],
    ['int64', 'float32'],
    ['int64', 'int32'],
    ['int64', 'bool'],
    ['int32', 'float32'],
    ['int32', 'int64'],
    ['uint8', 'float32'],
    ['uint8', 'int64'],
    ['bool', 'float32'],
    ['bool', 'int64'],
  ];
  return wanted.map(([type, to]) => ({
    op: 'Cast',
    variant: `${type} to ${to}`,
    attributes: { to: types[to] },
    sizes: of(from[type]),
  }));
}
