// Ensembles of trees, whose nodes stand in lists, one list for each of their properties.

import { toTensorProto } from '../../support/onnx-builder.js';
import type { GraphMaker } from '../maker.js';
import { tensorOf } from '../tensors.js';
import { classified, classLabels, table, transforms } from './learning.js';
import type { Operator } from './operator.js';

const modes = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'];

interface Tree {
  id: number;
  node: number;
  feature: number;
  /** One of `modes`, or 'LEAF'. */
  mode: string;
  value: number;
  yes: number;
  no: number;
  missing: number;
}

/** The nodes of one tree; thresholds are halves, so that every type of floats holds them. */
function treeNodes(maker: GraphMaker, id: number, columns: number): Tree[] {
  const { random } = maker;
  const nodes: Tree[] = [];
  const mode = random.chance(0.6) ? random.of(modes) : undefined;
  const grow = (depth: number): number => {
    const node: Tree = {
      id,
      node: nodes.length,
      feature: random.int(0, columns - 1),
      mode: 'LEAF',
      value: 0,
      yes: 0,
      no: 0,
      missing: 0,
    };
    nodes.push(node);
    if (depth > 0 && (depth > 2 || random.chance(0.7))) {
      node.mode = mode ?? random.of(modes);
      node.value = random.int(-3, 3) / 2;
      node.missing = random.int(0, 1);
      node.yes = grow(depth - 1);
      node.no = grow(depth - 1);
    }
    return node.node;
  };
  grow(random.int(0, 3));
  return nodes;
}

/** The attributes of nodes, and what leaves there are. */
function forest(maker: GraphMaker, columns: number) {
  const trees = Array.from({ length: maker.random.int(1, 4) }, (_, id) =>
    treeNodes(maker, id, columns),
  );
  const nodes = trees.flat();
  return {
    leaves: nodes.filter(({ mode }) => mode === 'LEAF'),
    attributes: {
      nodes_treeids: nodes.map(({ id }) => id),
      nodes_nodeids: nodes.map(({ node }) => node),
      nodes_featureids: nodes.map(({ feature }) => feature),
      nodes_modes: { strings: nodes.map(({ mode }) => mode) },
      nodes_values: { floats: nodes.map(({ value }) => value) },
      nodes_truenodeids: nodes.map(({ yes }) => yes),
      nodes_falsenodeids: nodes.map(({ no }) => no),
      nodes_missing_value_tracks_true: maker.random.chance(0.5)
        ? nodes.map(({ missing }) => missing)
        : undefined,
    },
  };
}

const eighths = ({ random }: GraphMaker, count: number) => ({
  floats: Array.from({ length: count }, () => random.int(-16, 16) / 8),
});

const regressor: Operator = {
  name: 'ai.onnx.ml:TreeEnsembleRegressor',
  add(maker) {
    const { random } = maker;
    const [columns, targets] = [random.int(1, 4), random.int(1, 3)];
    const { leaves, attributes } = forest(maker, columns);
    const x = table(maker, columns);
    const hasBases = random.chance(0.4);
    // Bases of targets for which no tree votes do not count in onnxruntime.
    const votes = leaves.flatMap((leaf) =>
      hasBases && leaf.id === 0
        ? Array.from({ length: targets }, (_, target) => ({ leaf, target }))
        : [{ leaf, target: random.int(0, targets - 1) }],
    );
    const all = {
      ...attributes,
      target_treeids: votes.map(({ leaf }) => leaf.id),
      target_nodeids: votes.map(({ leaf }) => leaf.node),
      target_ids: votes.map(({ target }) => target),
      target_weights: eighths(maker, votes.length),
      n_targets: targets,
      base_values: hasBases ? eighths(maker, targets) : undefined,
      aggregate_function: random.of([undefined, 'SUM', 'AVERAGE', 'MIN', 'MAX']),
      post_transform: random.of([undefined, ...transforms]),
    };
    const result = { type: 'float32' as const, dims: [x.dims[0]!, targets], bound: 20 };
    return maker.one('ai.onnx.ml:TreeEnsembleRegressor', [x], all, result);
  },
};

