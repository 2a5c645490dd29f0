import { dataTypes, toTensorProto, type ElementType } from '../../support/onnx-builder.js';
import type { GraphMaker, Value } from '../maker.js';
import { elementCount, isFloat, isGivable, randomTensor, tensorOf } from '../tensors.js';
import type { Attribute } from '../graph.js';
import type { Operator } from './operator.js';

/** A Constant node, which is no initialiser. */
const constant: Operator = {
  name: 'Constant',
  add(maker) {
    const { random, type } = maker;
    const dims = maker.dims(random.int(0, 3));
    const data = isGivable(type)
      ? randomTensor(random, type, dims).data
      : codes(maker, elementCount(dims));
    const result = { type, dims, exact: true, bound: 255 };
    const short = maker.opset >= 12 && random.chance(0.4) ? shortConstant(maker) : undefined;
    if (short) return maker.one('Constant', [], short.attributes, { ...result, dims: short.dims });
    const value = { tensor: toTensorProto('', type, dims, data) };
    return maker.one('Constant', [], { value }, result);
  },
};

/** So many numbers of a type that JavaScript has not, as their bits. */
function codes({ random, type }: GraphMaker, count: number): Uint8Array | Uint16Array {
  // From 1 to 4 of bfloat16; floats of less than 8 bits, and integers, are all numbers.
  if (type === 'bfloat16') return Uint16Array.from(random.ints(count, 0x3f80, 0x4080));
  const bits = type.endsWith('int2') ? 2 : /int4|float4/.test(type) ? 4 : 8;
  return Uint8Array.from(random.ints(Math.ceil((count * bits) / 8), 0, bits < 8 ? 255 : 0x40));
}

/** A number or a list of numbers, as an attribute of its own says it. */
function shortConstant({ random, type }: GraphMaker) {
  const isOne = random.chance(0.5);
  const list = isOne ? [random.int(-9, 9)] : random.ints(3, -9, 9);
  const one = (name: string, plain: Attribute, many: Attribute) => ({
    attributes: isOne ? { [`value_${name}`]: plain } : { [`value_${name}s`]: many },
    dims: isOne ? [] : [3],
  });
  if (type === 'float32') return one('float', { float: list[0]! }, { floats: list });
  if (type === 'int64') return one('int', list[0]!, list);
  const strings = list.map((n) => `w${n}`);
  return type === 'string' ? one('string', strings[0]!, { strings }) : undefined;
}

const constantOfShape: Operator = {
  name: 'ConstantOfShape',
  add(maker) {
    const { random, type } = maker;
    const dims = maker.dims(random.int(0, 3));
    const data = isGivable(type)
      ? tensorOf(type, [1], [isFloat(type) ? 0.5 : 1]).data
      : codes(maker, 1);
    const value = { tensor: toTensorProto('', type, [1], data) };
    const attributes = type !== 'float32' || random.chance(0.5) ? { value } : {};
    const result = { type, dims, exact: true, bound: 1 };
    // The shape is given, or that of another value.
    const x = random.chance(0.3) ? maker.pick() : undefined;
    if (!x) return maker.one('ConstantOfShape', [maker.int64s(dims)], attributes, result);
    const shape = maker.one('Shape', [x], {}, shapeResult(x.dims.length));
    return shape && maker.one('ConstantOfShape', [shape], attributes, { ...result, dims: x.dims });
  },
};

const shapeResult = (rank: number) =>
  ({ type: 'int64', dims: [rank], exact: true, bound: 20 }) as const;

const shape: Operator = {
  name: 'Shape',
  add(maker) {
    const { random, opset } = maker;
    const x = maker.take(0, 5, { largest: Infinity });
    const rank = x.dims.length;
    if (opset < 15 || random.chance(0.4)) return maker.one('Shape', [x], {}, shapeResult(rank));
    const [start, end] = [random.int(-rank - 1, rank), random.int(-rank, rank + 1)];
    const clamp = (axis: number) => Math.min(Math.max(axis < 0 ? axis + rank : axis, 0), rank);
    const count = Math.max(0, clamp(end) - clamp(start));
    return maker.one('Shape', [x], { start, end }, shapeResult(count));
  },
};

