// com.microsoft's operators of quantised numbers: what they round may come out one off.

import type { ElementType } from '../../support/onnx-builder.js';
import { broadcast, fromFront, type GraphMaker, type Value } from '../maker.js';
import { elementCount, tensorOf } from '../tensors.js';
import { dequantizeLinear, quantizeLinear, scaleOf, wholes } from './quantization.js';
import type { Operator } from './operator.js';

/** A scale and a zero point: constants, as onnxruntime makes tables of them. */
const parameters = (maker: GraphMaker) => [
  maker.constant(tensorOf('float32', [], [maker.random.of([0.5, 0.25, 0.1])])),
  maker.constant(tensorOf(maker.type, [], [maker.random.int(0, 20)])),
];

/** A value with elements. */
function bytes(maker: GraphMaker): Value {
  const x = maker.take(1, 4, { fits: ({ dims }) => elementCount(dims) > 0 });
  return elementCount(x.dims) > 0 ? x : maker.input(maker.type, [2, 3]);
}

function entry(
  name: string,
  add: (maker: GraphMaker, qualified: string) => Value | undefined,
): Operator {
  const qualified = `com.microsoft:${name}`;
  return { name: qualified, add: (maker) => maker.endRounded(add(maker, qualified)) };
}

function binary(name: string): Operator {
  return entry(name, (maker, qualified) => {
    const x = bytes(maker);
    const y = maker.weights(maker.broadcastable(x.dims), 1, x.type);
    const dims = broadcast(x.dims, y.dims);
    const inputs = [x, ...parameters(maker), y, ...parameters(maker), ...parameters(maker)];
    return dims && maker.one(qualified, inputs, {}, { dims });
  });
}

function unary(name: string): Operator {
  return entry(name, (maker, qualified) => {
    const x = bytes(maker);
    const inputs = [x, ...parameters(maker), ...parameters(maker)];
    const attributes = name === 'QLinearLeakyRelu' ? { alpha: { float: 0.2 } } : {};
    return maker.one(qualified, inputs, attributes);
  });
}

const softmax = entry('QLinearSoftmax', (maker, qualified) => {
  const x = bytes(maker);
  const isLate = maker.random.chance(0.6);
  const axis = isLate
    ? maker.axis(x.dims.length)
    : fromFront(maker.axis(x.dims.length), x.dims.length);
  const scale = maker.constant(tensorOf('float32', [], [0.1]));
  const out = maker.constant(tensorOf('float32', [], [1 / 256]));
  const zero = maker.constant(tensorOf(x.type, [], [maker.random.int(0, 20)]));
  const fixed = maker.constant(tensorOf(x.type, [], [x.type === 'int8' ? -128 : 0]));
  const inputs = [x, scale, zero, out, fixed];
  return maker.one(qualified, inputs, { axis, opset: isLate ? 13 : 12 });
});

const averagePool = entry('QLinearAveragePool', (maker, qualified) => {
  const { random, type } = maker;
  const isLast = random.chance(0.3);
  const [batch, channels, size] = [random.int(1, 2), random.int(1, 4), random.int(1, 3)];
  const pad = size > 1 ? random.int(0, 1) : 0;
  const arranged = (sizes: number[]) =>
    isLast ? [batch, ...sizes, channels] : [batch, channels, ...sizes];
  const x = maker.input(type, arranged([6, 5]));
  const out = [6, 5].map((length) => length + 2 * pad - size + 1);
  const attributes = {
    kernel_shape: [size, size],
    pads: [pad, pad, pad, pad],
    count_include_pad: random.of([undefined, 0, 1]),
    channels_last: isLast ? 1 : undefined,
  };
  const inputs = [x, ...parameters(maker), ...parameters(maker)];
  return maker.one(qualified, inputs, attributes, { dims: arranged(out) });
});

const globalAveragePool = entry('QLinearGlobalAveragePool', (maker, qualified) => {
  const { random, type } = maker;
  const isLast = random.chance(0.4);
  const x = maker.input(type, [
    random.int(1, 2),
    random.int(1, 5),
    random.int(1, 5),
    random.int(1, 5),
  ]);
  const dims = x.dims.map((size, axis) => (axis === 0 || axis === (isLast ? 3 : 1) ? size : 1));
  const inputs = [x, ...parameters(maker), ...parameters(maker)];
  return maker.one(qualified, inputs, { channels_last: isLast ? 1 : undefined }, { dims });
});

const concat = entry('QLinearConcat', (maker, qualified) => {
  const { random, type } = maker;
  const first = bytes(maker);
  const axis = random.int(0, first.dims.length - 1);
  const parts = [first];
  for (let count = random.int(0, 2); count > 0; --count) {
    const dims = first.dims.map((size, i) => (i === axis ? random.int(1, 4) : size));
    parts.push(maker.weights(dims, 1, type));
  }
  const full = () => parameters(maker);
  const inputs = [...full(), ...parts.flatMap((part) => [part, ...full()])];
  const size = parts.reduce((sum, { dims }) => sum + dims[axis]!, 0);
  const dims = first.dims.map((old, i) => (i === axis ? size : old));
  return maker.one(qualified, inputs, { axis }, { type, dims });
});

const where = entry('QLinearWhere', (maker, qualified) => {
  const x = bytes(maker);
  const y = maker.weights(maker.broadcastable(x.dims), 1, x.type);
  const condition = maker.input('bool', maker.broadcastable(x.dims));
  const dims = broadcast(x.dims, y.dims);
  const full = () => parameters(maker);
  const inputs = [condition, x, ...full(), y, ...full(), ...full()];
  return dims && maker.one(qualified, inputs, {}, { type: x.type, dims });
});