const classifier: Operator = {
  name: 'ai.onnx.ml:TreeEnsembleClassifier',
  add(maker) {
    const { random } = maker;
    const [columns, classes] = [random.int(1, 4), random.int(2, 4)];
    const { leaves, attributes } = forest(maker, columns);
    const isText = random.chance(0.4);
    const x = table(maker, columns);
    const all = {
      ...attributes,
      ...classLabels(classes, isText, 'int64s'),
      class_treeids: leaves.map(({ id }) => id),
      class_nodeids: leaves.map(({ node }) => node),
      class_ids: random.ints(leaves.length, 0, classes - 1),
      class_weights: eighths(maker, leaves.length),
      base_values: random.chance(0.3) ? eighths(maker, classes) : undefined,
      post_transform: random.of([undefined, ...transforms]),
    };
    const type = isText ? 'string' : 'int64';
    return classified(maker, 'ai.onnx.ml:TreeEnsembleClassifier', x, classes, type, all);
  },
};

/** The same in lists of inner nodes and of leaves, with sets of members. */
const ensemble: Operator = {
  name: 'ai.onnx.ml:TreeEnsemble',
  add(maker) {
    const { random, type } = maker;
    const [columns, targets] = [random.int(1, 3), random.int(1, 3)];
    const inner: {
      feature: number;
      mode: number;
      value: number;
      yes: [number, boolean];
      no: [number, boolean];
    }[] = [];
    const leaves: { target: number; weight: number }[] = [];
    const grow = (depth: number): [number, boolean] => {
      if (depth === 0 || (depth < 3 && random.chance(0.3))) {
        leaves.push({ target: random.int(0, targets - 1), weight: random.int(-16, 16) / 8 });
        return [leaves.length - 1, true];
      }
      const node = {
        feature: random.int(0, columns - 1),
        mode: random.int(0, 5),
        value: random.int(-3, 3) / 2,
        yes: [0, true] as [number, boolean],
        no: [0, true] as [number, boolean],
      };
      inner.push(node);
      const index = inner.length - 1;
      node.yes = grow(depth - 1);
      node.no = grow(depth - 1);
      return [index, false];
    };
    const roots = Array.from({ length: random.int(1, 3) }, () => grow(3)[0]);
    const proto = (numbers: number[]) => {
      const { dims, data } = tensorOf(type, [numbers.length], numbers);
      return { tensor: toTensorProto('', type, dims, data) };
    };
    const { data: codes } = tensorOf(
      'uint8',
      [inner.length],
      inner.map(({ mode }) => mode),
    );
    const attributes = {
      tree_roots: roots,
      n_targets: targets,
      nodes_featureids: inner.map(({ feature }) => feature),
      nodes_modes: { tensor: toTensorProto('', 'uint8', [inner.length], codes) },
      nodes_splits: proto(inner.map(({ value }) => value)),
      nodes_truenodeids: inner.map(({ yes }) => yes[0]),
      nodes_trueleafs: inner.map(({ yes }) => Number(yes[1])),
      nodes_falsenodeids: inner.map(({ no }) => no[0]),
      nodes_falseleafs: inner.map(({ no }) => Number(no[1])),
      leaf_targetids: leaves.map(({ target }) => target),
      leaf_weights: proto(leaves.map(({ weight }) => weight)),
      aggregate_function: random.of([undefined, 0, 1, 2, 3]),
      post_transform: random.of([undefined, 0, 1, 2, 3]),
    };
    const x = table(maker, columns);
    const result = { dims: [x.dims[0]!, targets], bound: 20 };
    return maker.one('ai.onnx.ml:TreeEnsemble', [x], attributes, result);
  },
};

export const trees: Operator[] = [regressor, classifier, ensemble];
