import { dataTypes, type ElementType } from '../../support/onnx-builder.js';
import { broadcast, type Attributes, type GraphMaker, type Result, type Value } from '../maker.js';
import { integerRange, isFloat, isGivable } from '../tensors.js';
import type { Operator } from './operator.js';

/** A second operand for `x`: one that is there, a constant, or a new input. */
export function operandFor(maker: GraphMaker, x: Value, { positive = false } = {}): Value {
  const { random } = maker;
  if (positive) return maker.awayFromZero(maker.broadcastable(x.dims), x.type);
  const fits = ({ type, dims }: Value) => type === x.type && broadcast(x.dims, dims) !== undefined;
  if (random.chance(0.35)) {
    const there = maker.pick(fits);
    if (there) return there;
  }
  const dims = maker.broadcastable(x.dims);
  // Both may broadcast.
  const grown = dims.map((size) => (size === 1 && random.chance(0.1) ? maker.size() : size));
  const sizes = broadcast(x.dims, grown) === undefined ? dims : grown;
  return random.chance(0.6) ? maker.weights(sizes, 2, x.type) : maker.input(x.type, sizes);
}

interface BinaryOptions {
  positive?: boolean;
  exactFloats?: boolean;
  ordered?: boolean;
  attributes?: (maker: GraphMaker) => Attributes;
}

function binary(
  name: string,
  result: (a: Value, b: Value) => Result,
  { positive = false, exactFloats = false, ordered = false, attributes }: BinaryOptions = {},
): Operator {
  return {
    name,
    add(maker) {
      const exact = (v: Value) => !exactFloats || v.exact || !isFloat(v.type);
      const a = maker.take(0, 5, { fits: exact });
      const b = operandFor(maker, a, { positive });
      if (!exact(b)) return undefined;
      const swap = !positive && !ordered && maker.random.chance(0.3);
      const [x, y] = swap ? [b, a] : [a, b];
      const dims = broadcast(x.dims, y.dims);
      return dims && maker.one(name, [x, y], attributes?.(maker) ?? {}, { dims, ...result(x, y) });
    },
  };
}

const exactIfInteger = (a: Value, b: Value) => a.exact && b.exact && !isFloat(a.type);

const arithmetic: Operator[] = [
  binary('Add', (a, b) => ({ bound: a.bound + b.bound, exact: exactIfInteger(a, b) })),
  binary('Sub', (a, b) => ({ bound: a.bound + b.bound, exact: exactIfInteger(a, b) })),
  binary('Mul', (a, b) => ({ bound: a.bound * b.bound, exact: exactIfInteger(a, b) })),
  binary('Div', (a, b) => ({ bound: 2 * a.bound, exact: exactIfInteger(a, b) }), {
    positive: true,
  }),
  binary('Mod', (_, b) => ({ bound: b.bound, exact: true }), {
    positive: true,
    exactFloats: true,
    attributes: ({ type, random }) => ({ fmod: isFloat(type) ? 1 : random.of([undefined, 0, 1]) }),
  }),
  ...['And', 'Or', 'Xor'].map((name) => binary(name, () => ({ exact: true }))),
  ...['Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual'].map((name) =>
    binary(name, () => ({ type: 'bool', exact: true, bound: 1 }), { exactFloats: true }),
  ),
  ...['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'].map((name) =>
    binary(name, () => ({ exact: true, bound: 255 })),
  ),
];

/** Shifts by less than the type has bits. */
const bitShift: Operator = {
  name: 'BitShift',
  add(maker) {
    const x = maker.take();
    const by = maker.awayFromZero(maker.broadcastable(x.dims), x.type, false);
    const direction = maker.random.of(['LEFT', 'RIGHT']);
    return maker.one('BitShift', [x, by], { direction }, { exact: true, bound: 1e6 });
  },
};

