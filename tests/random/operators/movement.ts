import { broadcast, fromFront, type GraphMaker, type Value } from '../maker.js';
import { elementCount, isFloat, isGivable } from '../tensors.js';
import type { Operator } from './operator.js';

/** A value of the type with at least one axis. */
const movable = (maker: GraphMaker, lowestRank = 1): Value =>
  maker.take(lowestRank, 5, { largest: Infinity });

const replaced = (dims: readonly number[], axis: number, size: number) =>
  dims.map((other, i) => (i === axis ? size : other));

const concat: Operator = {
  name: 'Concat',
  weight: 3,
  add(maker) {
    const { random } = maker;
    const first = movable(maker);
    const rank = first.dims.length;
    const axis = random.chance(0.5) && rank > 1 ? 1 : maker.axis(rank);
    const at = fromFront(axis, rank);
    const fits = ({ type, dims }: Value) =>
      type === first.type &&
      dims.length === rank &&
      dims.every((size, i) => i === at || size === first.dims[i]);
    const parts = [first];
    for (let count = random.int(0, 3); count > 0; --count) {
      const there = random.chance(0.6) ? maker.pick(fits) : undefined;
      const dims = replaced(first.dims, at, random.int(maker.allowsEmpty ? 0 : 1, 5));
      parts.push(there ?? maker.weights(dims, 2, first.type));
    }
    const size = parts.reduce((sum, { dims }) => sum + dims[at]!, 0);
    const result = { dims: replaced(first.dims, at, size), exact: parts.every((v) => v.exact) };
    const written = maker.opset < 11 ? at : axis;
    return maker.one('Concat', random.shuffled(parts), { axis: written }, result);
  },
};

/** Up to four sizes of parts that make up `size`. */
function partsOf(maker: GraphMaker, size: number): number[] {
  const { random, allowsEmpty } = maker;
  const cuts = random.ints(random.int(0, 3), allowsEmpty ? 0 : 1, size).sort((x, y) => x - y);
  const ends = allowsEmpty ? [...cuts, size] : [...new Set([...cuts, size])];
  return ends.map((end, i) => end - (ends[i - 1] ?? 0));
}

const split: Operator = {
  name: 'Split',
  weight: 2,
  add(maker) {
    const { random, opset } = maker;
    const x = movable(maker);
    const axis = fromFront(maker.axis(x.dims.length), x.dims.length);
    const parts = partsOf(maker, x.dims[axis]!);
    if (x.dims[axis] === 0) return undefined;
    const sizes = parts.map((part) => ({ dims: replaced(x.dims, axis, part), exact: x.exact }));
    if (opset < 13) return maker.node('Split', [x], { axis, split: parts }, sizes)[0];
    const even = parts.every((part) => part === parts[0]);
    if (even && random.chance(0.6)) {
      const attributes = { axis, num_outputs: opset >= 18 ? parts.length : undefined };
      return maker.node('Split', [x], attributes, sizes)[0];
    }
    return maker.node('Split', [x, maker.int64s(parts)], { axis }, sizes)[0];
  },
};

/** Elements start, start + step, ... of an axis, as written and as many. */
function sliceOf(maker: GraphMaker, size: number, backwards: boolean) {
  const { random } = maker;
  const count = random.int(maker.allowsEmpty ? 0 : 1, size);
  const step = count > 1 ? random.int(1, Math.floor((size - 1) / (count - 1))) : random.int(1, 3);
  const reach = count === 0 ? 0 : (count - 1) * step;
  const first = random.int(0, Math.max(0, size - 1 - reach));
  if (backwards && count > 0) {
    const start = first + reach;
    const end = first - 1;
    return { start, end: end < 0 ? -size - 1 : end, step: -step, count };
  }
  const end = count === 0 ? first : first + reach + 1;
  const last = end === size && random.chance(0.4) ? 2 ** 31 : end;
  const start = random.chance(0.2) && first > 0 ? first - size : first;
  return { start, end: last, step, count };
}

