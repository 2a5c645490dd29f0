import type { ElementType } from '../../support/onnx-builder.js';
import { fromFront, type GraphMaker, type Value } from '../maker.js';
import { elementCount, integerRange, isGivable, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

/** Scales of powers of two divide without rounding, so that both round the same number. */
const scales = [0.5, 0.25, 0.125, 1, 2];

/** How finely parameters are given: one, one for each index of an axis, or one for each block. */
function granularity(maker: GraphMaker, dims: readonly number[], opset: number) {
  const { random } = maker;
  const rank = dims.length;
  const usual = opset >= 13 ? random.int(rank > 0 ? -rank : 0, Math.max(0, rank - 1)) : undefined;
  const axis = fromFront(usual ?? 1, rank);
  if (opset < 13 || rank === 0 || axis >= rank || random.chance(0.5)) {
    return { dims: [] as number[], axis: undefined, block: undefined };
  }
  if (opset < 21 || random.chance(0.6))
    return { dims: [dims[axis]!], axis: usual, block: undefined };
  const block = random.of([2, 3]);
  const blocks = dims.map((size, i) => (i === axis ? Math.ceil(size / block) : size));
  return { dims: blocks, axis: usual, block };
}

/** Random whole numbers of a type that is mostly small. */
function wholes(
  maker: GraphMaker,
  type: ElementType,
  dims: readonly number[],
  zero = false,
): Value {
  const [low, high] = integerRange(type) ?? [-4, 4];
  const reach = zero ? 20 : 300;
  const numbers = maker.random.ints(
    elementCount(dims),
    Math.max(low, -reach),
    Math.min(high, reach),
  );
  return isGivable(type)
    ? maker.given(tensorOf(type, dims, numbers))
    : maker.numbers(type, dims, numbers);
}

const scaleOf = (maker: GraphMaker, dims: readonly number[], type: ElementType = 'float32') =>
  maker.given(
    tensorOf(
      type,
      dims,
      Array.from({ length: elementCount(dims) }, () => maker.random.of(scales)),
    ),
  );

/** What may be quantised to, by the opset. */
function targets(opset: number): ElementType[] {
  const types: ElementType[] = ['uint8', 'int8', 'uint8', 'int8'];
  if (opset >= 19) types.push('float8e4m3fn', 'float8e5m2', 'float8e4m3fnuz', 'float8e5m2fnuz');
  if (opset >= 21) types.push('uint16', 'int16', 'uint4', 'int4');
  if (opset >= 25) types.push('uint2', 'int2');
  return types;
}

/** Blocks of nothing end onnxruntime's process. */
const dividesByZero = (dims: readonly number[], block: number | undefined) =>
  block !== undefined && elementCount(dims) === 0;

/** By which version of ONNX's an operator goes. */
const versionOf = (maker: GraphMaker, name: string) => (name.includes(':') ? 13 : maker.opset);

export const quantizeLinear = (name: string): Operator => ({
  name,
  add(maker) {
    const { random } = maker;
    const opset = versionOf(maker, name);
    const x = maker.take(0, 4, { exact: true, largest: 1e3 });
    const type = random.of(targets(opset));
    const { dims, axis, block } = granularity(maker, x.dims, opset);
    if (dividesByZero(x.dims, block)) return undefined;
    const isSmallFloat = type.startsWith('float');
    const zeros = isSmallFloat
      ? zerosOf(maker, type, dims)
      : type === 'uint8' && random.chance(0.3)
        ? undefined
        : wholes(maker, type, dims, true);
    const attributes = {
      axis,
      block_size: block,
      saturate: isSmallFloat && random.chance(0.3) ? 0 : undefined,
    };
    const inputs = [x, scaleOf(maker, dims, x.type), zeros];
    return maker.one(name, inputs, attributes, { type, exact: true, bound: 255 });
  },
});

/** The zero point of a type of floats: 0. */
const zerosOf = (maker: GraphMaker, type: ElementType, dims: readonly number[]) =>
  maker.numbers(type, dims, new Array<number>(elementCount(dims)).fill(0));

export const dequantizeLinear = (name: string): Operator => ({
  name,
  add(maker) {
    const { random } = maker;
    const opset = versionOf(maker, name);
    const x = maker.take(0, 4);
    const { dims, axis, block } = granularity(maker, x.dims, opset);
    if (dividesByZero(x.dims, block)) return undefined;
    const isSmallFloat = x.type.startsWith('float');
    const type =
      opset >= 19 ? random.of<ElementType>(['float32', 'float32', 'float16']) : 'float32';
    const zeros =
      isSmallFloat || x.type === 'int32' || random.chance(0.3)
        ? undefined
        : wholes(maker, x.type, dims, true);
    const inputs = [x, scaleOf(maker, dims, type), zeros];
    const result = { type, bound: 2 * x.bound + 40 };
    return maker.one(name, inputs, { axis, block_size: block }, result);
  },
});

/** The range, and with it every step, comes from exact numbers; the steps may be one off. */
const dynamicQuantizeLinear: Operator = {
  name: 'DynamicQuantizeLinear',
  add(maker) {
    const x = maker.take(1, 4, { exact: true });
    if (elementCount(x.dims) === 0) return undefined;
    const results = [
      { type: 'uint8' as const, exact: false },
      { type: 'float32' as const, dims: [] },
      { type: 'uint8' as const, dims: [], exact: false },
    ];
    const [steps, , zero] = maker.node('DynamicQuantizeLinear', [x], {}, results);
    maker.endRounded(steps);
    return maker.endRounded(zero);
  },
};

/** A zero point: for all, or left out. */
const zeroPoint = (maker: GraphMaker, type: ElementType, dims: readonly number[] = []) =>
  maker.random.chance(0.75) ? wholes(maker, type, dims, true) : undefined;

const byteTypes: ElementType[] = ['uint8', 'int8'];

const matMulInteger: Operator = {
  name: 'MatMulInteger',
  add(maker) {
    const { random, type } = maker;
    const [rows, inner, columns] = [maker.size(), maker.size(), maker.size()];
    const other = random.of(byteTypes);
    const batch = random.of([[], [], [2]]);
    const a = maker.input(type, [...batch, rows, inner]);
    const b = maker.weights([inner, columns], 1, other);
    const inputs = [a, b, zeroPoint(maker, type), zeroPoint(maker, other)];
    const result = { type: 'int32' as const, dims: [...batch, rows, columns], exact: true };
    return maker.one('MatMulInteger', inputs, {}, { ...result, bound: 1e6 });
  },
};

/** The sizes of a small convolution. */
function smallConv(maker: GraphMaker) {
  const { random } = maker;
  const group = random.of([1, 1, 2]);
  const channels = group * random.int(1, 3);
  const outputs = group * random.int(1, 4);
  const kernel = [random.int(1, 3), random.int(1, 3)];
  const stride = random.int(1, 2);
  const pad = random.int(0, 1);
  const out = [6, 5].map((size, i) => Math.floor((size + 2 * pad - kernel[i]!) / stride) + 1);
  return {
    xDims: [random.int(1, 2), channels, 6, 5],
    wDims: [outputs, channels / group, ...kernel],
    outputs,
    out,
    attributes: {
      kernel_shape: random.chance(0.5) ? kernel : undefined,
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      group,
    },
  };
}

const convInteger: Operator = {
  name: 'ConvInteger',
  add(maker) {
    const { random, type } = maker;
    const { xDims, wDims, outputs, out, attributes } = smallConv(maker);
    const other = type === 'int8' ? 'int8' : random.of(byteTypes);
    const x = maker.input(type, xDims);
    const w = maker.weights(wDims, 1, other);
    const inputs = [x, w, zeroPoint(maker, type), zeroPoint(maker, other)];
    const dims = [xDims[0]!, outputs, ...out];
    const result = { type: 'int32' as const, dims, exact: true, bound: 1e6 };
    return maker.one('ConvInteger', inputs, attributes, result);
  },
};

/** The scale of a product of so many terms, so that results lie within a byte. */
const productScale = (maker: GraphMaker, terms: number) =>
  maker.given(tensorOf('float32', [], [0.25 * 64 * Math.max(1, Math.sqrt(terms))]));

function qLinearConv(name: string): Operator {
  return {
    name,
    add(maker) {
      const { random, type } = maker;
      const { xDims, wDims, outputs, out, attributes } = smallConv(maker);
      const other = type === 'int8' ? 'int8' : random.of(byteTypes);
      const each = random.chance(0.4) ? [outputs] : [];
      const zero = (of: ElementType) => wholes(maker, of, [], true);
      const w = maker.weights(wDims, 1, other);
      const wZero =
        each.length > 0 && other === 'int8'
          ? maker.constant(tensorOf('int8', each, new Array<number>(outputs).fill(0)))
          : zero(other);
      const scaleDims = wZero.dims;
      const inputs = [
        maker.input(type, xDims),
        scaleOf(maker, []),
        zero(type),
        w,
        scaleOf(maker, scaleDims),
        wZero,
        productScale(maker, elementCount(wDims.slice(1))),
        zero(type),
        random.chance(0.5) ? maker.weights([outputs], 1, 'int32') : undefined,
      ];
      const dims = [xDims[0]!, outputs, ...out];
      return maker.endRounded(maker.one(name, inputs, attributes, { type, dims }));
    },
  };
}

const qLinearMatMul: Operator = {
  name: 'QLinearMatMul',
  add(maker) {
    const { random, type } = maker;
    const [rows, inner, columns] = [maker.size(), maker.size(), maker.size()];
    const other = type === 'int8' ? 'int8' : random.of(byteTypes);
    const zero = (of: ElementType) => wholes(maker, of, [], true);
    const inputs = [
      maker.input(type, [rows, inner]),
      scaleOf(maker, []),
      zero(type),
      maker.weights([inner, columns], 1, other),
      scaleOf(maker, []),
      zero(other),
      productScale(maker, inner),
      zero(type),
    ];
    const dims = [rows, columns];
    return maker.endRounded(maker.one('QLinearMatMul', inputs, {}, { type, dims }));
  },
};

export const quantization: Operator[] = [
  quantizeLinear('QuantizeLinear'),
  dequantizeLinear('DequantizeLinear'),
  dynamicQuantizeLinear,
  matMulInteger,
  convInteger,
  qLinearConv('QLinearConv'),
  qLinearMatMul,
];

export { scaleOf, wholes };