const size: Operator = {
  name: 'Size',
  add(maker) {
    const x = maker.take(0, 5, { largest: Infinity });
    return maker.one('Size', [x], {}, { type: 'int64', dims: [], exact: true, bound: 1e5 });
  },
};

function range(name: string): Operator {
  return {
    name,
    add(maker) {
      const { random, type } = maker;
      const start = random.int(-3, 3);
      const step = random.of([1, 2, -1, 3]);
      const limit = start + Math.sign(step) * random.int(maker.allowsEmpty ? 0 : 1, 9);
      const count = Math.ceil((limit - start) / step);
      const inputs = [start, limit, step].map((n) => maker.given(tensorOf(type, [], [n])));
      return maker.one(name, inputs, {}, { dims: [count], exact: true, bound: 12 });
    },
  };
}

const eyeLike: Operator = {
  name: 'EyeLike',
  add(maker) {
    const { random } = maker;
    const x = maker.take(2, 2);
    const type = random.of<ElementType>(['float32', 'float64', 'int32', 'int64', 'uint64']);
    const written = random.chance(0.5);
    const attributes = {
      k: random.of([undefined, 1, -2]),
      dtype: written ? dataTypes[type] : undefined,
    };
    const result = { type: written ? type : x.type, exact: true, bound: 1 };
    return maker.one('EyeLike', [x], attributes, result);
  },
};

/** What is random is no one's to compare: its shape and type are. */
function shapeOfRandom(maker: GraphMaker, value: Value | undefined): Value | undefined {
  if (!value) return undefined;
  maker.hide(value);
  maker.containers.push(value.name);
  return maker.one('Shape', [value], {}, shapeResult(value.dims.length));
}

const drawnTypes: ElementType[] = ['float32', 'float64'];

function random(name: string): Operator {
  return {
    name,
    add(maker) {
      const dims = maker.dims(maker.random.int(1, 4));
      const attributes = { dtype: dataTypes[maker.type], shape: dims, seed: { float: 3 } };
      const result = { type: maker.type, dims };
      return shapeOfRandom(maker, maker.one(name, [], attributes, result));
    },
  };
}

function randomLike(name: string): Operator {
  return {
    name,
    add(maker) {
      const x = maker.take();
      const type = maker.random.of(drawnTypes);
      // Without dtype only floats are drawn.
      const written = !drawnTypes.includes(x.type) || maker.random.chance(0.5);
      const attributes = { dtype: written ? dataTypes[type] : undefined };
      const made = maker.one(name, [x], attributes, { type: written ? type : x.type });
      return shapeOfRandom(maker, made);
    },
  };
}

const multinomial: Operator = {
  name: 'Multinomial',
  add(maker) {
    const type = maker.random.of<ElementType>(['int32', 'int64']);
    const [batch, samples] = [maker.random.int(1, 3), maker.random.int(1, 6)];
    const x = maker.weights([batch, 4]);
    const attributes = { sample_size: samples, dtype: dataTypes[type] };
    const made = maker.one('Multinomial', [x], attributes, { type, dims: [batch, samples] });
    return shapeOfRandom(maker, made);
  },
};

/** Probabilities of 0 and 1 leave nothing to chance. */
const bernoulli: Operator = {
  name: 'Bernoulli',
  add(maker) {
    const { random: choose, type } = maker;
    const numbers = choose.ints(12, 0, 1);
    const p = isGivable(type) ? maker.given(tensorOf(type, [3, 4], numbers)) : maker.take(1, 3);
    return shapeOfRandom(maker, maker.one('Bernoulli', [p], {}, { exact: true }));
  },
};

export const sources: Operator[] = [
  constant,
  constantOfShape,
  shape,
  size,
  range('Range'),
  range('com.microsoft:Range'),
  eyeLike,
  random('RandomNormal'),
  random('RandomUniform'),
  randomLike('RandomNormalLike'),
  randomLike('RandomUniformLike'),
  multinomial,
  bernoulli,
];
