import type { Attribute, ElementType } from '../../support/onnx-builder.js';
import { broadcast, type GraphMaker, type Result, type Value } from '../maker.js';
import { isFloat } from '../tensors.js';
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

function binary(
  name: string,
  types: readonly ElementType[],
  result: (a: Value, b: Value) => Result,
  { since = 1, positive = false, exactFloats = false, ordered = false, attributes = {} } = {},
): Operator {
  return {
    name,
    since,
    add(maker) {
      const exact = (v: Value) => !exactFloats || v.exact || !isFloat(v.type);
      const a = maker.ofType(types, (v) => exact(v) && v.bound < 1e4);
      if (maker.opset < 7) return undefined;
      const b = operandFor(maker, a, { positive });
      if (!exact(b)) return undefined;
      const swap = !positive && !ordered && maker.random.chance(0.3);
      const [x, y] = swap ? [b, a] : [a, b];
      const dims = broadcast(x.dims, y.dims);
      return dims && maker.one(name, [x, y], attributes, { dims, ...result(x, y) });
    },
  };
}

const numbers: ElementType[] = ['float32', 'float32', 'float32', 'float32', 'int32', 'int64'];
const compared: ElementType[] = ['float32', 'float32', 'int32', 'int64'];
const exactIfInteger = (a: Value, b: Value) => a.exact && b.exact && !isFloat(a.type);

const arithmetic: Operator[] = [
  binary('Add', numbers, (a, b) => ({ bound: a.bound + b.bound, exact: exactIfInteger(a, b) })),
  binary('Sub', numbers, (a, b) => ({ bound: a.bound + b.bound, exact: exactIfInteger(a, b) })),
  binary('Mul', numbers, (a, b) => ({ bound: a.bound * b.bound, exact: exactIfInteger(a, b) })),
  binary('Div', numbers, (a, b) => ({ bound: 2 * a.bound, exact: exactIfInteger(a, b) }), {
    positive: true,
  }),
  binary('Mod', ['int32', 'int64'], (_, b) => ({ bound: b.bound, exact: true }), {
    since: 10,
    positive: true,
  }),
  binary('Mod', ['float32'], (_, b) => ({ bound: b.bound, exact: true }), {
    since: 10,
    positive: true,
    exactFloats: true,
    attributes: { fmod: 1 },
  }),
  binary('And', ['bool'], () => ({ exact: true })),
  binary('Or', ['bool'], () => ({ exact: true })),
  binary('Xor', ['bool'], () => ({ exact: true })),
  ...['Equal', 'Less', 'Greater'].map((name) => comparison(name, 9)),
  ...['LessOrEqual', 'GreaterOrEqual'].map((name) => comparison(name, 12)),
  ...['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'].map((name) =>
    binary(name, ['int32', 'int64', 'uint8'], () => ({ exact: true }), { since: 18 }),
  ),
];

function comparison(name: string, since: number): Operator {
  return binary(name, compared, () => ({ type: 'bool', exact: true, bound: 1 }), {
    since: Math.max(since, 11),
    exactFloats: true,
  });
}

/** One base, many exponents; negative bases have whole ones. */
const pow: Operator = {
  name: 'Pow',
  add(maker) {
    const x = maker.float(0, 5, { largest: 20 });
    if (maker.random.chance(0.5)) {
      const exponent = maker.number(
        maker.random.of([2, 3, 2, 1, 0]),
        'float32',
        maker.random.of([[], [1]]),
      );
      const dims = broadcast(x.dims, exponent.dims)!;
      return maker.one('Pow', [x, exponent], {}, { dims, bound: x.bound ** 3 });
    }
    const positive = maker.one('Abs', [x]);
    if (!positive) return undefined;
    const exponent = maker.awayFromZero(maker.broadcastable(x.dims), 'float32', false);
    return maker.one('Pow', [positive, exponent], {}, { bound: 2 * x.bound ** 2 });
  },
};