/** Integers to powers that stay small; negative floats to whole ones. */
const pow: Operator = {
  name: 'Pow',
  add(maker) {
    const { random, opset } = maker;
    const isWhole = !isFloat(maker.type);
    const x = maker.take(0, 5, { largest: 20 });
    const exact = isWhole && x.exact;
    // Before opset 12 both are of one type.
    const types: ElementType[] =
      opset < 12 ? [x.type] : [x.type, x.type, 'float32', 'float64', 'int32', 'int64'];
    if (isWhole || random.chance(0.5)) {
      const dims = random.of([[], [1]]);
      const exponent = maker.number(random.of([2, 3, 2, 1, 0]), random.of(types), dims);
      const result = { dims: broadcast(x.dims, exponent.dims)!, bound: x.bound ** 3, exact };
      return maker.one('Pow', [x, exponent], {}, result);
    }
    const positive = maker.one('Abs', [x]);
    if (!positive) return undefined;
    const exponent = maker.awayFromZero(maker.broadcastable(x.dims), x.type, false);
    return maker.one('Pow', [positive, exponent], {}, { bound: 2 * x.bound ** 2 });
  },
};

function variadic(name: string): Operator {
  return {
    name,
    add(maker) {
      const first = maker.take();
      const operands = [first];
      let dims: readonly number[] | undefined = first.dims;
      for (let count = maker.random.int(0, 3); count > 0 && dims; --count) {
        // Before opset 8 nothing broadcasts.
        const next =
          maker.opset < 8 ? maker.weights(first.dims, 2, first.type) : operandFor(maker, first);
        dims = broadcast(dims, next.dims);
        operands.push(next);
      }
      const picks = name === 'Min' || name === 'Max';
      const exact = picks && operands.every((value) => value.exact);
      const bound = operands.reduce((sum, value) => sum + value.bound, 0);
      return dims && maker.one(name, operands, {}, { dims, exact, bound });
    },
  };
}

interface UnaryOptions {
  /** Whether it jumps, so that it may be given exact numbers only. */
  jumps?: boolean;
  /** Whether it gives exact numbers for exact ones. */
  keepsExact?: boolean;
  /** The greatest magnitude it is given. */
  largest?: number;
  bound?: (bound: number) => number;
  attributes?: (maker: GraphMaker) => Attributes;
}

function unary(name: string, options: UnaryOptions = {}): Operator {
  const { jumps = false, keepsExact = jumps, largest = 1e6 } = options;
  return {
    name,
    add(maker) {
      const x = maker.take(0, 5, { exact: jumps, largest });
      const bound = options.bound?.(x.bound) ?? x.bound;
      const exact = x.exact && (keepsExact || !isFloat(x.type));
      return maker.one(name, [x], options.attributes?.(maker) ?? {}, { bound, exact });
    },
  };
}

const some = (maker: GraphMaker, choices: readonly number[]) =>
  maker.random.chance(0.6) ? { float: maker.random.of(choices) } : undefined;
const alpha = (choices: readonly number[]) => (maker: GraphMaker) => ({
  alpha: some(maker, choices),
});

const unaries: Operator[] = [
  unary('Abs', { keepsExact: true }),
  unary('Neg', { keepsExact: true }),
  unary('Sign', { jumps: true, bound: () => 1 }),
  unary('Floor', { jumps: true }),
  unary('Ceil', { jumps: true }),
  unary('Round', { jumps: true }),
  unary('Sqrt', { largest: 1e4 }),
  unary('Reciprocal', { bound: () => 1e5 }),
  unary('Exp', { largest: 8, bound: Math.exp }),
  unary('Log', { largest: 1e4, bound: () => 20 }),
  unary('Erf', { bound: () => 1 }),
  ...['Sin', 'Cos', 'Atan'].map((name) => unary(name, { largest: 100, bound: () => 2 })),
  ...['Asin', 'Acos'].map((name) => unary(name, { largest: 4, bound: () => 4 })),
  ...['Sinh', 'Cosh'].map((name) => unary(name, { largest: 8, bound: Math.cosh })),
  unary('Tan', { largest: 1.5, bound: () => 20 }),
  unary('Asinh', { largest: 1e4 }),
  ...['Acosh', 'Atanh'].map((name) => unary(name, { largest: 4, bound: () => 20 })),
  unary('Not', { keepsExact: true }),
  unary('BitwiseNot'),
  unary('Identity', { keepsExact: true }),
];