const slice: Operator = {
  name: 'Slice',
  weight: 3,
  add(maker) {
    const { random, opset } = maker;
    const x = movable(maker);
    const rank = x.dims.length;
    const axes = [...new Set(maker.axes(rank, 0.5).map((axis) => fromFront(axis, rank)))];
    if (axes.length === 0) axes.push(random.int(0, rank - 1));
    if (axes.some((axis) => x.dims[axis] === 0)) return undefined;
    const backwards = opset >= 10 && random.chance(0.3);
    const slices = axes.map((axis) => sliceOf(maker, x.dims[axis]!, backwards));
    if (opset < 10 && slices.some(({ step }) => step !== 1)) return undefined;
    const dims = x.dims.map((size, axis) => slices[axes.indexOf(axis)]?.count ?? size);
    const result = { dims, exact: x.exact };
    const [starts, ends] = [slices.map((s) => s.start), slices.map((s) => s.end)];
    if (opset < 10) return maker.one('Slice', [x], { axes, starts, ends }, result);
    const written = random.chance(0.3) ? axes.map((axis) => axis - rank) : axes;
    const inputs = [starts, ends, written, slices.map((s) => s.step)].map((v) => maker.int64s(v));
    return maker.one('Slice', [x, ...inputs], {}, result);
  },
};

const padModes = ['constant', 'constant', 'reflect', 'edge'] as const;

/** The most that a mode can add to an axis. */
function mostPadding(mode: string, size: number): number {
  if (mode === 'reflect') return Math.min(3, size - 1);
  return mode === 'constant' || size > 0 ? 3 : 0;
}

const pad: Operator = {
  name: 'Pad',
  weight: 3,
  add(maker) {
    const { random, opset } = maker;
    const x = movable(maker);
    const rank = x.dims.length;
    const mode = opset >= 19 && random.chance(0.2) ? 'wrap' : random.of(padModes);
    const amount = (size: number, axis: number) => {
      if (rank > 2 && axis < 2 && random.chance(0.8)) return 0;
      if (mode === 'constant' && size > 2 && random.chance(0.15)) return -1;
      return random.chance(0.6) ? random.int(0, Math.max(0, mostPadding(mode, size))) : 0;
    };
    const [before, after] = [x.dims.map(amount), x.dims.map(amount)];
    const dims = x.dims.map((size, axis) => size + before[axis]! + after[axis]!);
    const numbers = isFloat(x.type) ? [0, 0.5, -1] : [0, 1];
    const value = isGivable(x.type) ? random.of([undefined, undefined, ...numbers]) : undefined;
    const exact = x.exact;
    const written = mode === 'constant' ? random.of([mode, undefined]) : mode;
    if (opset < 11) {
      const attributes = {
        mode: written,
        pads: [...before, ...after],
        value: value === undefined ? undefined : { float: value },
      };
      return maker.one('Pad', [x], attributes, { dims, exact });
    }
    const constant =
      value === undefined || mode !== 'constant' ? undefined : maker.number(value, x.type);
    const chosen = opset >= 18 && random.chance(0.3) ? padded(before, after) : undefined;
    const pick = (amounts: number[]) => chosen?.map((axis) => amounts[axis]!) ?? amounts;
    const pads = maker.int64s([...pick(before), ...pick(after)]);
    const axes = chosen && maker.int64s(chosen);
    return maker.one('Pad', [x, pads, constant, axes], { mode: written }, { dims, exact });
  },
};

/** The axes that are padded; the last one where none is. */
function padded(before: readonly number[], after: readonly number[]): number[] {
  const axes = [...before.keys()].filter((axis) => before[axis] !== 0 || after[axis] !== 0);
  return axes.length > 0 ? axes : [before.length - 1];
}

const transpose: Operator = {
  name: 'Transpose',
  weight: 3,
  add(maker) {
    const x = movable(maker);
    const axes = [...x.dims.keys()];
    const order = maker.random.chance(0.15) ? undefined : maker.random.shuffled(axes);
    const dims = (order ?? axes.reverse()).map((axis) => x.dims[axis]!);
    return maker.one('Transpose', [x], { perm: order }, { dims, exact: x.exact });
  },
};