function variadic(name: string, types: readonly ElementType[]): Operator {
  return {
    name,
    since: 8,
    add(maker) {
      const first = maker.ofType(types, ({ bound }) => bound < 1e4);
      const operands = [first];
      let dims: readonly number[] | undefined = first.dims;
      for (let count = maker.random.int(0, 3); count > 0 && dims; --count) {
        const next = operandFor(maker, first);
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
  since?: number;
  /** Whether it jumps, so that it may be given exact numbers only. */
  jumps?: boolean;
  /** Whether it gives exact numbers for exact ones. */
  keepsExact?: boolean;
  types?: readonly ElementType[];
  /** The greatest magnitude it is given. */
  largest?: number;
  bound?: (bound: number) => number;
  attributes?: (maker: GraphMaker) => Record<string, Attribute | undefined>;
}

function unary(name: string, options: UnaryOptions = {}): Operator {
  const { jumps = false, keepsExact = jumps, types = ['float32'], largest = 1e6 } = options;
  return {
    name,
    since: options.since ?? 1,
    weight: 0.5,
    add(maker) {
      const x = maker.ofType(types, (v) => (!jumps || v.exact) && v.bound <= largest);
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
  unary('Abs', { keepsExact: true, types: ['float32', 'float32', 'int32', 'int64'] }),
  unary('Neg', { keepsExact: true, types: ['float32', 'float32', 'int32', 'int64'] }),
  unary('Sign', { since: 9, jumps: true, bound: () => 1 }),
  unary('Floor', { jumps: true }),
  unary('Ceil', { jumps: true }),
  unary('Round', { since: 11, jumps: true }),
  unary('Sqrt', { largest: 1e4 }),
  unary('Reciprocal', { bound: () => 1e5 }),
  unary('Exp', { largest: 8, bound: Math.exp }),
  unary('Log', { largest: 1e4, bound: () => 20 }),
  unary('Erf', { since: 9, bound: () => 1 }),
  ...['Sin', 'Cos', 'Atan'].map((name) => unary(name, { since: 7, largest: 100, bound: () => 2 })),
  ...['Asin', 'Acos'].map((name) => unary(name, { since: 7, largest: 4, bound: () => 4 })),
  ...['Sinh', 'Cosh'].map((name) => unary(name, { since: 9, largest: 8, bound: Math.cosh })),
  unary('Tan', { since: 7, largest: 1.5, bound: () => 20 }),
  unary('Asinh', { since: 9, largest: 1e4 }),
  ...['Acosh', 'Atanh'].map((name) => unary(name, { since: 9, largest: 4, bound: () => 20 })),
  unary('Not', { types: ['bool'], keepsExact: true }),
  unary('BitwiseNot', { since: 18, types: ['int32', 'int64', 'uint8'] }),
  unary('Identity', { keepsExact: true, types: ['float32', 'float32', 'int64', 'bool', 'uint8'] }),
];

const activations: Operator[] = [
  unary('Relu', { keepsExact: true }),
  unary('LeakyRelu', { attributes: alpha([0.2, 0, 1, -0.5]) }),
  unary('ThresholdedRelu', { since: 10, jumps: true, attributes: alpha([0.5, 0, -0.5]) }),
  unary('Sigmoid', { bound: () => 1 }),
  unary('Tanh', { bound: () => 1 }),
  unary('HardSigmoid', {
    bound: () => 1,
    attributes: (maker) => ({
      alpha: some(maker, [0.2, 1 / 6, 0.5]),
      beta: some(maker, [0.5, 0, -0.25]),
    }),
  }),
  unary('HardSwish', { since: 14 }),
  unary('Elu', { attributes: alpha([1, 0.5, 2]) }),
  unary('Selu', {
    attributes: (maker) => ({ alpha: some(maker, [1, 1.5]), gamma: some(maker, [1, 2]) }),
    bound: (bound) => 3 * bound,
  }),
  unary('Celu', { since: 12, attributes: alpha([1, 0.5, 2]) }),
  unary('Softplus'),
  unary('Softsign', { bound: () => 1 }),
  unary('Mish', { since: 18 }),
  unary('Gelu', {
    since: 20,
    attributes: (maker) => ({ approximate: maker.random.of(['none', 'tanh', undefined]) }),
  }),
  unary('Shrink', {
    since: 9,
    jumps: true,
    attributes: (maker) => ({ lambd: some(maker, [0.5, 0.1]), bias: some(maker, [0, 0.3]) }),
  }),
];

function predicate(name: string, since: number): Operator {
  return {
    name,
    since,
    weight: 0.3,
    add: (maker) =>
      maker.one(name, [maker.float(0, 5, { exact: true })], {}, { type: 'bool', exact: true }),
  };
}

const clip: Operator = {
  name: 'Clip',
  add(maker) {
    const { random } = maker;
    const x =
      maker.opset < 12 ? maker.float() : maker.ofType(['float32', 'float32', 'int32', 'int64']);
    const whole = !isFloat(x.type);
    const low = random.chance(0.7) ? random.of(whole ? [-3, 0] : [-0.5, 0, -1]) : undefined;
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
  since: 9,
  add(maker) {
    const x = maker.float();
    const dims = maker.broadcastable(x.dims);
    const slope = maker.random.chance(0.8) ? maker.weights(dims) : maker.input('float32', dims);
    return maker.one('PRelu', [x, slope], {}, { dims: x.dims });
  },
};

const where: Operator = {
  name: 'Where',
  since: 9,
  add(maker) {
    const a = maker.ofType(['float32', 'float32', 'int64', 'uint8']);
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

// onnx.proto's numbers of the element types.
const castTargets: Partial<Record<ElementType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

/** Casts to integers may be given whole numbers and what is within their range only. */
const cast: Operator = {
  name: 'Cast',
  since: 9,
  weight: 1.5,
  add(maker) {
    const x = maker.pick(({ type, bound }) => type !== 'float16' && bound < 1e6);
    if (!x) return undefined;
    const goesAnywhere = x.exact && !(maker.kind.hasSpecials && isFloat(x.type));
    const targets = (Object.keys(castTargets) as ElementType[]).filter(
      (type) => goesAnywhere || (isFloat(type) && isFloat(x.type)),
    );
    if (targets.length === 0) return undefined;
    const type = maker.random.of(targets);
    const result = maker.one('Cast', [x], { to: castTargets[type]! }, { type, exact: x.exact });
    // So that float32, of which most operators are, goes on.
    if (result && type === 'float64' && maker.random.chance(0.7)) {
      return maker.one('Cast', [result], { to: 1 }, { type: 'float32', exact: x.exact });
    }
    return result;
  },
};

/** What is rounded to float16 stays so, although the model is float32. */
const throughHalf: Operator = {
  name: 'Cast to float16 and back',
  since: 9,
  add(maker) {
    const x = maker.float(0, 5, { exact: true });
    const half = maker.one('Cast', [x], { to: 10 }, { type: 'float16', exact: true });
    return half && maker.one('Cast', [half], { to: 1 }, { type: 'float32', exact: true });
  },
};

export const elementwise: Operator[] = [
  ...arithmetic,
  pow,
  variadic('Sum', ['float32']),
  variadic('Mean', ['float32']),
  variadic('Min', ['float32']),
  variadic('Max', ['float32']),
  ...unaries,
  ...activations,
  predicate('IsNaN', 9),
  predicate('IsInf', 10),
  clip,
  prelu,
  where,
  cast,
  throughHalf,
];