/** What keeps sums within bytes. */
const wide = (maker: GraphMaker) => maker.given(tensorOf('float32', [], [64]));

const gemm = entry('QGemm', (maker, qualified) => {
  const { random, type } = maker;
  const [m, k, n] = [maker.size(), random.int(1, 9), maker.size()];
  const [transA, transB] = [random.int(0, 1), random.int(0, 1)];
  const other = type === 'int8' ? 'int8' : random.of<ElementType>(['uint8', 'int8']);
  const isFloat = random.chance(0.4);
  const inputs = [
    maker.input(type, transA ? [k, m] : [m, k]),
    scaleOf(maker, []),
    wholes(maker, type, [], true),
    maker.weights(transB ? [n, k] : [k, n], 1, other),
    scaleOf(maker, []),
    wholes(maker, other, [], true),
    random.chance(0.5) ? maker.weights(random.of([[n], [m, n], [1, n]]), 1, 'int32') : undefined,
    isFloat ? undefined : wide(maker),
    isFloat ? undefined : wholes(maker, type, [], true),
  ];
  const attributes = { transA, transB, alpha: random.chance(0.3) ? { float: 0.5 } : undefined };
  const result = { type: isFloat ? ('float32' as const) : type, dims: [m, n] };
  return maker.one(qualified, inputs, attributes, result);
});

const convChannelsLast = entry('QLinearConv', (maker, qualified) => {
  const { random, type } = maker;
  const isLast = random.chance(0.5);
  const [batch, channels, outputs, size] = random.ints(4, 1, 3) as [number, number, number, number];
  const arranged = (count: number, sizes: number[]) =>
    isLast ? [batch, ...sizes, count] : [batch, count, ...sizes];
  const other = type === 'int8' ? 'int8' : random.of<ElementType>(['uint8', 'int8']);
  const inputs = [
    maker.input(type, arranged(channels, [6, 5])),
    scaleOf(maker, []),
    wholes(maker, type, [], true),
    maker.weights([outputs, channels, size, size], 1, other),
    scaleOf(maker, []),
    wholes(maker, other, [], true),
    wide(maker),
    wholes(maker, type, [], true),
    random.chance(0.5) ? maker.weights([outputs], 1, 'int32') : undefined,
  ];
  const dims = arranged(outputs, [7 - size, 6 - size]);
  const attributes = { kernel_shape: [size, size], channels_last: isLast ? 1 : undefined };
  return maker.one(qualified, inputs, attributes, { type, dims });
});

const maxPool: Operator = {
  name: 'com.microsoft:NhwcMaxPool',
  add(maker) {
    const { random, type } = maker;
    const size = random.int(1, 3);
    const x = maker.input(type, [random.int(1, 2), 6, 5, random.int(1, 5)]);
    const stride = random.int(1, 2);
    const out = [6, 5].map((length) => Math.floor((length - size) / stride) + 1);
    const attributes = { kernel_shape: [size, size], strides: [stride, stride] };
    const dims = [x.dims[0]!, ...out, x.dims[3]!];
    return maker.one('com.microsoft:NhwcMaxPool', [x], attributes, { dims, exact: true });
  },
};

/** Products of quantised numbers that give floats. */
const matMulIntegerToFloat: Operator = {
  name: 'com.microsoft:MatMulIntegerToFloat',
  add(maker) {
    const { random, type } = maker;
    const [m, k, n] = [maker.size(), random.int(1, 9), maker.size()];
    const other = random.of<ElementType>(['uint8', 'int8']);
    const each = random.chance(0.4) ? [n] : [];
    const inputs = [
      maker.input(type, [m, k]),
      maker.weights([k, n], 1, other),
      scaleOf(maker, []),
      scaleOf(maker, each),
      random.chance(0.7) ? wholes(maker, type, [], true) : undefined,
      random.chance(0.7) ? wholes(maker, other, each, true) : undefined,
      random.chance(0.5) ? maker.weights([n], 1, 'float32') : undefined,
    ];
    const result = { type: 'float32' as const, dims: [m, n], bound: 1e5 };
    return maker.one('com.microsoft:MatMulIntegerToFloat', inputs, {}, result);
  },
};

/** Here a step more or less in the left factor shows in the sums. */
const dynamicQuantizeMatMul: Operator = {
  name: 'com.microsoft:DynamicQuantizeMatMul',
  add(maker) {
    const { random } = maker;
    const [m, k, n] = [maker.size(), random.int(1, 9), maker.size()];
    const other = random.of<ElementType>(['uint8', 'int8']);
    const inputs = [
      maker.input('float32', [m, k]),
      maker.weights([k, n], 1, other),
      scaleOf(maker, []),
      random.chance(0.7) ? wholes(maker, other, [], true) : undefined,
      random.chance(0.5) ? maker.weights([n], 1, 'float32') : undefined,
    ];
    const result = { dims: [m, n], bound: 1e5 };
    return maker.one('com.microsoft:DynamicQuantizeMatMul', inputs, {}, result);
  },
};

export const qLinear: Operator[] = [
  binary('QLinearAdd'),
  binary('QLinearMul'),
  unary('QLinearLeakyRelu'),
  unary('QLinearSigmoid'),
  softmax,
  averagePool,
  globalAveragePool,
  concat,
  where,
  gemm,
  convChannelsLast,
  maxPool,
  matMulIntegerToFloat,
  dynamicQuantizeMatMul,
  quantizeLinear('com.microsoft:QuantizeLinear'),
  dequantizeLinear('com.microsoft:DequantizeLinear'),
];