/** Other sizes with as many elements. */
function regrouped(maker: GraphMaker, dims: readonly number[]): number[] {
  const { random } = maker;
  const sizes = [...dims];
  for (let i = random.int(1, 3); i > 0; --i) {
    const axis = random.int(0, Math.max(0, sizes.length - 1));
    const size = sizes[axis];
    const divisor =
      size === undefined ? undefined : [2, 3, 4, 5].find((d) => size > 0 && size % d === 0);
    if (size !== undefined && divisor !== undefined && random.chance(0.5) && sizes.length < 6) {
      sizes.splice(axis, 1, size / divisor, divisor);
    } else if (sizes.length > 1 && random.chance(0.6)) {
      const first = Math.min(axis, sizes.length - 2);
      sizes.splice(first, 2, sizes[first]! * sizes[first + 1]!);
    } else if (sizes.length < 6) {
      sizes.splice(axis, 0, 1);
    }
  }
  return sizes;
}

const reshape: Operator = {
  name: 'Reshape',
  weight: 3,
  add(maker) {
    const { random } = maker;
    const x = movable(maker, 0);
    const dims = regrouped(maker, x.dims);
    const written = dims.map((size, axis) =>
      size === x.dims[axis] && random.chance(0.4) ? 0 : size,
    );
    if (dims.includes(0) && written.some((size, axis) => size === 0 && x.dims[axis] !== 0)) {
      return undefined;
    }
    if (elementCount(dims) > 0 && dims.length > 0 && random.chance(0.4)) {
      written[random.int(0, dims.length - 1)] = -1;
    }
    return maker.one('Reshape', [x, maker.int64s(written)], {}, { dims, exact: x.exact });
  },
};

/** Axes are an attribute until opset 13. */
function axesOperand(maker: GraphMaker, axes: readonly number[]) {
  return maker.opset < 13
    ? { input: undefined, attributes: { axes: [...axes] } }
    : { input: maker.int64s(axes), attributes: {} };
}

const squeeze: Operator = {
  name: 'Squeeze',
  add(maker) {
    const found = movable(maker);
    const x = found.dims.includes(1) ? found : maker.input(maker.type, [1, 3, 1, 2]);
    const ones = [...x.dims.keys()].filter((axis) => x.dims[axis] === 1);
    const chosen = maker.random.chance(0.2) ? undefined : [maker.random.of(ones)];
    const gone = chosen ?? ones;
    const dims = x.dims.filter((_, axis) => !gone.includes(axis));
    const { input, attributes } = chosen
      ? axesOperand(maker, chosen)
      : { input: undefined, attributes: {} };
    return maker.one('Squeeze', [x, input], attributes, { dims, exact: x.exact });
  },
};

const unsqueeze: Operator = {
  name: 'Unsqueeze',
  add(maker) {
    const x = movable(maker, 0);
    if (x.dims.length > 4) return undefined;
    const axis = maker.random.int(0, x.dims.length);
    const { input, attributes } = axesOperand(maker, [axis]);
    const dims = [...x.dims.slice(0, axis), 1, ...x.dims.slice(axis)];
    return maker.one('Unsqueeze', [x, input], attributes, { dims, exact: x.exact });
  },
};

const flatten: Operator = {
  name: 'Flatten',
  add(maker) {
    const x = movable(maker);
    const axis = maker.random.int(0, x.dims.length);
    const dims = [elementCount(x.dims.slice(0, axis)), elementCount(x.dims.slice(axis))];
    return maker.one('Flatten', [x], { axis }, { dims, exact: x.exact });
  },
};

const expand: Operator = {
  name: 'Expand',
  add(maker) {
    const x = movable(maker, 0);
    const wanted = x.dims.map((size) =>
      size === 1 && maker.random.chance(0.6) ? maker.size() : maker.random.of([size, 1]),
    );
    if (maker.random.chance(0.2)) wanted.unshift(2);
    const dims = broadcast(x.dims, wanted);
    return dims && maker.one('Expand', [x, maker.int64s(wanted)], {}, { dims, exact: x.exact });
  },
};

const tile: Operator = {
  name: 'Tile',
  add(maker) {
    const x = movable(maker);
    const repeats = x.dims.map(() => maker.random.of(maker.allowsEmpty ? [0, 1, 2] : [1, 1, 2, 3]));
    const dims = x.dims.map((size, axis) => size * repeats[axis]!);
    return maker.one('Tile', [x, maker.int64s(repeats)], {}, { dims, exact: x.exact });
  },
};

