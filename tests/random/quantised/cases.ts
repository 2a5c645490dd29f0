// What quantised.test.ts compares: models of one operator, as they are and between QuantizeLinear
// and DequantizeLinear.

import { OnnxBuilder, type Attribute } from '../../support/onnx-builder.js';
import { Numbers } from './numbers.js';

export type ByteType = 'uint8' | 'int8';
export type Elements = Float32Array | Int32Array | Uint8Array | Int8Array;

export interface Case {
  title: string;
  model: Uint8Array;
  feeds: Record<
    string,
    {
      type: 'float32' | ByteType;
      dims: readonly number[];
      data: Float32Array | Uint8Array | Int8Array;
    }
  >;
}

export interface OperatorCases {
  name: string;
  /** Whether nothing is rounded. */
  exact?: boolean;
  cases: () => Case[];
}

const product = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);
const byteTypes: readonly ByteType[] = ['uint8', 'int8'];
const microsoft = 'com.microsoft';

/** A model that grows, and what it is fed. */
class Model {
  readonly builder = new OnnxBuilder();
  readonly feeds: Case['feeds'] = {};
  /** Of constants that are scales, and of values that are dequantised. */
  readonly scales = new Map<string, Float32Array>();

  constructor(readonly numbers: Numbers) {}

  bytes(name: string, type: ByteType, dims: readonly number[]): string {
    this.feeds[name] = { type, dims, data: this.numbers.bytes(type, product(dims)) };
    return this.builder.input(name, dims, type);
  }

  floats(name: string, dims: readonly number[], low = -1, high = 1): string {
    const data = this.numbers.floats(product(dims), low, high);
    this.feeds[name] = { type: 'float32', dims, data };
    return this.builder.input(name, dims);
  }

  weights(type: ByteType, dims: readonly number[]): string {
    return this.builder.constant(this.numbers.bytes(type, product(dims)), dims);
  }

  /** A scale; its digits make ties rare. */
  scale(about: number, count?: number): string {
    const scales = this.numbers.floats(count ?? 1, about * 0.8, about * 1.2);
    const name = this.builder.constant(scales, count === undefined ? [] : [count]);
    this.scales.set(name, scales);
    return name;
  }

  point(type: ByteType, value: number, count?: number): string {
    const values = new Array<number>(count ?? 1).fill(value);
    const data = type === 'int8' ? Int8Array.from(values) : Uint8Array.from(values);
    return this.builder.constant(data, count === undefined ? [] : [count]);
  }

  node(opType: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}) {
    return this.builder.node(opType, inputs, attributes);
  }

  foreign(opType: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}) {
    return this.builder.foreign(microsoft, opType, inputs, attributes, [`${opType} result`])[0]!;
  }

  /** Quantised, and given as bytes. */
  quantised(value: string, type: ByteType, scale: number): string {
    return this.node('QuantizeLinear', [value, this.scale(scale), this.point(type, pointOf(type))]);
  }

  dequantised(bytes: string, type: ByteType, scale: number): string {
    const name = this.scale(scale);
    const result = this.node('DequantizeLinear', [bytes, name, this.point(type, pointOf(type))]);
    this.scales.set(result, this.scales.get(name)!);
    return result;
  }

  /** Weights and a bias of int32, dequantised as onnxruntime's tool writes them. */
  weighted(x: string, dims: readonly number[], axis: number): [string, string] {
    const outputs = dims[axis]!;
    const scales = this.scale(0.008, outputs);
    const points = this.point('int8', 0, outputs);
    const weights = [this.weights('int8', dims), scales, points];
    const [ofImage] = this.scales.get(x)!;
    const ofBias = this.scales.get(scales)!.map((scale) => Math.fround(ofImage! * scale));
    const sums = Int32Array.from({ length: outputs }, () => this.numbers.whole(-9000, 9000));
    const bias = [this.builder.constant(sums), this.builder.constant(ofBias)];
    return [
      this.node('DequantizeLinear', weights, { axis }),
      this.node('DequantizeLinear', bias, { axis: 0 }),
    ];
  }

  done(title: string, result: string, type: 'float32' | 'int32' | ByteType, opset = 17): Case {
    this.builder.output(result, undefined, type);
    return {
      title,
      model: this.builder.build({ opset, domains: { [microsoft]: 1 } }),
      feeds: this.feeds,
    };
  }
}

