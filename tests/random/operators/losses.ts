import type { GraphMaker, Value } from '../maker.js';
import { elementCount, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

/** How far scores are from the classes that are right. */
function loss(name: string): Operator {
  return {
    name,
    add(maker) {
      const { random, type } = maker;
      const [batch, classes] = [random.int(1, 4), random.int(2, 5)];
      const spatial = random.of([[], [], [3], [2, 3]]);
      const x = maker.input(type, [batch, classes, ...spatial]);
      const places = [batch, ...spatial];
      const targetType = random.of(['int64', 'int32'] as const);
      const targets = random.ints(elementCount(places), 0, classes - 1);
      const ignored = random.chance(0.4) ? targets[0]! : undefined;
      // Something is to be left.
      const isAll = targets.every((target) => target === ignored);
      const weights = random.chance(0.4) ? maker.awayFromZero([classes], type, false) : undefined;
      const reduction = random.of([undefined, 'mean', 'sum', 'none']);
      const inputs = [x, maker.given(tensorOf(targetType, places, targets)), weights];
      const attributes = { reduction, ignore_index: isAll ? undefined : ignored };
      const dims = reduction === 'none' ? places : [];
      const results = [{ dims, bound: 50 }, ...logarithms(maker, name, x)];
      return maker.node(name, inputs, attributes, results)[0];
    },
  };
}

const logarithms = ({ random }: GraphMaker, name: string, { dims }: Value) =>
  name === 'SoftmaxCrossEntropyLoss' && random.chance(0.4) ? [{ dims, bound: 20 }] : [];

export const losses: Operator[] = [
  loss('NegativeLogLikelihoodLoss'),
  loss('SoftmaxCrossEntropyLoss'),
];