/** DepthToSpace of a value whose channels the block divides. */
export function addDepthToSpace(maker: GraphMaker, x: Value, block: number): Value | undefined {
  const [batch, channels, height, width] = x.dims as [number, number, number, number];
  const dims = [batch, channels / block ** 2, height * block, width * block];
  const modes = maker.opset < 11 ? [undefined] : [undefined, 'DCR', 'CRD', 'CRD'];
  const attributes = { blocksize: block, mode: maker.random.of(modes) };
  return maker.one('DepthToSpace', [x], attributes, { dims, exact: x.exact });
}

const depthToSpace: Operator = {
  name: 'DepthToSpace',
  add(maker) {
    const { random, type } = maker;
    const block = random.of([2, 2, 3]);
    const divides = (v: Value) =>
      v.type === type && v.dims.length === 4 && v.dims[1]! > 0 && v.dims[1]! % block ** 2 === 0;
    const x = maker.pick(divides) ?? maker.input(type, [1, random.int(1, 3) * block ** 2, 5, 3]);
    return addDepthToSpace(maker, x, block);
  },
};

const spaceToDepth: Operator = {
  name: 'SpaceToDepth',
  add(maker) {
    const { random, type } = maker;
    const block = random.of([2, 2, 3]);
    const divides = (v: Value) =>
      v.type === type && v.dims.length === 4 && v.dims.slice(2).every((size) => size % block === 0);
    const x = maker.pick(divides) ?? maker.input(type, [1, maker.size(), 2 * block, block]);
    const [batch, channels, height, width] = x.dims as [number, number, number, number];
    const dims = [batch, channels * block ** 2, height / block, width / block];
    const mode = maker.opset >= 28 ? random.of([undefined, 'DCR', 'CRD']) : undefined;
    return maker.one('SpaceToDepth', [x], { blocksize: block, mode }, { dims, exact: x.exact });
  },
};

const trilu: Operator = {
  name: 'Trilu',
  add(maker) {
    const x = movable(maker, 2);
    const k = maker.random.chance(0.6) ? maker.int64s([maker.random.int(-3, 3)], []) : undefined;
    const upper = maker.random.of([undefined, 0, 1]);
    return maker.one('Trilu', [x, k], { upper }, { exact: x.exact });
  },
};

/** Crops or pads about the centre of some axes. */
const centerCropPad: Operator = {
  name: 'CenterCropPad',
  add(maker) {
    const x = movable(maker);
    const axes = maker.random.chance(0.4) ? undefined : maker.axes(x.dims.length, 0.5);
    if (axes?.length === 0) return undefined;
    const chosen = axes?.map((axis) => fromFront(axis, x.dims.length)) ?? [...x.dims.keys()];
    const sizes = chosen.map((axis) => Math.max(1, x.dims[axis]! + maker.random.int(-3, 3)));
    const dims = x.dims.map((size, axis) => sizes[chosen.indexOf(axis)] ?? size);
    return maker.one('CenterCropPad', [x, maker.int64s(sizes)], { axes }, { dims, exact: x.exact });
  },
};

const reverseSequence: Operator = {
  name: 'ReverseSequence',
  add(maker) {
    const { random } = maker;
    const x = movable(maker, 2);
    const [time, batch] = random.of<[number, number]>([
      [0, 1],
      [1, 0],
    ]);
    const longest = x.dims[time]!;
    if (elementCount(x.dims) === 0) return undefined;
    const lengths = maker.int64s(random.ints(x.dims[batch]!, 1, longest));
    const attributes = { time_axis: time, batch_axis: batch };
    return maker.one('ReverseSequence', [x, lengths], attributes, { exact: x.exact });
  },
};

export const movement: Operator[] = [
  concat,
  split,
  slice,
  pad,
  transpose,
  reshape,
  squeeze,
  unsqueeze,
  flatten,
  expand,
  tile,
  depthToSpace,
  spaceToDepth,
  trilu,
  centerCropPad,
  reverseSequence,
];