const pointOf = (type: ByteType) => (type === 'int8' ? -11 : 119);

interface Convolution {
  title: string;
  xDims: number[];
  wDims: number[];
  attributes: Record<string, Attribute>;
}

/** Every kind of group, stride, dilation and padding. */
function convolutions(): Convolution[] {
  const groups = [
    [1, 1, 8],
    [1, 3, 16],
    [1, 16, 12],
    [1, 5, 7],
    [1, 40, 9],
    [8, 8, 8],
    [6, 6, 12],
    [2, 10, 8],
    [4, 12, 12],
  ] as const;
  const shapes: [string, number, Record<string, Attribute>][] = [
    ['padded', 3, { pads: [1, 1, 1, 1] }],
    ['unequal pads', 3, { pads: [0, 2, 1, 0] }],
    ['stride', 3, { pads: [1, 1, 1, 1], strides: [2, 2] }],
    ['dilation', 3, { pads: [2, 2, 2, 2], dilations: [2, 2] }],
    ['SAME_UPPER', 3, { auto_pad: 'SAME_UPPER', strides: [2, 1] }],
    ['SAME_LOWER', 4, { auto_pad: 'SAME_LOWER' }],
    ['VALID', 5, { auto_pad: 'VALID' }],
    ['1x1', 1, {}],
  ];
  return groups.flatMap(([group, inputs, outputs]) =>
    shapes.map(([shape, kernel, attributes]) => ({
      title: `${inputs} to ${outputs} channels in ${group} groups, ${shape}`,
      xDims: [2, inputs, 13, 18],
      wDims: [outputs, inputs / group, kernel, kernel],
      attributes: { ...attributes, group, kernel_shape: [kernel, kernel] },
    })),
  );
}

/** Pairs of types that onnxruntime multiplies. */
const factors: readonly [ByteType, ByteType][] = [
  ['uint8', 'int8'],
  ['uint8', 'uint8'],
  ['int8', 'int8'],
];

/** A scale of sums of so many products that fill a byte. */
const sumScale = (terms: number) => 0.01 * 0.01 * 75 * Math.sqrt(terms) * 40 * 0.9;

function qLinearConvs(): Case[] {
  return convolutions().flatMap(({ title, xDims, wDims, attributes }, i) => {
    const [x, w] = factors[i % factors.length]!;
    const byChannel = i % 2 === 0;
    const model = new Model(new Numbers(i));
    const count = byChannel ? wDims[0] : undefined;
    const { builder, numbers } = model;
    const bias = Int32Array.from({ length: wDims[0]! }, () => numbers.whole(-3000, 3000));
    const inputs = [
      model.bytes('x', x, xDims),
      model.scale(0.01),
      model.point(x, pointOf(x)),
      model.weights(w, wDims),
      model.scale(0.01, count),
      model.point(w, byChannel && w === 'int8' ? 0 : pointOf(w), count),
      model.scale(sumScale(product(wDims.slice(1))) / 9),
      model.point(x, pointOf(x)),
      ...(i % 3 === 0 ? [] : [builder.constant(bias)]),
    ];
    return model.done(title, model.node('QLinearConv', inputs, attributes), x);
  });
}

function convIntegers(): Case[] {
  return convolutions().map(({ title, xDims, wDims, attributes }, i) => {
    const [x, w] = factors[i % factors.length]!;
    const model = new Model(new Numbers(i));
    const inputs = [model.bytes('x', x, xDims), model.weights(w, wDims)];
    if (i % 4 !== 0) inputs.push(model.point(x, pointOf(x)));
    if (i % 4 === 2) inputs.push(model.point(w, pointOf(w)));
    return model.done(title, model.node('ConvInteger', inputs, attributes), 'int32');
  });
}

