import { broadcast, fromFront, type GraphMaker, type Value } from '../maker.js';
import { elementCount } from '../tensors.js';
import type { Operator } from './operator.js';

/** A second factor for rows of `inner` elements: weights, a batch of them, or a vector. */
function rightFactor(maker: GraphMaker, batch: readonly number[], inner: number): Value {
  const { random } = maker;
  const columns = maker.size();
  const shapes = [
    [inner, columns],
    [inner, columns],
    [...maker.broadcastable(batch), inner, columns],
    [inner],
    [inner, 1],
  ];
  const dims = random.of(shapes);
  return random.chance(0.7)
    ? maker.weights(dims, Math.sqrt(3 / Math.max(inner, 1)))
    : maker.input('float32', dims);
}

/** The shape of numpy.matmul; nothing where the batches do not broadcast. */
function productDims(a: readonly number[], b: readonly number[]): number[] | undefined {
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2));
  if (!batch) return undefined;
  const rows = a.length > 1 ? [a.at(-2)!] : [];
  const columns = b.length > 1 ? [b.at(-1)!] : [];
  return [...batch, ...rows, ...columns];
}

/** x times weights, or times another value. */
export function addMatMul(maker: GraphMaker, x: Value, factor?: Value): Value | undefined {
  const inner = x.dims.at(-1)!;
  const y = factor ?? rightFactor(maker, x.dims.slice(0, -2), inner);
  const dims = productDims(x.dims, y.dims);
  return dims && maker.one('MatMul', [x, y], {}, { dims, bound: x.bound * y.bound * 3 });
}

const matMul: Operator = {
  name: 'MatMul',
  weight: 4,
  add(maker) {
    const x = maker.float(1, 5, { largest: 1e3 });
    // A row vector on the left.
    if (maker.random.chance(0.1) && x.dims.length >= 2) {
      const row = maker.weights([x.dims.at(-2)!]);
      const dims = productDims(row.dims, x.dims);
      return dims && maker.one('MatMul', [row, x], {}, { dims, bound: x.bound * 3 });
    }
    return addMatMul(maker, x);
  },
};

const integerMatMul: Operator = {
  name: 'MatMul of integers',
  since: 9,
  weight: 0.3,
  add(maker) {
    const [rows, inner, columns] = [maker.size(), maker.size(), maker.size()];
    const type = maker.random.of(['int32', 'int64', 'float64'] as const);
    const a = maker.input(type, [rows, inner]);
    const b = maker.weights([inner, columns], 1, type);
    return maker.one('MatMul', [a, b], {}, { dims: [rows, columns], exact: type !== 'float64' });
  },
};

const gemm: Operator = {
  name: 'Gemm',
  weight: 3,
  add(maker) {
    const { random } = maker;
    const a = maker.float(2, 2, { largest: 1e3 });
    const [transA, transB] = [random.chance(0.3), random.chance(0.5)];
    const [m, k] = transA ? [a.dims[1]!, a.dims[0]!] : [a.dims[0]!, a.dims[1]!];
    const n = random.chance(0.2) ? 1 : maker.size();
    const bDims = transB ? [n, k] : [k, n];
    const b = random.chance(0.8) ? maker.weights(bDims) : maker.input('float32', bDims);
    const c = addend(maker, m, n);
    if (!c && maker.opset < 11) return undefined;
    const float = (choices: number[]) =>
      random.chance(0.3) ? { float: random.of(choices) } : undefined;
    const attributes = {
      transA: transA ? 1 : undefined,
      transB: transB ? 1 : undefined,
      alpha: float([0.5, 2, -1, 0]),
      beta: float([0.5, 0, -2]),
    };
    return maker.one('Gemm', [a, b, c], attributes, { dims: [m, n], bound: a.bound * (k + 1) });
  },
};

function addend(maker: GraphMaker, m: number, n: number): Value | undefined {
  const { random } = maker;
  if (random.chance(0.2)) return undefined;
  const dims = random.of([[n], [n], [1, n], [m, 1], [m, n], [1], [], [1, 1]]);
  return random.chance(0.8) ? maker.weights(dims) : maker.input('float32', dims);
}

/** A dimension that a Softmax is taken along, or all from it on before opset 13. */
function softmax(name: string): Operator {
  return {
    name,
    weight: 1.5,
    add(maker) {
      const x = maker.float(1, 5, { largest: 1e3 });
      const axis = maker.random.chance(0.3) ? undefined : maker.axis(x.dims.length);
      // Before opset 11 axes are not counted from the end.
      const written =
        axis === undefined || maker.opset >= 11 ? axis : fromFront(axis, x.dims.length);
      if (written === undefined && maker.opset < 13 && x.dims.length < 2) return undefined;
      const bound = name === 'Softmax' ? 1 : 2 * x.bound + 10;
      return maker.one(name, [x], { axis: written }, { bound });
    },
  };
}

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

/** Axes are an attribute until opset 18, for ReduceSum until 13. */
export function reductionAxes(maker: GraphMaker, name: string, axes: readonly number[]) {
  const byInput = maker.opset >= (name === 'ReduceSum' ? 13 : 18);
  return byInput
    ? { input: maker.int64s(axes), attribute: undefined }
    : { input: undefined, attribute: [...axes] };
}

function reduction(name: string): Operator {
  return {
    name,
    weight: 0.6,
    add(maker) {
      const { random, opset } = maker;
      const picks = name === 'ReduceMax' || name === 'ReduceMin';
      const positive = name === 'ReduceLogSum';
      const largest = name === 'ReduceProd' ? 3 : 1e4;
      let x = maker.float(0, 5, { largest });
      if (positive)
        x = maker.one('Exp', [maker.float(0, 5, { largest: 5 })], {}, { bound: 150 }) ?? x;
      const rank = x.dims.length;
      let axes = random.chance(0.2) ? undefined : maker.axes(rank, 0.5);
      if (axes && opset < 11) axes = axes.map((axis) => fromFront(axis, rank));
      if (axes?.length === 0) axes = undefined;
      const reduced = new Set(axes?.map((axis) => fromFront(axis, rank)) ?? x.dims.keys());
      if (x.dims.some((size, axis) => size === 0 && reduced.has(axis)) && picks) return undefined;
      const keeps = random.chance(0.6);
      const dims = x.dims.flatMap((size, axis) =>
        reduced.has(axis) ? (keeps ? [1] : []) : [size],
      );
      const { input, attribute } = axes
        ? reductionAxes(maker, name, axes)
        : { input: undefined, attribute: undefined };
      const attributes = { axes: attribute, keepdims: keeps ? random.of([1, undefined]) : 0 };
      const count = elementCount(x.dims.filter((_, axis) => reduced.has(axis)));
      const bound = picks || name === 'ReduceMean' ? x.bound : boundOf(name, x.bound, count);
      return maker.one(name, [x, input], attributes, { dims, bound, exact: picks && x.exact });
    },
  };
}

function boundOf(name: string, bound: number, count: number): number {
  if (name === 'ReduceProd') return Math.max(1, bound) ** Math.min(count, 20);
  if (name === 'ReduceSumSquare') return bound ** 2 * count;
  return bound * count + 10;
}

export const matrices: Operator[] = [
  matMul,
  integerMatMul,
  gemm,
  softmax('Softmax'),
  softmax('LogSoftmax'),
  ...reductions.map(reduction),
];
