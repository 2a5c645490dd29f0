import { fromFront, type GraphMaker, type Value } from '../maker.js';
import { elementCount, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

export const epsilon = (maker: GraphMaker) =>
  maker.random.chance(0.5) ? { float: maker.random.of([1e-5, 1e-3, 0.1]) } : undefined;

/** BatchNormalization with a mean and a variance for each channel. */
export function addBatchNormalization(maker: GraphMaker, x: Value): Value | undefined {
  const { random, opset } = maker;
  const channels = [x.dims[1] ?? 1];
  const row = () => maker.weights(channels);
  const variance = maker.awayFromZero(channels, maker.floatType, false);
  const attributes = {
    epsilon: epsilon(maker),
    momentum: random.chance(0.2) ? { float: 0.8 } : undefined,
  };
  const inputs = [x, row(), row(), row(), variance];
  const normal = { bound: 2 * x.bound + 3 };
  if (opset < 14 || elementCount(x.dims) === 0 || random.chance(0.85)) {
    return maker.one('BatchNormalization', inputs, attributes, normal);
  }
  // As in training: the statistics of the batch, and of all so far.
  const statistics = { dims: channels, bound: 10 };
  const all = { ...attributes, training_mode: 1 };
  return maker.node('BatchNormalization', inputs, all, [{ bound: 10 }, statistics, statistics])[0];
}

const batchNormalization: Operator = {
  name: 'BatchNormalization',
  add: (maker) => addBatchNormalization(maker, maker.float(2, 5)),
};

const instanceNormalization: Operator = {
  name: 'InstanceNormalization',
  add(maker) {
    const x = maker.float(3, 5);
    if (elementCount(x.dims) === 0) return undefined;
    const channels = [x.dims[1]!];
    const inputs = [x, maker.weights(channels), maker.weights(channels)];
    return maker.one('InstanceNormalization', inputs, { epsilon: epsilon(maker) }, { bound: 10 });
  },
};

/** Of the axes from one on, with or without their mean. */
function layerNormalization(name: string): Operator {
  return {
    name,
    add(maker) {
      const { random } = maker;
      const x = maker.take(1, 5);
      if (elementCount(x.dims) === 0) return undefined;
      const rank = x.dims.length;
      const axis = random.chance(0.4) ? undefined : maker.axis(rank);
      const from = fromFront(axis ?? -1, rank);
      const row = x.dims.slice(from);
      const hasBias = name === 'LayerNormalization' && random.chance(0.7);
      const attributes = { axis, epsilon: epsilon(maker) };
      const bias = hasBias ? maker.weights(row, 1, x.type) : undefined;
      const inputs = [x, maker.weights(row, 1, x.type), bias];
      const normal = { bound: 10 };
      if (name !== 'LayerNormalization' || random.chance(0.75)) {
        return maker.one(name, inputs, attributes, normal);
      }
      const dims = x.dims.map((size, i) => (i < from ? size : 1));
      const statistics = { dims, bound: 100, type: 'float32' as const };
      return maker.node(name, inputs, attributes, [normal, statistics, statistics])[0];
    },
  };
}

const groupNormalization: Operator = {
  name: 'GroupNormalization',
  add(maker) {
    const x = maker.take(3, 5);
    if (elementCount(x.dims) === 0) return undefined;
    const channels = x.dims[1]!;
    const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter(
      (count) => channels % count === 0,
    );
    const row = () => maker.weights([channels], 1, x.type);
    const inputs = [x, row(), row()];
    const attributes = { num_groups: maker.random.of(divisors), epsilon: epsilon(maker) };
    return maker.one('GroupNormalization', inputs, attributes, { bound: 10 });
  },
};

const lpNormalization: Operator = {
  name: 'LpNormalization',
  add(maker) {
    const x = maker.float(1, 5);
    const axis = maker.random.of([undefined, maker.axis(x.dims.length)]);
    return maker.one('LpNormalization', [x], { axis, p: maker.random.of([undefined, 1, 2]) });
  },
};

const meanVarianceNormalization: Operator = {
  name: 'MeanVarianceNormalization',
  add(maker) {
    const x = maker.float(4, 4);
    if (elementCount(x.dims) === 0) return undefined;
    const axes = maker.random.of([undefined, [0, 2, 3], [2, 3], [1]]);
    const attributes = maker.opset < 9 ? {} : { axes };
    return maker.one('MeanVarianceNormalization', [x], attributes, { bound: 30 });
  },
};

const lrn: Operator = {
  name: 'LRN',
  add(maker) {
    const { random } = maker;
    const x = maker.float(4, 4);
    const some = (values: number[]) =>
      random.chance(0.5) ? { float: random.of(values) } : undefined;
    const attributes = {
      size: random.of([1, 3, 5]),
      alpha: some([0.1, 1e-3]),
      beta: some([0.5, 1]),
      bias: some([2, 0.5]),
    };
    return maker.one('LRN', [x], attributes, { bound: 4 * x.bound });
  },
};

/** A mask or not: what is dropped is chance, so nothing is. */
const dropout: Operator = {
  name: 'Dropout',
  add(maker) {
    const { random, opset } = maker;
    const x = maker.float();
    const ratio = random.of([undefined, 0.2, 0.7]);
    const results = [
      { exact: x.exact },
      random.chance(0.4) && opset >= 10
        ? { type: 'bool' as const, exact: true, bound: 1 }
        : undefined,
    ].filter((result) => result !== undefined);
    if (opset < 12) {
      const attributes = { ratio: ratio === undefined ? undefined : { float: ratio } };
      return maker.node('Dropout', [x], attributes, results)[0];
    }
    const isTraining = random.of([undefined, false, true]);
    const inputs = [
      x,
      ratio === undefined && !isTraining
        ? undefined
        : maker.number(isTraining ? 0 : ratio!, random.of(['float32', 'float64'])),
      isTraining === undefined
        ? undefined
        : maker.constant(tensorOf('bool', [], [Number(isTraining)])),
    ];
    return maker.node('Dropout', inputs, {}, results)[0];
  },
};

export const normalization: Operator[] = [
  batchNormalization,
  instanceNormalization,
  layerNormalization('LayerNormalization'),
  layerNormalization('RMSNormalization'),
  layerNormalization('SimplifiedLayerNormalization'),
  groupNormalization,
  lpNormalization,
  meanVarianceNormalization,
  lrn,
  dropout,
];