/** [rows of A..., depth], columns of B. */
const products: readonly [number[], number][] = [
  [[1, 1], 1],
  [[5, 3], 7],
  [[64, 64], 64],
  [[2, 3, 33, 17], 31],
  [[37, 300], 130],
  [[1, 513], 257],
];

function matMulIntegers(): Case[] {
  return products.flatMap(([aDims, columns]) =>
    factors.map(([a, b], i) => {
      const model = new Model(new Numbers(columns + i));
      const inputs = [model.bytes('a', a, aDims), model.weights(b, [aDims.at(-1)!, columns])];
      if (i > 0) inputs.push(model.point(a, pointOf(a)), model.point(b, pointOf(b)));
      return model.done(
        `${aDims.join('x')} by ${columns}`,
        model.node('MatMulInteger', inputs),
        'int32',
      );
    }),
  );
}

function qLinearMatMuls(): Case[] {
  return products.flatMap(([aDims, columns]) =>
    factors.map(([a, b], i) => {
      const model = new Model(new Numbers(columns + i));
      const count = i === 0 ? columns : undefined;
      const inputs = [
        model.bytes('a', a, aDims),
        model.scale(0.01),
        model.point(a, pointOf(a)),
        model.weights(b, [aDims.at(-1)!, columns]),
        model.scale(0.01, count),
        model.point(b, count === undefined ? pointOf(b) : 0, count),
        model.scale(sumScale(aDims.at(-1)!) / 9),
        model.point(a, pointOf(a)),
      ];
      return model.done(`${aDims.join('x')} by ${columns}`, model.node('QLinearMatMul', inputs), a);
    }),
  );
}

function quantizeLinears(): Case[] {
  return byteTypes.flatMap((type) =>
    [[], [31], [3, 17, 40], [2, 3, 5, 200]].map((dims, i) => {
      const model = new Model(new Numbers(i));
      const x = model.floats('x', dims, -3, 3);
      return model.done(`${dims.join('x')}`, model.quantised(x, type, 0.02), type);
    }),
  );
}

function dequantizeLinears(): Case[] {
  return byteTypes.map((type) => {
    const model = new Model(new Numbers(1));
    const x = model.bytes('x', type, [3, 7, 201]);
    const inputs = [x, model.scale(0.02, 7), model.point(type, 5, 7)];
    return model.done(type, model.node('DequantizeLinear', inputs, { axis: 1 }), 'float32');
  });
}

function dynamicQuantizeLinears(): Case[] {
  const ranges = [
    [-1, 1],
    [0.5, 3],
    [-7, -2],
    [0, 0],
  ] as const;
  return ranges.map(([low, high], i) => {
    const model = new Model(new Numbers(i));
    const x = model.floats('x', [9, 333], low, high);
    const { builder } = model;
    const [y] = builder.foreign('', 'DynamicQuantizeLinear', [x], {}, ['steps', 'scale', 'point']);
    builder.output('scale', []);
    builder.output('point', [], 'uint8');
    return model.done(`${low} to ${high}`, y!, 'uint8');
  });
}

/** onnxruntime's `quantize_dynamic`: a product of weights, scaled back to floats. */
function dynamicProducts(): Case[] {
  return products
    .filter(([aDims]) => aDims.at(-1)! > 1)
    .map(([aDims, columns], i) => {
      const model = new Model(new Numbers(i));
      const x = model.floats('x', aDims);
      const outputs = ['steps', 'scale', 'point'];
      const [steps] = model.builder.foreign('', 'DynamicQuantizeLinear', [x], {}, outputs);
      const w = model.weights('int8', [aDims.at(-1)!, columns]);
      const sums = model.node('MatMulInteger', [steps!, w, 'point', model.point('int8', 0)]);
      const floats = model.node('Cast', [sums], { to: 1 });
      const scale = model.node('Mul', ['scale', model.scale(0.01, columns)]);
      const bias = model.builder.constant(model.numbers.floats(columns, -1, 1));
      const y = model.node('Add', [model.node('Mul', [floats, scale]), bias]);
      return model.done(`${aDims.join('x')} by ${columns}`, y, 'float32');
    });
}