const activations: Operator[] = [
  unary('Relu', { keepsExact: true }),
  unary('LeakyRelu', { attributes: alpha([0.2, 0, 1, -0.5]) }),
  unary('ThresholdedRelu', { jumps: true, attributes: alpha([0.5, 0, -0.5]) }),
  unary('Sigmoid', { bound: () => 1 }),
  unary('Tanh', { bound: () => 1 }),
  unary('HardSigmoid', {
    bound: () => 1,
    attributes: (maker) => ({
      alpha: some(maker, [0.2, 1 / 6, 0.5]),
      beta: some(maker, [0.5, 0, -0.25]),
    }),
  }),
  unary('HardSwish'),
  unary('Elu', { attributes: alpha([1, 0.5, 2]) }),
  unary('Selu', {
    attributes: (maker) => ({ alpha: some(maker, [1, 1.5]), gamma: some(maker, [1, 2]) }),
    bound: (bound) => 3 * bound,
  }),
  unary('Celu', { attributes: alpha([1, 0.5, 2]) }),
  unary('Softplus'),
  unary('Softsign', { bound: () => 1 }),
  unary('Mish'),
  unary('Swish', { attributes: alpha([1, 0.5, 2, -1]) }),
  unary('Gelu', {
    attributes: (maker) => ({ approximate: maker.random.of(['none', 'tanh', undefined]) }),
  }),
  unary('Shrink', {
    jumps: true,
    attributes: (maker) => ({ lambd: some(maker, [0.5, 0.1]), bias: some(maker, [0, 0.3]) }),
  }),
];

function predicate(name: string): Operator {
  return {
    name,
    add(maker) {
      const flag = () => maker.random.of([undefined, 0, 1]);
      const attributes =
        name === 'IsInf' ? { detect_negative: flag(), detect_positive: flag() } : {};
      const x = maker.take(0, 5, { exact: true });
      return maker.one(name, [x], attributes, { type: 'bool', exact: true, bound: 1 });
    },
  };
}

const clip: Operator = {
  name: 'Clip',
  add(maker) {
    const { random } = maker;
    const x = maker.take();
    const whole = !isFloat(x.type);
    const least = x.type.startsWith('u') ? 2 : -3;
    const low = random.chance(0.7) ? random.of(whole ? [least, 0] : [-0.5, 0, -1]) : undefined;
    const high = random.chance(0.7) ? random.of(whole ? [4, 0] : [0.75, 1, 6]) : undefined;
    if (maker.opset < 11) {
      const limits = {
        min: low === undefined ? undefined : { float: low },
        max: high === undefined ? undefined : { float: high },
      };
      return maker.one('Clip', [x], limits, { exact: x.exact });
    }
    const limit = (value?: number) =>
      value === undefined ? undefined : maker.number(value, x.type);
    return maker.one('Clip', [x, limit(low), limit(high)], {}, { exact: x.exact });
  },
};

const prelu: Operator = {
  name: 'PRelu',
  add(maker) {
    const x = maker.take();
    const dims = maker.broadcastable(x.dims);
    const slope = maker.random.chance(0.8) ? maker.weights(dims) : maker.input(x.type, dims);
    return maker.one('PRelu', [x, slope], {}, { dims: x.dims });
  },
};

const where: Operator = {
  name: 'Where',
  add(maker) {
    const a = maker.take();
    const b = operandFor(maker, a);
    const dims = broadcast(a.dims, b.dims);
    if (!dims) return undefined;
    const there = maker.pick((v) => v.type === 'bool' && broadcast(v.dims, dims) !== undefined);
    const condition = there ?? maker.input('bool', maker.broadcastable(dims));
    const all = broadcast(condition.dims, dims)!;
    const result = { type: a.type, dims: all, exact: a.exact && b.exact };
    return maker.one('Where', [condition, a, b], {}, result);
  },
};

