import type { Attribute } from '../../tests/support/onnx-builder.js';
import { family, scaled, type OperatorCase } from './case.js';
import * as v from './values.js';

const domain = 'ai.onnx.ml';

/** Rows to predict, with 16 features each. */
const features = 16;
const samples = scaled([1, 256, 4096], (rows) => [v.floats([rows, features])]);

const random = (count: number, low = -1, high = 1) =>
  [...v.floats([count], low, high).data] as number[];

/** Complete binary trees of a depth, as the attributes of the ensembles list them. */
function forest(
  trees: number,
  depth: number,
  leaves: 'class' | 'target',
): Record<string, Attribute> {
  const inner = 2 ** depth - 1;
  const nodes = 2 * inner + 1;
  const all = Array.from(
    { length: trees * nodes },
    (_, i) => [Math.floor(i / nodes), i % nodes] as const,
  );
  const ends = all.filter(([, node]) => node >= inner);
  const child = (side: number) => all.map(([, node]) => (node < inner ? 2 * node + side : 0));
  return {
    nodes_treeids: all.map(([tree]) => tree),
    nodes_nodeids: all.map(([, node]) => node),
    nodes_featureids: all.map(([tree, node]) => (tree + 7 * node) % features),
    nodes_values: { floats: random(all.length) },
    nodes_modes: { strings: all.map(([, node]) => (node < inner ? 'BRANCH_LEQ' : 'LEAF')) },
    nodes_truenodeids: child(1),
    nodes_falsenodeids: child(2),
    [`${leaves}_treeids`]: ends.map(([tree]) => tree),
    [`${leaves}_nodeids`]: ends.map(([, node]) => node),
    [`${leaves}_ids`]: ends.map(([tree]) => (leaves === 'class' ? tree % 3 : 0)),
    [`${leaves}_weights`]: { floats: random(ends.length) },
  };
}

const supportVectors = 50;

export const learning: OperatorCase[] = [
  {
    op: 'TreeEnsembleRegressor',
    domain,
    attributes: () => ({ ...forest(100, 6, 'target'), n_targets: 1 }),
    sizes: samples,
  },
  {
    op: 'TreeEnsembleClassifier',
    domain,
    outputs: 2,
    attributes: () => ({ ...forest(99, 6, 'class'), classlabels_int64s: [0, 1, 2] }),
    sizes: samples,
  },
  {
    op: 'LinearRegressor',
    domain,
    attributes: () => ({
      coefficients: { floats: random(features) },
      intercepts: { floats: [0.5] },
    }),
    sizes: samples,
  },
  {
    op: 'LinearClassifier',
    domain,
    outputs: 2,
    attributes: () => ({
      coefficients: { floats: random(3 * features) },
      intercepts: { floats: random(3) },
      classlabels_ints: [0, 1, 2],
      post_transform: 'SOFTMAX',
    }),
    sizes: samples,
  },
  {
    op: 'SVMRegressor',
    domain,
    attributes: () => ({
      kernel_type: 'RBF',
      kernel_params: { floats: [0.1, 0, 3] },
      support_vectors: { floats: random(supportVectors * features) },
      coefficients: { floats: random(supportVectors) },
      n_supports: supportVectors,
      rho: { floats: [0.1] },
    }),
    sizes: samples,
  },
  {
    op: 'SVMClassifier',
    domain,
    outputs: 2,
    attributes: () => ({
      kernel_type: 'RBF',
      kernel_params: { floats: [0.1, 0, 3] },
      support_vectors: { floats: random(supportVectors * features) },
      coefficients: { floats: random(supportVectors) },
      vectors_per_class: [25, 25],
      rho: { floats: [0.1] },
      classlabels_ints: [0, 1],
    }),
    sizes: samples,
  },
  {
    op: 'Scaler',
    domain,
    attributes: () => ({
      offset: { floats: random(features) },
      scale: { floats: random(features, 0.5, 2) },
    }),
    sizes: scaled([64, 4096, 65_536], (rows) => [v.floats([rows, features])]),
  },
  ...family(
    ['Normalizer'],
    scaled([64, 4096, 65_536], (rows) => [v.floats([rows, features])]),
    {
      domain,
      attributes: { norm: 'L2' },
    },
  ),
  ...family(
    ['Binarizer'],
    scaled([64, 4096, 65_536], (rows) => [v.floats([rows, features])]),
    {
      domain,
      attributes: { threshold: { float: 0 } },
    },
  ),
  {
    op: 'Imputer',
    domain,
    attributes: {
      imputed_value_floats: { floats: [0] },
      replaced_value_float: { float: Number.NaN },
    },
    sizes: scaled([64, 4096, 65_536], (rows) => [v.floats([rows, features])]),
  },
  {
    op: 'OneHotEncoder',
    domain,
    attributes: { cats_int64s: Array.from({ length: 16 }, (_, i) => i), zeros: 1 },
    sizes: scaled([64, 4096, 65_536], (n) => [v.int64s([n], 0, 15)]),
  },
  {
    op: 'LabelEncoder',
    domain,
    attributes: {
      keys_int64s: Array.from({ length: 100 }, (_, i) => i),
      values_int64s: Array.from({ length: 100 }, (_, i) => 100 - i),
    },
    sizes: scaled([1024, 65_536, 1_048_576], (n) => [v.int64s([n], 0, 120)]),
  },
  {
    op: 'ArrayFeatureExtractor',
    domain,
    sizes: scaled([64, 4096, 65_536], (rows) => [v.floats([rows, features]), v.ints(1, 3, 5)]),
  },
  {
    op: 'FeatureVectorizer',
    domain,
    attributes: { inputdimensions: [8, 8] },
    sizes: scaled([64, 4096, 65_536], (rows) => [v.floats([rows, 8]), v.floats([rows, 8])]),
  },
];