/** com.microsoft's operators of one image. */
function unary(opType: string, attributes: Record<string, Attribute> = {}, scale = 0.02) {
  return (): Case[] =>
    byteTypes.map((type) => {
      const model = new Model(new Numbers(3));
      const inputs = [
        model.bytes('x', type, [2, 8, 14, 26]),
        model.scale(0.02),
        model.point(type, pointOf(type)),
        model.scale(scale),
        model.point(
          type,
          opType === 'QLinearSigmoid' ? (type === 'int8' ? -128 : 0) : pointOf(type),
        ),
      ];
      return model.done(type, model.foreign(opType, inputs, attributes), type);
    });
}

const binary = (opType: string) => (): Case[] =>
  byteTypes.flatMap((type) =>
    [[2, 8, 14, 26], [8, 1, 26], [1], [26]].map((dims, i) => {
      const model = new Model(new Numbers(i));
      const operand = (name: string, shape: number[]) => [
        model.bytes(name, type, shape),
        model.scale(0.02),
        model.point(type, pointOf(type)),
      ];
      const inputs = [
        ...operand('x', [2, 8, 14, 26]),
        ...operand('y', dims),
        model.scale(0.04),
        model.point(type, pointOf(type)),
      ];
      return model.done(`${type} ${dims.join('x')}`, model.foreign(opType, inputs), type);
    }),
  );

function concats(): Case[] {
  return byteTypes.map((type) => {
    const model = new Model(new Numbers(3));
    const parts = [3, 5].flatMap((channels, i) => [
      model.bytes(`x${i}`, type, [2, channels, 14, 26]),
      model.scale(0.02),
      model.point(type, pointOf(type)),
    ]);
    const inputs = [model.scale(0.03), model.point(type, pointOf(type)), ...parts];
    return model.done(type, model.foreign('QLinearConcat', inputs, { axis: 1 }), type);
  });
}

/** An operator of floats between dequantised and quantised bytes. */
function around(
  add: (model: Model, x: string, type: ByteType) => string,
  scale = 0.03,
  dims = [2, 8, 14, 26],
) {
  return (): Case[] =>
    byteTypes.map((type) => {
      const model = new Model(new Numbers(5));
      const x = model.dequantised(model.bytes('x', type, dims), type, 0.02);
      return model.done(type, model.quantised(add(model, x, type), type, scale), type);
    });
}

/** Bytes through an operator that moves them keep their scale. */
function moved(
  opType: string,
  attributes: Record<string, Attribute> = {},
  inputs: (b: OnnxBuilder) => string[] = () => [],
) {
  return (): Case[] =>
    byteTypes.map((type) => {
      const model = new Model(new Numbers(5));
      const parameters = [model.scale(0.02), model.point(type, pointOf(type))];
      const x = model.node('DequantizeLinear', [
        model.bytes('x', type, [2, 8, 14, 26]),
        ...parameters,
      ]);
      const y = model.node(opType, [x, ...inputs(model.builder)], attributes);
      return model.done(type, model.node('QuantizeLinear', [y, ...parameters]), type);
    });
}

function convolved(model: Model, x: string, outputs = 12): string {
  const inputs = [x, ...model.weighted(x, [outputs, 8, 3, 3], 0)];
  return model.node('Conv', inputs, { pads: [1, 1, 1, 1], kernel_shape: [3, 3] });
}

const multiplied = (model: Model, x: string) =>
  model.node('MatMul', [x, model.weighted(x, [26, 9], 1)[0]]);

function gemms(): Case[] {
  return byteTypes.flatMap((type) =>
    [0, 1].map((transB) => {
      const model = new Model(new Numbers(transB));
      const a = model.dequantised(model.bytes('a', type, [50, 40]), type, 0.02);
      const dims = transB === 1 ? [230, 40] : [40, 230];
      const inputs = [a, ...model.weighted(a, dims, 1 - transB)];
      const y = model.node('Gemm', inputs, { transB });
      return model.done(`${type}, transB ${transB}`, model.quantised(y, type, 0.1), type);
    }),
  );
}

const halved = (b: OnnxBuilder) => ['', b.constant(Float32Array.of(1, 1, 2, 2))];

