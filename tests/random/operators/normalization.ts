import { elementCount } from '../tensors.js';
import { fromFront, type GraphMaker, type Value } from '../maker.js';
import type { Operator } from './operator.js';

const epsilon = (maker: GraphMaker) =>
  maker.random.chance(0.5) ? { float: maker.random.of([1e-5, 1e-3, 0.1]) } : undefined;

/** BatchNormalization with a mean and a variance for each channel. */
export function addBatchNormalization(maker: GraphMaker, x: Value): Value | undefined {
  const channels = [x.dims[1] ?? 1];
  const row = () => maker.weights(channels);
  const variance = maker.awayFromZero(channels, 'float32', false);
  const attributes = { epsilon: epsilon(maker) };
  const inputs = [x, row(), row(), row(), variance];
  return maker.one('BatchNormalization', inputs, attributes, { bound: 2 * x.bound + 3 });
}

const batchNormalization: Operator = {
  name: 'BatchNormalization',
  since: 9,
  weight: 2,
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

const layerNormalization: Operator = {
  name: 'LayerNormalization',
  since: 17,
  weight: 2,
  add(maker) {
    const { random } = maker;
    const x = maker.float(1, 5);
    if (elementCount(x.dims) === 0) return undefined;
    const rank = x.dims.length;
    const axis = random.chance(0.4) ? undefined : maker.axis(rank);
    const from = fromFront(axis ?? -1, rank);
    const row = x.dims.slice(from);
    const bias = random.chance(0.7) ? maker.weights(row) : undefined;
    const attributes = { axis, epsilon: epsilon(maker) };
    const inputs = [x, maker.weights(row), bias];
    const normal = { bound: 10 };
    if (random.chance(0.75)) return maker.one('LayerNormalization', inputs, attributes, normal);
    const dims = x.dims.map((size, i) => (i < from ? size : 1));
    const statistics = { dims, bound: 100 };
    return maker.node('LayerNormalization', inputs, attributes, [
      normal,
      statistics,
      statistics,
    ])[0];
  },
};

const groupNormalization: Operator = {
  name: 'GroupNormalization',
  since: 21,
  add(maker) {
    const x = maker.float(3, 5);
    if (elementCount(x.dims) === 0) return undefined;
    const channels = x.dims[1]!;
    const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter(
      (count) => channels % count === 0,
    );
    const inputs = [x, maker.weights([channels]), maker.weights([channels])];
    const attributes = { num_groups: maker.random.of(divisors), epsilon: epsilon(maker) };
    return maker.one('GroupNormalization', inputs, attributes, { bound: 10 });
  },
};

export const normalization: Operator[] = [
  batchNormalization,
  instanceNormalization,
  layerNormalization,
  groupNormalization,
];
