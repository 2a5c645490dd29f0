import { toTensorProto, type ElementType } from '../../support/onnx-builder.js';
import { randomTensor, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

/** A Constant node, which is no initialiser. */
const constant: Operator = {
  name: 'Constant',
  since: 9,
  add(maker) {
    const type = maker.random.of<ElementType>(['float32', 'float32', 'int64']);
    const dims = maker.dims(maker.random.int(0, 3));
    const { data } = randomTensor(maker.random, type, dims);
    const value = { tensor: toTensorProto('', type, dims, data) };
    return maker.one('Constant', [], { value }, { type, dims, exact: true, bound: 9 });
  },
};

const constantOfShape: Operator = {
  name: 'ConstantOfShape',
  since: 9,
  add(maker) {
    const dims = maker.dims(maker.random.int(0, 3));
    const value = { tensor: toTensorProto('', 'float32', [1], Float32Array.of(0.5)) };
    const attributes = maker.random.chance(0.5) ? { value } : {};
    const result = { type: 'float32' as const, dims, exact: true, bound: 1 };
    return maker.one('ConstantOfShape', [maker.int64s(dims)], attributes, result);
  },
};

/** A tensor of another's shape, by way of what Shape gives. */
const zerosLike: Operator = {
  name: 'Shape and ConstantOfShape',
  since: 9,
  add(maker) {
    const x = maker.float();
    const shape = maker.one(
      'Shape',
      [x],
      {},
      { type: 'int64', dims: [x.dims.length], exact: true, bound: 20 },
    );
    const result = { type: 'float32' as const, dims: x.dims, exact: true, bound: 1 };
    return shape && maker.one('ConstantOfShape', [shape], {}, result);
  },
};

const size: Operator = {
  name: 'Size',
  weight: 0.3,
  add: (maker) =>
    maker.one('Size', [maker.float()], {}, { type: 'int64', dims: [], exact: true, bound: 1e5 }),
};

const range: Operator = {
  name: 'Range',
  since: 11,
  weight: 0.5,
  add(maker) {
    const { random } = maker;
    const type = random.of<ElementType>(['int64', 'float32', 'int32']);
    const start = random.int(-3, 3);
    const step = random.of([1, 2, -1, 3]);
    const limit = start + Math.sign(step) * random.int(maker.allowsEmpty ? 0 : 1, 9);
    const count = Math.ceil((limit - start) / step);
    const inputs = [start, limit, step].map((n) => maker.constant(tensorOf(type, [], [n])));
    return maker.one('Range', inputs, {}, { dims: [count], exact: true, bound: 12 });
  },
};

const eyeLike: Operator = {
  name: 'EyeLike',
  since: 9,
  weight: 0.3,
  add(maker) {
    const x = maker.float(2, 2);
    return maker.one(
      'EyeLike',
      [x],
      { k: maker.random.of([undefined, 1, -2]) },
      { exact: true, bound: 1 },
    );
  },
};

export const sources: Operator[] = [constant, constantOfShape, zerosLike, size, range, eyeLike];