export const operators: OperatorCases[] = [
  { name: 'QLinearConv', cases: qLinearConvs },
  { name: 'ConvInteger', cases: convIntegers, exact: true },
  { name: 'MatMulInteger', cases: matMulIntegers, exact: true },
  { name: 'QLinearMatMul', cases: qLinearMatMuls },
  { name: 'QuantizeLinear', cases: quantizeLinears },
  { name: 'DequantizeLinear', cases: dequantizeLinears, exact: true },
  { name: 'DynamicQuantizeLinear', cases: dynamicQuantizeLinears },
  { name: 'a dynamic product', cases: dynamicProducts, exact: true },
  { name: 'QLinearAdd', cases: binary('QLinearAdd') },
  { name: 'QLinearMul', cases: binary('QLinearMul') },
  { name: 'QLinearLeakyRelu', cases: unary('QLinearLeakyRelu', { alpha: { float: 0.2 } }) },
  { name: 'QLinearSigmoid', cases: unary('QLinearSigmoid', {}, 1 / 256) },
  {
    name: 'QLinearAveragePool',
    cases: unary('QLinearAveragePool', {
      kernel_shape: [3, 2],
      strides: [2, 1],
      pads: [1, 0, 1, 1],
    }),
  },
  {
    name: 'QLinearGlobalAveragePool',
    cases: () => {
      const one = unary('QLinearGlobalAveragePool', { channels_last: 0 });
      return Array.from({ length: 40 }, () => one()).flat();
    },
  },
  { name: 'QLinearConcat', cases: concats },
  { name: 'Conv between bytes', cases: around((m, x) => convolved(m, x), 0.1) },
  {
    name: 'Conv and Relu between bytes',
    cases: around((m, x) => m.node('Relu', [convolved(m, x)]), 0.1),
  },
  {
    name: 'Conv, a sum and LeakyRelu between bytes',
    cases: around((m, x, type) => {
      const parts = (value: string) => m.dequantised(m.quantised(value, type, 0.1), type, 0.1);
      const sum = m.node('Add', [parts(convolved(m, x, 8)), x]);
      return m.node('LeakyRelu', [sum], { alpha: { float: 0.3 } });
    }, 0.1),
  },
  { name: 'MatMul between bytes', cases: around(multiplied, 0.1) },
  { name: 'Gemm between bytes', cases: gemms },
  {
    name: 'Add between bytes',
    cases: around((m, x, type) =>
      m.node('Add', [x, m.dequantised(m.bytes('y', type, [8, 1, 26]), type, 0.03)]),
    ),
  },
  {
    name: 'Mul between bytes',
    cases: around((m, x, type) =>
      m.node('Mul', [x, m.dequantised(m.bytes('y', type, [2, 8, 14, 26]), type, 0.03)]),
    ),
  },
  { name: 'Relu between bytes', cases: around((m, x) => m.node('Relu', [x])) },
  { name: 'Sigmoid between bytes', cases: around((m, x) => m.node('Sigmoid', [x]), 0.004) },
  {
    name: 'PRelu between bytes',
    cases: around((m, x) =>
      m.node('PRelu', [x, m.builder.constant(m.numbers.floats(8, -0.5, 1.5), [8, 1, 1])]),
    ),
  },
  {
    name: 'AveragePool between bytes',
    cases: around((m, x) => m.node('AveragePool', [x], { kernel_shape: [2, 2] })),
  },
  {
    name: 'MaxPool between bytes',
    cases: moved('MaxPool', { kernel_shape: [2, 3], pads: [1, 1, 0, 1] }),
  },
  { name: 'DepthToSpace between bytes', cases: moved('DepthToSpace', { blocksize: 2 }) },
  { name: 'Transpose between bytes', cases: moved('Transpose', { perm: [0, 2, 3, 1] }) },
  { name: 'Resize between bytes', cases: moved('Resize', { mode: 'nearest' }, halved) },
];

/** Made by tests/data/quantised/write.py. */
export const networks = [
  { name: 'x2-fast by QDQ', file: 'x2-fast.qdq.onnx' },
  { name: 'x2-fast by QOperator', file: 'x2-fast.qoperator.onnx' },
];
