import type { ElementType } from '../../support/onnx-builder.js';
import { fromFront, type GraphMaker, type Value } from '../maker.js';
import { elementCount, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

const moved: ElementType[] = ['float32', 'float32', 'float32', 'int64', 'uint8'];

/** Indices into an axis of `size` elements, now and then counted from the end. */
function indices(maker: GraphMaker, dims: readonly number[], size: number): Value {
  const { random, opset } = maker;
  const low = opset >= 11 && random.chance(0.3) ? -size : 0;
  const type = random.of(['int64', 'int64', 'int32'] as const);
  return maker.constant(tensorOf(type, dims, random.ints(elementCount(dims), low, size - 1)));
}

/** A value with elements and at least one axis, and one of its axes. */
function lined(maker: GraphMaker, types: readonly ElementType[] = moved) {
  const fits = ({ dims }: Value) => dims.length > 0 && elementCount(dims) > 0;
  const x = maker.ofType(types, fits);
  if (!fits(x)) return undefined;
  const rank = x.dims.length;
  const written = maker.axis(rank);
  const axis = fromFront(written, rank);
  return { x, axis, written: maker.opset < 11 ? axis : written };
}

const gather: Operator = {
  name: 'Gather',
  weight: 2,
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
  since: 11,
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
  since: 12,
  add(maker) {
    const { random } = maker;
    const { x } = lined(maker) ?? {};
    if (!x) return undefined;
    const rank = x.dims.length;
    const batchDims = random.int(0, Math.min(1, rank - 1));
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
  const { random, opset } = maker;
  if (opset < 16) return undefined;
  return random.of([undefined, 'none', 'add', 'mul', ...(opset >= 18 ? ['min', 'max'] : [])]);
}

const scatterElements: Operator = {
  name: 'ScatterElements',
  since: 11,
  add(maker) {
    const { x, axis, written } = lined(maker, ['float32', 'int64']) ?? {};
    if (!x || axis === undefined) return undefined;
    const reduction = reductionFor(maker);
    const joins = reduction !== undefined && reduction !== 'none';
    const dims = x.dims.map((size, i) => (i === axis && !joins ? 1 : maker.random.int(1, size)));
    const to = indices(maker, dims, x.dims[axis]!);
    const inputs = [x, to, maker.weights(dims, 1, x.type)];
    const exact = x.exact && (!joins || x.type === 'int64');
    return maker.one('ScatterElements', inputs, { axis: written, reduction }, { exact });
  },
};

const scatterNd: Operator = {
  name: 'ScatterND',
  since: 11,
  add(maker) {
    const { x } = lined(maker, ['float32', 'int64']) ?? {};
    if (!x) return undefined;
    const depth = maker.random.int(1, x.dims.length);
    const reduction = reductionFor(maker);
    const joins = reduction !== undefined && reduction !== 'none';
    // Where two updates meet, which one stays is not said.
    const count = joins ? maker.random.int(1, 4) : 1;
    const to = tuples(maker, [count], x.dims.slice(0, depth));
    const updates = maker.weights([count, ...x.dims.slice(depth)], 1, x.type);
    const exact = x.exact && (!joins || x.type === 'int64');
    return maker.one('ScatterND', [x, to, updates], { reduction }, { exact });
  },
};

function argument(name: string): Operator {
  return {
    name,
    add(maker) {
      const { random } = maker;
      const { x, axis, written } = lined(maker, ['float32', 'float32', 'int32']) ?? {};
      if (!x?.exact || axis === undefined) return undefined;
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
  since: 10,
  add(maker) {
    const { random } = maker;
    const { x, axis, written } = lined(maker, ['float32', 'float32', 'int64']) ?? {};
    if (!x?.exact || axis === undefined) return undefined;
    const k = random.int(maker.allowsEmpty ? 0 : 1, x.dims[axis]!);
    const dims = x.dims.map((size, i) => (i === axis ? k : size));
    const largest = maker.opset >= 11 ? random.of([undefined, 0, 1]) : undefined;
    const results = [
      { dims, exact: true },
      { type: 'int64' as const, dims, exact: true, bound: 20 },
    ];
    const attributes = { axis: written, largest };
    return maker.node('TopK', [x, maker.int64s([k])], attributes, results)[0];
  },
};

const cumSum: Operator = {
  name: 'CumSum',
  since: 11,
  add(maker) {
    const { x, written } = lined(maker, ['float32', 'float32', 'int64']) ?? {};
    if (!x || written === undefined) return undefined;
    const flag = () => (maker.random.chance(0.4) ? 1 : undefined);
    const axis = maker.int64s([written], []);
    const attributes = { exclusive: flag(), reverse: flag() };
    const exact = x.exact && x.type === 'int64';
    return maker.one('CumSum', [x, axis], attributes, { bound: 20 * x.bound, exact });
  },
};

const oneHot: Operator = {
  name: 'OneHot',
  since: 11,
  add(maker) {
    const { random } = maker;
    const depth = random.int(1, 6);
    const shape = random.of([[3], [2, 2], [1, 5]]);
    const hot = maker.constant(
      tensorOf('int64', shape, random.ints(elementCount(shape), -depth - 1, depth + 1)),
    );
    const axis = random.int(-1, shape.length);
    const dims = [...shape];
    dims.splice(axis < 0 ? shape.length : axis, 0, depth);
    const values = maker.constant(tensorOf('float32', [2], [random.of([0, -1]), 1]));
    const inputs = [hot, maker.int64s([depth], []), values];
    return maker.one('OneHot', inputs, { axis }, { type: 'float32', dims, exact: true });
  },
};

const nonZero: Operator = {
  name: 'NonZero',
  since: 9,
  weight: 0.5,
  add(maker) {
    const bits = maker.pick(({ type, dims }) => type === 'bool' && dims.length > 0);
    if (!bits) return undefined;
    // How many there are only a run can tell: what is left of them is a number.
    const places = maker.one(
      'NonZero',
      [bits],
      {},
      { type: 'int64', dims: [bits.dims.length, 1], exact: true },
    );
    if (!places) return undefined;
    maker.hide(places);
    return maker.one('Shape', [places], {}, { type: 'int64', dims: [2], exact: true, bound: 1e5 });
  },
};

export const indexing: Operator[] = [
  gather,
  gatherElements,
  gatherNd,
  scatterElements,
  scatterNd,
  argument('ArgMax'),
  argument('ArgMin'),
  topK,
  cumSum,
  oneHot,
  nonZero,
];
