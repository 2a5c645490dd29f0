import { fromFront, type GraphMaker, type Value } from '../maker.js';
import { elementCount, isFloat, isGivable, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

/** Indices into an axis of `size` elements, now and then counted from the end. */
function indices(maker: GraphMaker, dims: readonly number[], size: number): Value {
  const { random, opset } = maker;
  const low = opset >= 11 && random.chance(0.3) ? -size : 0;
  const type = random.of(['int64', 'int64', 'int32'] as const);
  return maker.given(tensorOf(type, dims, random.ints(elementCount(dims), low, size - 1)));
}

/** A value with elements and at least one axis, and one of its axes. */
function lined(maker: GraphMaker, { exact = false, largest = Infinity } = {}) {
  const x = maker.take(1, 5, { exact, largest, fits: ({ dims }) => elementCount(dims) > 0 });
  if (elementCount(x.dims) === 0) return undefined;
  const rank = x.dims.length;
  const written = maker.axis(rank);
  const axis = fromFront(written, rank);
  return { x, axis, written: maker.opset < 11 ? axis : written };
}

const gather: Operator = {
  name: 'Gather',
  add(maker) {
    const { x, axis, written } = lined(maker) ?? {};
    if (!x || axis === undefined) return undefined;
    const shape = maker.random.of([[], [1], [3], [2, 2], maker.allowsEmpty ? [0] : [4]]);
    const dims = [...x.dims.slice(0, axis), ...shape, ...x.dims.slice(axis + 1)];
    const from = indices(maker, shape, x.dims[axis]!);
    return maker.one('Gather', [x, from], { axis: written }, { dims, exact: x.exact });
  },
};

/** Sizes of indices that lie within `dims`, but along `axis`, where there may be more. */
function within(maker: GraphMaker, dims: readonly number[], axis: number): number[] {
  return dims.map((size, i) => maker.random.int(1, i === axis ? size + 2 : size));
}

const gatherElements: Operator = {
  name: 'GatherElements',
  add(maker) {
    const { x, axis, written } = lined(maker) ?? {};
    if (!x || axis === undefined) return undefined;
    const dims = within(maker, x.dims, axis);
    const from = indices(maker, dims, x.dims[axis]!);
    return maker.one('GatherElements', [x, from], { axis: written }, { dims, exact: x.exact });
  },
};

/** Tuples of indices that address the axes from `first` on. */
function tuples(maker: GraphMaker, counts: readonly number[], sizes: readonly number[]): Value {
  const { random } = maker;
  const total = elementCount(counts);
  const numbers = Array.from({ length: total }, () =>
    sizes.map((size) => random.int(random.chance(0.2) ? -size : 0, size - 1)),
  );
  return maker.int64s(numbers.flat(), [...counts, sizes.length]);
}

const gatherNd: Operator = {
  name: 'GatherND',
  add(maker) {
    const { random } = maker;
    const { x } = lined(maker) ?? {};
    if (!x) return undefined;
    const rank = x.dims.length;
    const batchDims = maker.opset < 12 ? 0 : random.int(0, Math.min(1, rank - 1));
    const depth = random.int(1, rank - batchDims);
    const counts = [...x.dims.slice(0, batchDims), random.int(1, 4)];
    const from = tuples(maker, counts, x.dims.slice(batchDims, batchDims + depth));
    const dims = [...counts, ...x.dims.slice(batchDims + depth)];
    const attributes = { batch_dims: batchDims || undefined };
    return maker.one('GatherND', [x, from], attributes, { dims, exact: x.exact });
  },
};

/** How updates are joined with what is there; only sums of floats depend on their order. */
function reductionFor(maker: GraphMaker): string | undefined {
  const { random, opset, type } = maker;
  if (opset < 16 || !isGivable(type)) return undefined;
  if (type === 'string' || type === 'bool') return random.of([undefined, 'none']);
  return random.of([undefined, 'none', 'add', 'mul', ...(opset >= 18 ? ['min', 'max'] : [])]);
}

function scatterElements(name: string): Operator {
  return {
    name,
    add(maker) {
      const { x, axis, written } = lined(maker, { largest: 1e4 }) ?? {};
      if (!x || axis === undefined) return undefined;
      const reduction = reductionFor(maker);
      const joins = reduction !== undefined && reduction !== 'none';
      const dims = x.dims.map((size, i) => (i === axis && !joins ? 1 : maker.random.int(1, size)));
      const to = indices(maker, dims, x.dims[axis]!);
      const inputs = [x, to, maker.weights(dims, 1, x.type)];
      const exact = x.exact && (!joins || !isFloat(x.type));
      return maker.one(name, inputs, { axis: written, reduction }, { exact, bound: 10 * x.bound });
    },
  };
}

const scatterNd: Operator = {
  name: 'ScatterND',
  add(maker) {
    const { x } = lined(maker, { largest: 1e4 }) ?? {};
    if (!x) return undefined;
    const depth = maker.random.int(1, x.dims.length);
    const reduction = reductionFor(maker);
    const joins = reduction !== undefined && reduction !== 'none';
    // Where two updates meet, which one stays is not said.
    const count = joins ? maker.random.int(1, 4) : 1;
    const to = tuples(maker, [count], x.dims.slice(0, depth));
    const updates = maker.weights([count, ...x.dims.slice(depth)], 1, x.type);
    const exact = x.exact && (!joins || !isFloat(x.type));
    const result = { exact, bound: 10 * x.bound };
    return maker.one('ScatterND', [x, to, updates], { reduction }, result);
  },
};

function argument(name: string): Operator {
  return {
    name,
    add(maker) {
      const { random } = maker;
      const { x, axis, written } = lined(maker, { exact: true }) ?? {};
      if (!x || axis === undefined) return undefined;
      const keeps = random.chance(0.6);
      const dims = x.dims.flatMap((size, i) => (i !== axis ? [size] : keeps ? [1] : []));
      const attributes = {
        axis: written,
        keepdims: keeps ? random.of([1, undefined]) : 0,
        select_last_index: maker.opset >= 12 && random.chance(0.3) ? 1 : undefined,
      };
      return maker.one(name, [x], attributes, { type: 'int64', dims, exact: true, bound: 20 });
    },
  };
}

const topK: Operator = {
  name: 'TopK',
  add(maker) {
    const { random, opset } = maker;
    const { x, axis, written } = lined(maker, { exact: true }) ?? {};
    if (!x || axis === undefined) return undefined;
    const k = random.int(maker.allowsEmpty ? 0 : 1, x.dims[axis]!);
    const dims = x.dims.map((size, i) => (i === axis ? k : size));
    const largest = opset >= 11 ? random.of([undefined, 0, 1]) : undefined;
    // Which of equal values comes first is not said.
    const differ = isFloat(x.type) && !maker.kind.hasSpecials;
    const results = [
      { dims, exact: true },
      { type: 'int64' as const, dims, exact: true, bound: 20 },
    ];
    const [values, places] =
      opset < 10
        ? maker.node('TopK', [x], { k, axis: written }, results)
        : maker.node('TopK', [x, maker.int64s([k])], { axis: written, largest }, results);
    if (places && !differ) maker.hide(places);
    return values;
  },
};

function cumulative(name: string): Operator {
  return {
    name,
    add(maker) {
      const largest = name === 'CumProd' ? 3 : 1e4;
      const { x, written } = lined(maker, { largest }) ?? {};
      if (!x || written === undefined) return undefined;
      const flag = () => (maker.random.chance(0.4) ? 1 : undefined);
      const type = maker.random.of(['int64', 'int32'] as const);
      const axis = maker.given(tensorOf(type, [], [written]));
      const attributes = { exclusive: flag(), reverse: flag() };
      const exact = x.exact && !isFloat(x.type);
      const bound = name === 'CumProd' ? 1e6 : 20 * x.bound;
      return maker.one(name, [x, axis], attributes, { bound, exact });
    },
  };
}

const oneHot: Operator = {
  name: 'OneHot',
  add(maker) {
    const { random, type } = maker;
    const depth = random.int(1, 6);
    const shape = random.of([[3], [2, 2], [1, 5]]);
    const indexType = random.of(['int64', 'int64', 'int32', 'float32'] as const);
    const low = maker.opset >= 11 ? -depth - 1 : 0;
    const numbers = random.ints(elementCount(shape), low, depth + 1);
    const hot = maker.given(tensorOf(indexType, shape, numbers));
    const axis = random.int(-1, shape.length);
    const dims = [...shape];
    dims.splice(axis < 0 ? shape.length : axis, 0, depth);
    const values = maker.given(tensorOf(type, [2], [random.of([0, -1]), 1]));
    const inputs = [hot, maker.int64s([depth], random.of([[], [1]])), values];
    return maker.one('OneHot', inputs, { axis }, { type, dims, exact: true });
  },
};

const nonZero: Operator = {
  name: 'NonZero',
  add(maker) {
    const x = maker.take(1, 5, { exact: true });
    // How many there are only a run can tell.
    const result = { type: 'int64' as const, dims: [x.dims.length, 1], exact: true };
    return maker.end(maker.one('NonZero', [x], {}, result));
  },
};

const compress: Operator = {
  name: 'Compress',
  add(maker) {
    const { random } = maker;
    const { x, axis, written } = lined(maker) ?? {};
    if (!x || axis === undefined) return undefined;
    const along = random.chance(0.7);
    const length = along ? x.dims[axis]! : elementCount(x.dims);
    const count = random.int(1, Math.min(length, 30));
    const condition = random.chance(0.5)
      ? maker.input('bool', [count])
      : maker.weights([count], 1, 'bool');
    const attributes = { axis: along ? written : undefined };
    const made = maker.one('Compress', [x, condition], attributes, { exact: x.exact });
    return isGivable(x.type) ? maker.end(made) : shapeOf(maker, made);
  },
};

/** Instead of what cannot be asked for, its shape. */
function shapeOf(maker: GraphMaker, value: Value | undefined): Value | undefined {
  if (!value) return undefined;
  maker.hide(value);
  const result = { type: 'int64' as const, dims: [value.dims.length], exact: true };
  return maker.one('Shape', [value], {}, result);
}

const unique: Operator = {
  name: 'Unique',
  add(maker) {
    const { random } = maker;
    const { x, written } = lined(maker, { exact: true }) ?? {};
    if (!x) return undefined;
    const attributes = {
      axis: random.chance(0.5) ? undefined : written,
      sorted: random.of([undefined, 0, 1]),
    };
    const indices = { type: 'int64' as const, dims: [1], exact: true };
    const results = [{ exact: true, dims: [1] }, indices, indices, indices];
    const made = maker.node('Unique', [x], attributes, results.slice(0, random.int(1, 4)));
    made.forEach((value) => maker.end(value));
    return made[0];
  },
};

export const indexing: Operator[] = [
  gather,
  gatherElements,
  gatherNd,
  scatterElements('ScatterElements'),
  scatterElements('Scatter'),
  scatterNd,
  argument('ArgMax'),
  argument('ArgMin'),
  topK,
  cumulative('CumSum'),
  cumulative('CumProd'),
  oneHot,
  nonZero,
  compress,
  unique,
];
