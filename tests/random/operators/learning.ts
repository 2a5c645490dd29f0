// ai.onnx.ml without its trees: what scikit-learn's pipelines become.

import { toTensorProto, type ElementType } from '../../support/onnx-builder.js';
import type { Attributes, GraphMaker, Value } from '../maker.js';
import { isFloat, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

/** A table of samples: [rows, columns]. */
export const table = (maker: GraphMaker, columns: number): Value =>
  maker.input(maker.type, [maker.random.int(1, 5), columns]);

/** As many numbers. */
export const floats = ({ random }: GraphMaker, count: number, bound = 1) => ({
  floats: Array.from({ length: count }, () => Math.fround((2 * random.uniform() - 1) * bound)),
});

export const transforms = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO'];

const scaler: Operator = {
  name: 'ai.onnx.ml:Scaler',
  add(maker) {
    const columns = maker.random.int(1, 4);
    const count = maker.random.of([1, columns]);
    const attributes = { offset: floats(maker, count, 3), scale: floats(maker, count, 2) };
    const x = table(maker, columns);
    return maker.one('ai.onnx.ml:Scaler', [x], attributes, { type: 'float32', bound: 50 });
  },
};

const normalizer: Operator = {
  name: 'ai.onnx.ml:Normalizer',
  add(maker) {
    const norm = maker.random.of([undefined, 'MAX', 'L1', 'L2']);
    const x = table(maker, maker.random.int(1, 4));
    return maker.one('ai.onnx.ml:Normalizer', [x], { norm }, { type: 'float32', bound: 30 });
  },
};

const binarizer: Operator = {
  name: 'ai.onnx.ml:Binarizer',
  add(maker) {
    const x = maker.take(1, 4, { exact: true });
    const threshold = maker.random.of([undefined, { float: 0.5 }, { float: -1 }]);
    return maker.one('ai.onnx.ml:Binarizer', [x], { threshold }, { exact: true, bound: 1 });
  },
};

const imputer: Operator = {
  name: 'ai.onnx.ml:Imputer',
  add(maker) {
    const { random, type } = maker;
    const columns = random.int(1, 4);
    const x = table(maker, columns);
    const count = random.of([1, columns]);
    const attributes = isFloat(type)
      ? { imputed_value_floats: floats(maker, count), replaced_value_float: { float: 0 } }
      : { imputed_value_int64s: random.ints(count, -5, 5), replaced_value_int64: 3 };
    return maker.one('ai.onnx.ml:Imputer', [x], attributes, { exact: true });
  },
};

const arrayFeatureExtractor: Operator = {
  name: 'ai.onnx.ml:ArrayFeatureExtractor',
  add(maker) {
    const x = maker.take(1, 3, { fits: ({ dims }) => !dims.includes(0) });
    if (x.dims.includes(0)) return undefined;
    const count = maker.random.int(1, 4);
    const which = maker.int64s(maker.random.ints(count, 0, x.dims.at(-1)! - 1));
    const dims = x.dims.length === 1 ? [1, count] : [...x.dims.slice(0, -1), count];
    const result = { dims, exact: x.exact };
    return maker.one('ai.onnx.ml:ArrayFeatureExtractor', [x, which], {}, result);
  },
};

const featureVectorizer: Operator = {
  name: 'ai.onnx.ml:FeatureVectorizer',
  add(maker) {
    const { random, type } = maker;
    const rows = random.int(1, 4);
    const widths = random.ints(random.int(1, 3), 1, 4);
    const parts = widths.map((width) => maker.input(type, [rows, width]));
    const dims = [rows, widths.reduce((sum, width) => sum + width, 0)];
    const attributes = { inputdimensions: widths };
    const result = { type: 'float32' as const, dims, exact: true };
    return maker.one('ai.onnx.ml:FeatureVectorizer', parts, attributes, result);
  },
};

const oneHotEncoder: Operator = {
  name: 'ai.onnx.ml:OneHotEncoder',
  add(maker) {
    const { random, type } = maker;
    const shape = random.of([[3], [2, 2], [4, 1]]);
    const isText = type === 'string';
    // Of what is not among the categories only zeros=1 takes any.
    const zeros = random.of([undefined, 1, 0]);
    const count = shape.reduce((product, size) => product * size, 1);
    const numbers = random.ints(count, 1, zeros === 0 ? 4 : 6);
    const x = maker.given(tensorOf(type, shape, numbers));
    const words = tensorOf('string', [4], [1, 2, 3, 4]).data as string[];
    const attributes = {
      cats_int64s: isText ? undefined : [1, 2, 3, 4],
      cats_strings: isText ? { strings: words } : undefined,
      zeros,
    };
    const result = { type: 'float32' as const, dims: [...shape, 4], exact: true, bound: 1 };
    return maker.one('ai.onnx.ml:OneHotEncoder', [x], attributes, result);
  },
};

const words = ['a', 'b', 'ab', 'the'];

const categoryMapper: Operator = {
  name: 'ai.onnx.ml:CategoryMapper',
  add(maker) {
    const { random, type } = maker;
    const x = maker.take();
    const to: ElementType = type === 'string' ? 'int64' : 'string';
    const attributes = {
      cats_strings: { strings: words },
      cats_int64s: [1, -2, 3, 4],
      default_int64: random.of([undefined, 7]),
      default_string: random.of([undefined, 'none']),
    };
    return maker.one('ai.onnx.ml:CategoryMapper', [x], attributes, { type: to, exact: true });
  },
};

/** What keys and values of each type are called. */
const labelSuffix: Partial<Record<ElementType, string>> = {
  string: 'strings',
  int64: 'int64s',
  float32: 'floats',
};

/** Floats of 64 bits are written as tensors only. */
function encodedByTensors(maker: GraphMaker, x: Value): Value | undefined {
  const tensor = (numbers: number[]) => {
    const { type, dims, data } = tensorOf(x.type, [numbers.length], numbers);
    return { tensor: toTensorProto('', type, dims, data) };
  };
  const attributes = {
    keys_tensor: tensor([1, 2, 3]),
    values_tensor: tensor([0.5, 4, -1]),
    default_tensor: tensor([9]),
  };
  return maker.one('ai.onnx.ml:LabelEncoder', [x], attributes, { exact: true, bound: 10 });
}

const labelEncoder: Operator = {
  name: 'ai.onnx.ml:LabelEncoder',
  add(maker) {
    const { random, type, kind } = maker;
    const x = maker.take(0, 4, { exact: true });
    if (kind.mlOpset < 2) {
      const to: ElementType = type === 'string' ? 'int64' : 'string';
      const attributes = { classes_strings: { strings: words } };
      return maker.one('ai.onnx.ml:LabelEncoder', [x], attributes, { type: to, exact: true });
    }
    const from = labelSuffix[type];
    if (from === undefined) return encodedByTensors(maker, x);
    const to = random.of<ElementType>(['string', 'int64', 'float32']);
    const listOf = (of: ElementType, offset: number) => {
      const numbers = [1, 2, 3, 4].map((n) => n + offset);
      if (of === 'string') return { strings: tensorOf('string', [4], numbers).data as string[] };
      return of === 'int64' ? numbers : { floats: numbers };
    };
    const attributes = {
      [`keys_${from}`]: listOf(type, 0),
      [`values_${labelSuffix[to]}`]: listOf(to, 2),
      default_string: random.of([undefined, 'none']),
      default_int64: random.of([undefined, 9]),
      default_float: random.of([undefined, { float: 0.5 }]),
    };
    const result = { type: to, exact: true, bound: 10 };
    return maker.one('ai.onnx.ml:LabelEncoder', [x], attributes, result);
  },
};

const linearRegressor: Operator = {
  name: 'ai.onnx.ml:LinearRegressor',
  add(maker) {
    const { random } = maker;
    const [columns, targets] = [random.int(1, 4), random.int(1, 3)];
    const x = table(maker, columns);
    const attributes = {
      coefficients: floats(maker, columns * targets),
      intercepts: random.chance(0.6) ? floats(maker, targets) : undefined,
      targets,
      post_transform: random.of([undefined, 'NONE']),
    };
    const result = { type: 'float32' as const, dims: [x.dims[0]!, targets], bound: 50 };
    return maker.one('ai.onnx.ml:LinearRegressor', [x], attributes, result);
  },
};

/** Labels of classes: words, or numbers in a list that has another name in each operator. */
export const classLabels = (classes: number, isText: boolean, numbers: 'ints' | 'int64s') =>
  isText
    ? { classlabels_strings: { strings: words.slice(0, classes) } }
    : { [`classlabels_${numbers}`]: [3, 1, 7, 5].slice(0, classes) };

/** The class with the greatest score, which roundings of exact inputs hardly change, and all scores. */
export function classified(
  maker: GraphMaker,
  name: string,
  x: Value,
  classes: number,
  labelType: ElementType,
  attributes: Attributes,
): Value | undefined {
  const rows = x.dims[0]!;
  const results = [
    { type: labelType, dims: [rows], exact: true, bound: 9 },
    { type: 'float32' as const, dims: [rows, classes], bound: 20 },
  ];
  return maker.node(name, [x], attributes, results)[1];
}

const linearClassifier: Operator = {
  name: 'ai.onnx.ml:LinearClassifier',
  add(maker) {
    const { random } = maker;
    const [columns, classes] = [random.int(1, 4), random.int(2, 4)];
    const isText = random.chance(0.4);
    const attributes = {
      ...classLabels(classes, isText, 'ints'),
      coefficients: floats(maker, columns * classes, 0.5),
      intercepts: floats(maker, classes),
      post_transform: random.of([undefined, ...transforms]),
      multi_class: random.of([undefined, 0, 1]),
    };
    const x = table(maker, columns);
    const type = isText ? 'string' : 'int64';
    return classified(maker, 'ai.onnx.ml:LinearClassifier', x, classes, type, attributes);
  },
};

const kernels = ['LINEAR', 'POLY', 'RBF', 'SIGMOID'];

const kernelOf = (maker: GraphMaker) => ({
  kernel_type: maker.random.of(kernels),
  kernel_params: { floats: [0.1, 0.3, 2] },
});

const svmRegressor: Operator = {
  name: 'ai.onnx.ml:SVMRegressor',
  add(maker) {
    const { random } = maker;
    const [columns, vectors] = [random.int(1, 4), random.int(1, 5)];
    const isLinear = random.chance(0.3);
    const attributes = {
      ...kernelOf(maker),
      ...(isLinear ? { kernel_type: 'LINEAR' } : {}),
      n_supports: isLinear ? 0 : vectors,
      support_vectors: isLinear ? undefined : floats(maker, columns * vectors),
      coefficients: floats(maker, isLinear ? columns : vectors),
      rho: floats(maker, 1),
      one_class: random.chance(0.2) ? 1 : undefined,
    };
    const x = table(maker, columns);
    const result = { type: 'float32' as const, dims: [x.dims[0]!, 1], bound: 50 };
    return maker.one('ai.onnx.ml:SVMRegressor', [x], attributes, result);
  },
};

const svmClassifier: Operator = {
  name: 'ai.onnx.ml:SVMClassifier',
  add(maker) {
    const { random } = maker;
    const [columns, classes] = [random.int(1, 4), random.int(2, 4)];
    const each = random.ints(classes, 1, 3);
    const vectors = each.reduce((sum, count) => sum + count, 0);
    const pairs = (classes * (classes - 1)) / 2;
    const hasChances = random.chance(0.4);
    const isText = random.chance(0.4);
    const attributes = {
      ...kernelOf(maker),
      vectors_per_class: each,
      support_vectors: floats(maker, columns * vectors),
      coefficients: floats(maker, (classes - 1) * vectors),
      rho: floats(maker, pairs),
      prob_a: hasChances ? floats(maker, pairs) : undefined,
      prob_b: hasChances ? floats(maker, pairs) : undefined,
      post_transform: random.of([undefined, ...transforms]),
      ...classLabels(classes, isText, 'ints'),
    };
    const x = table(maker, columns);
    const type = isText ? 'string' : 'int64';
    const scores = hasChances || classes === 2 ? classes : pairs;
    return maker.end(classified(maker, 'ai.onnx.ml:SVMClassifier', x, scores, type, attributes));
  },
};

export const learning: Operator[] = [
  scaler,
  normalizer,
  binarizer,
  imputer,
  arrayFeatureExtractor,
  featureVectorizer,
  oneHotEncoder,
  categoryMapper,
  labelEncoder,
  linearRegressor,
  linearClassifier,
  svmRegressor,
  svmClassifier,
];
