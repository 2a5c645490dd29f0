import { broadcast, fromFront, type GraphMaker, type Value } from '../maker.js';
import { elementCount, isFloat, tensorOf } from '../tensors.js';
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
    : maker.input(maker.floatType, dims);
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

function integerMatMul(maker: GraphMaker): Value | undefined {
  const [rows, inner, columns] = [maker.size(), maker.size(), maker.size()];
  const a = maker.input(maker.type, [rows, inner]);
  const b = maker.weights([inner, columns], 1, maker.type);
  return maker.one('MatMul', [a, b], {}, { dims: [rows, columns], exact: true, bound: 1e4 });
}

const matMul: Operator = {
  name: 'MatMul',
  weight: 4,
  add(maker) {
    if (!isFloat(maker.type)) return integerMatMul(maker);
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
    const b = random.chance(0.8) ? maker.weights(bDims) : maker.input(maker.floatType, bDims);
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
  return random.chance(0.8) ? maker.weights(dims) : maker.input(maker.floatType, dims);
}

/** A dimension that a Softmax is taken along, or all from it on before opset 13. */
function softmax(name: string): Operator {
  return {
    name,
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
    add(maker) {
      const { random, opset } = maker;
      const picks = name === 'ReduceMax' || name === 'ReduceMin';
      const isWhole = !isFloat(maker.type);
      const x = operandOf(maker, name);
      if (!x) return undefined;
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
      const byInput = opset >= (name === 'ReduceSum' ? 13 : 18);
      const empty = !axes && byInput && random.chance(0.3) ? 1 : undefined;
      const attributes = {
        axes: attribute,
        keepdims: keeps ? random.of([1, undefined]) : 0,
        noop_with_empty_axes: empty,
      };
      const count = elementCount(x.dims.filter((_, axis) => reduced.has(axis)));
      const bound = picks || name === 'ReduceMean' ? x.bound : boundOf(name, x.bound, count);
      const result = { dims: empty ? x.dims : dims, bound, exact: (picks || isWhole) && x.exact };
      const made = maker.one(name, [x, input], attributes, result);
      // What is no whole number is cut off, wherever the roundings before lead.
      return isWhole && /L2|Log/.test(name) ? maker.endRounded(made) : made;
    },
  };
}

/** What a reduction takes: only of positive numbers there is a logarithm. */
function operandOf(maker: GraphMaker, name: string): Value | undefined {
  if (name === 'ReduceProd' && !isFloat(maker.type)) {
    // What is beyond 64 bits is not said.
    const dims = maker.random.of([[3], [2, 4], [3, 2, 2]]);
    const numbers = maker.random.ints(elementCount(dims), -3, 3);
    const x = maker.given(tensorOf(maker.type, dims, numbers));
    return { ...x, bound: 3 };
  }
  const largest = name === 'ReduceProd' ? 3 : name === 'ReduceLogSumExp' ? 80 : 1e4;
  if (name === 'ReduceLogSum') {
    if (!isFloat(maker.type))
      return maker.awayFromZero(maker.dims(maker.random.int(1, 4)), maker.type, false);
    return maker.one('Exp', [maker.float(0, 5, { largest: 5 })], {}, { bound: 150 });
  }
  return maker.take(0, 5, { largest: isFloat(maker.type) ? largest : 300 });
}

function boundOf(name: string, bound: number, count: number): number {
  if (name === 'ReduceProd') return Math.max(1, bound) ** Math.min(count, 20);
  if (name === 'ReduceSumSquare') return bound ** 2 * count;
  return bound * count + 10;
}

/** Equations with the sizes of their letters. */
const equations = [
  'ij,jk->ik',
  'ij,jk',
  'bij,bjk->bik',
  'ij->ji',
  'ij->i',
  'ij->',
  'ii->i',
  'ii',
  'i,j->ij',
  'ij,ij->ij',
  'i,i->',
  'bhid,bhjd->bhij',
  'bij,jk->bik',
  'abc->cab',
  'ij,jk,kl->il',
  '...ij,...jk->...ik',
  '...i->...',
];

const einsum: Operator = {
  name: 'Einsum',
  add(maker) {
    const { random, type } = maker;
    const equation = random.of(equations);
    const sizes = new Map([...'abcdhijkl'].map((letter) => [letter, random.int(1, 5)]));
    const rest = random.of([[], [2], [3, 2]]);
    const dimsOf = (term: string) => [
      ...(term.includes('...') ? rest : []),
      ...[...term.replace('...', '')].map((letter) => sizes.get(letter)!),
    ];
    const [left, right] = equation.split('->') as [string, string?];
    const terms = left.split(',');
    const letters = [...left.replaceAll(/\W/g, '')];
    const once = letters.filter((l) => letters.indexOf(l) === letters.lastIndexOf(l)).sort();
    const dims = dimsOf(right ?? once.join(''));
    const inputs = terms.map((term, i) =>
      i === 0 || random.chance(0.5)
        ? maker.input(type, dimsOf(term))
        : maker.weights(dimsOf(term), 1, type),
    );
    return maker.one('Einsum', inputs, { equation }, { dims, exact: !isFloat(type), bound: 500 });
  },
};

const hardmax: Operator = {
  name: 'Hardmax',
  add(maker) {
    const x = maker.float(1, 5, { exact: true });
    if (elementCount(x.dims) === 0) return undefined;
    const axis = maker.axis(x.dims.length);
    const written = maker.opset < 11 ? fromFront(axis, x.dims.length) : axis;
    return maker.one('Hardmax', [x], { axis: written }, { exact: true, bound: 1 });
  },
};

const det: Operator = {
  name: 'Det',
  add(maker) {
    const size = maker.random.int(1, 5);
    const batch = maker.random.of([[], [3], [2, 2]]);
    const x = maker.input(maker.type, [...batch, size, size]);
    return maker.one('Det', [x], {}, { dims: batch, bound: 100 });
  },
};

export const matrices: Operator[] = [
  matMul,
  einsum,
  hardmax,
  det,
  gemm,
  softmax('Softmax'),
  softmax('LogSoftmax'),
  ...reductions.map(reduction),
];