/** The first opset in which there are casts to a type. */
export function castSince(type: ElementType): number {
  if (type === 'string') return 9;
  if (type === 'bfloat16') return 13;
  if (type === 'float8e8m0') return 24;
  if (type.startsWith('float8')) return 19;
  return type.endsWith('int4') ? 21 : type.endsWith('int2') ? 25 : 6;
}

const castTargets = (Object.keys(dataTypes) as ElementType[]).filter(
  (type) => type !== 'float4e2m1' && type !== 'float8e8m0',
);

/**
 * Whether what a cast gives is told by ONNX: integers outside of a type's range are cut to its bits,
 * floats outside of it are anything.
 */
function castsTo(x: Value, type: ElementType, hasSpecials: boolean): boolean {
  const isSmall = /float8|float4|float6|bfloat16/;
  const isNumber = (t: ElementType) => isFloat(t) || isSmall.test(t);
  if (x.type === 'string' || x.type === type) return x.type === type;
  if (type === 'string') return x.exact && !isNumber(x.type);
  const range = integerRange(type);
  if (isNumber(x.type) && range) {
    return x.exact && !hasSpecials && x.bound <= range[1] && (range[0] < 0 || x.bound === 0);
  }
  if (isSmall.test(type)) return x.exact && x.bound < 400 && !hasSpecials;
  if (/float8/.test(x.type)) return isFloat(type) || type === 'bool';
  return isNumber(type) && isNumber(x.type) ? x.exact || !isSmall.test(type) : x.exact;
}

function addCast(
  maker: GraphMaker,
  cast: (x: Value, type: ElementType) => Value | undefined,
): Value | undefined {
  const x = maker.take(0, 5, { largest: 6e4, exact: maker.random.chance(0.8) });
  const targets = castTargets.filter(
    (type) => castSince(type) <= maker.opset && castsTo(x, type, maker.kind.hasSpecials),
  );
  return targets.length > 0 ? cast(x, maker.random.of(targets)) : undefined;
}

const castResult = (x: Value, type: ElementType) => ({
  type,
  exact: x.exact,
  bound: type === 'bool' ? 1 : x.bound,
});

const cast: Operator = {
  name: 'Cast',
  add: (maker) =>
    addCast(maker, (x, type) => {
      const saturates = maker.opset >= 19 && /float8/.test(type) && maker.random.chance(0.4);
      const attributes = { to: dataTypes[type], saturate: saturates ? 0 : undefined };
      return maker.one('Cast', [x], attributes, castResult(x, type));
    }),
};

const castLike: Operator = {
  name: 'CastLike',
  add: (maker) =>
    addCast(maker, (x, type) => {
      if (!isGivable(type)) return undefined;
      return maker.one('CastLike', [x, maker.weights([2], 1, type)], {}, castResult(x, type));
    }),
};

const bits: Record<string, readonly ElementType[]> = {
  8: ['uint8', 'int8'],
  16: ['uint16', 'int16', 'float16', 'bfloat16'],
  32: ['uint32', 'int32', 'float32'],
  64: ['uint64', 'int64', 'float64'],
};

/** To a type of as many bits: integers, whose comparison knows no NaN. */
const bitCast: Operator = {
  name: 'BitCast',
  add(maker) {
    const x = maker.take(0, 5, { exact: true });
    const same = Object.values(bits).find((types) => types.includes(x.type));
    const type = maker.random.of(same!.filter((t) => integerRange(t)));
    const result = { type, exact: true, bound: 1e30 };
    return maker.one('BitCast', [x], { to: dataTypes[type] }, result);
  },
};

export const elementwise: Operator[] = [
  ...arithmetic,
  bitShift,
  pow,
  ...['Sum', 'Mean', 'Min', 'Max'].map(variadic),
  ...unaries,
  ...activations,
  predicate('IsNaN'),
  predicate('IsInf'),
  clip,
  prelu,
  where,
  cast,
  castLike,
  bitCast,
];
