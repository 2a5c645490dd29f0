// Sequences and optionals lead from tensors to tensors again: models have neither at their borders here.

import { dataTypes } from '../../support/onnx-builder.js';
import { fromFront, type GraphMaker, type Value } from '../maker.js';
import { elementCount, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

/** A sequence and what it holds. */
function sequenceOf(maker: GraphMaker): { sequence: Value; parts: Value[] } {
  const first = maker.take(1, 4);
  const parts = [first];
  for (let count = maker.random.int(0, 2); count > 0; --count) {
    parts.push(maker.weights(first.dims, 2, first.type));
  }
  const sequence = maker.container('SequenceConstruct', parts, {});
  return { sequence, parts };
}

/** A place in a sequence of so many, now and then counted from the end. */
function place(maker: GraphMaker, count: number) {
  const at = maker.random.int(maker.random.chance(0.3) ? -count : 0, count - 1);
  const type = maker.random.of(['int64', 'int32'] as const);
  return { at: fromFront(at, count), value: maker.given(tensorOf(type, [], [at])) };
}

function at(maker: GraphMaker, sequence: Value, parts: readonly Value[]): Value | undefined {
  const { at: index, value } = place(maker, parts.length);
  const { type, dims, exact, bound } = parts[index]!;
  return maker.one('SequenceAt', [sequence, value], {}, { type, dims, exact, bound });
}

const sequenceAt: Operator = {
  name: 'SequenceAt',
  add(maker) {
    const { sequence, parts } = sequenceOf(maker);
    return at(maker, sequence, parts);
  },
};

const sequenceInsert: Operator = {
  name: 'SequenceInsert',
  add(maker) {
    const { random } = maker;
    const isEmpty = random.chance(0.3);
    const { sequence, parts } = isEmpty
      ? { sequence: emptySequence(maker), parts: [] as Value[] }
      : sequenceOf(maker);
    const next = maker.take(1, 4);
    const last = parts.length === 0 || random.chance(0.4);
    const { at: index, value } = last
      ? { at: parts.length, value: undefined }
      : place(maker, parts.length);
    const longer = maker.container('SequenceInsert', [sequence, next, value], {});
    return at(maker, longer, parts.toSpliced(index, 0, next));
  },
};

const emptySequence = (maker: GraphMaker) =>
  maker.container('SequenceEmpty', [], { dtype: dataTypes[maker.type] });

const sequenceErase: Operator = {
  name: 'SequenceErase',
  add(maker) {
    const { sequence, parts } = sequenceOf(maker);
    const { at: index, value } = maker.random.chance(0.3)
      ? { at: parts.length - 1, value: undefined }
      : place(maker, parts.length);
    const shorter = maker.container('SequenceErase', [sequence, value], {});
    const left = parts.toSpliced(index, 1);
    return left.length > 0 ? at(maker, shorter, left) : lengthOf(maker, shorter);
  },
};

const lengthOf = (maker: GraphMaker, sequence: Value) =>
  maker.one('SequenceLength', [sequence], {}, { type: 'int64', dims: [], exact: true, bound: 9 });

function concatenate(maker: GraphMaker, sequence: Value, parts: readonly Value[], axis: number) {
  const [{ type, dims, bound }] = parts as [Value];
  const sizes = parts.map((part) => part.dims[axis]!);
  const size = sizes.reduce((sum, next) => sum + next, 0);
  const result = { type, bound, exact: parts.every((part) => part.exact) };
  const stacks = maker.random.chance(0.3) && new Set(sizes).size === 1;
  const whole = stacks
    ? dims.toSpliced(axis, 0, parts.length)
    : dims.map((old, i) => (i === axis ? size : old));
  const attributes = { axis, new_axis: stacks ? 1 : undefined };
  return maker.one('ConcatFromSequence', [sequence], attributes, { ...result, dims: whole });
}

const concatFromSequence: Operator = {
  name: 'ConcatFromSequence',
  add(maker) {
    const { sequence, parts } = sequenceOf(maker);
    return concatenate(maker, sequence, parts, maker.random.int(0, parts[0]!.dims.length - 1));
  },
};

const splitToSequence: Operator = {
  name: 'SplitToSequence',
  add(maker) {
    const { random } = maker;
    const x = maker.take(1, 4);
    if (elementCount(x.dims) === 0) return undefined;
    const axis = random.int(0, x.dims.length - 1);
    const size = x.dims[axis]!;
    const kind = random.of(['ones', 'chunks', 'sizes']);
    const chunk = kind === 'ones' ? 1 : random.int(1, size);
    const count = Math.ceil(size / chunk);
    const even = Array.from({ length: count }, (_, i) => Math.min(chunk, size - i * chunk));
    const keeps = kind === 'ones' && random.chance(0.5) ? 0 : undefined;
    const split = {
      ones: undefined,
      chunks: maker.int64s([chunk], []),
      sizes: maker.int64s(even),
    }[kind];
    const attributes = { axis: random.chance(0.3) ? axis - x.dims.length : axis, keepdims: keeps };
    const sequence = maker.container('SplitToSequence', [x, split], attributes);
    const parts = even.map((part) => ({
      ...x,
      dims: x.dims.flatMap((old, i) => (i !== axis ? [old] : keeps === 0 ? [] : [part])),
    }));
    return random.chance(0.5) || keeps === 0
      ? at(maker, sequence, parts)
      : concatenate(maker, sequence, parts, axis);
  },
};

/** Each element of a sequence by itself. */
const sequenceMap: Operator = {
  name: 'SequenceMap',
  add(maker) {
    const { sequence, parts } = sequenceOf(maker);
    const { type, dims } = parts[0]!;
    const body = maker.body([{ type, dims }], (inner, [x]) => {
      return [inner.one('Identity', [x], {}, { exact: true })!];
    });
    const mapped = maker.container('SequenceMap', [sequence], { body });
    return at(maker, mapped, parts);
  },
};

/** A tensor that may be there, and is. */
function optional(maker: GraphMaker): { there: Value; x: Value } {
  const x = maker.take();
  return { there: maker.container('Optional', [x], {}), x };
}

const unpacked: Operator['add'] = (maker) => {
  const { there, x } = optional(maker);
  const { type, dims, exact, bound } = x;
  return maker.one('OptionalGetElement', [there], {}, { type, dims, exact, bound });
};

/** Whether an optional holds something: what is a tensor does, from opset 18 on; nothing does not. */
const hasElement: Operator['add'] = (maker) => {
  const x = maker.opset >= 18 && maker.random.chance(0.4) ? maker.take() : optional(maker).there;
  return maker.one(
    'OptionalHasElement',
    [x],
    {},
    { type: 'bool', dims: [], exact: true, bound: 1 },
  );
};

export const sequences: Operator[] = [
  { name: 'SequenceConstruct', add: (maker) => sequenceAt.add(maker) },
  sequenceAt,
  sequenceInsert,
  { name: 'SequenceEmpty', add: (maker) => lengthOf(maker, emptySequence(maker)) },
  sequenceErase,
  { name: 'SequenceLength', add: (maker) => lengthOf(maker, sequenceOf(maker).sequence) },
  concatFromSequence,
  splitToSequence,
  sequenceMap,
  { name: 'Optional', add: unpacked },
  { name: 'OptionalGetElement', add: unpacked },
  { name: 'OptionalHasElement', add: hasElement },
];
