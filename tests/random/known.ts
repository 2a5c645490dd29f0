import type { Difference } from './compare.js';
import type { Values } from './compute.js';
import { allNodes, type Attribute, type Graph, type GraphNode } from './graph.js';
import { greatestMagnitude, isFloat, toNumbers } from './tensors.js';

/** Where onnxruntime is not what ONNX says, or where ONNX says nothing. */
interface KnownDifference {
  reason: string;
  /** Whether a node of a minimal graph is such a case. */
  matches: (node: GraphNode, values: Values, difference: Difference, graph: Graph) => boolean;
}

const hasNoNumber = ({ inputs }: GraphNode, values: Values) =>
  inputs.some((name) => values[name] && toNumbers(values[name]).some((n) => Number.isNaN(n)));

const dimsOf = (values: Values, name: string | undefined): readonly number[] =>
  values[name ?? '']?.dims ?? [];

const numbersOf = (values: Values, name: string | undefined): number[] => [
  ...(values[name ?? ''] ? toNumbers(values[name!]!) : []),
];

/** Whether a Resize is told scales that do not give whole sizes. */
function hasBrokenSizes({ inputs }: GraphNode, values: Values): boolean {
  const scales = values[inputs[2] ?? ''];
  const dims = dimsOf(values, inputs[0]);
  const axes = scales ? dims.slice(-scales.data.length) : [];
  return axes.some((size, i) => !Number.isInteger(size * toNumbers(scales!)[i]!));
}

/** Whether a Pad goes round an axis more than once. */
function wrapsTwice({ inputs }: GraphNode, values: Values): boolean {
  const dims = dimsOf(values, inputs[0]);
  const axes = inputs[3] ? numbersOf(values, inputs[3]) : dims.map((_, axis) => axis);
  return numbersOf(values, inputs[1]).some((pad, i) => pad > dims.at(axes[i % axes.length]!)!);
}

/** A node's attribute that is a string or a number, or what it is unless given. */
function attributeOf(node: GraphNode, name: string, usual: number): number;
function attributeOf(node: GraphNode, name: string, usual: string): string;
function attributeOf({ attributes }: GraphNode, name: string, usual: string | number) {
  const value = attributes[name];
  return typeof value === typeof usual ? value : usual;
}

const greatest = (values: Values, name: string) =>
  values[name] ? greatestMagnitude(toNumbers(values[name])) : 0;

/** How many elements an attribute lists. */
function lengthOf(value: Attribute): number {
  if (Array.isArray(value)) return value.length;
  if (typeof value !== 'object') return 0;
  return 'strings' in value ? value.strings.length : 'floats' in value ? value.floats.length : 0;
}

const textOf = (value: Attribute | undefined) => (typeof value === 'string' ? value : '');

/** Whether an attribute names a softmax. */
const isSoftmax = (value: Attribute | undefined) => textOf(value).startsWith('SOFTMAX');

const typeOf = (values: Values, name: string | undefined) => values[name ?? '']?.type;

/** Types of integers of less than a byte, by onnx.proto's numbers. */
const fewBits = [21, 22, 25, 26];

const onlyComputedInFloat32 =
  /^(Shrink|HardSwish|RoiAlign|DFT|STFT|TreeEnsemble|.*Window|.*Normalization|MelWeightMatrix)$/;

/** The inputs of operators that multiply bytes: what is unsigned, and what is signed by it. */
const bytesMultiplied: Readonly<Record<string, readonly [number, number]>> = {
  MatMulInteger: [0, 1],
  QLinearMatMul: [0, 3],
  ConvInteger: [0, 1],
  QLinearConv: [0, 3],
  MatMulIntegerToFloat: [0, 1],
  DynamicQuantizeMatMul: [0, 1],
  QGemm: [0, 3],
};

/** Whether an axis is padded at its two ends by different amounts. */
function padsUnequally({ attributes: { pads } }: GraphNode): boolean {
  if (!Array.isArray(pads)) return false;
  const axes = pads.length / 2;
  return pads.slice(0, axes).some((pad, axis) => pad !== pads[axes + axis]);
}

const knownDifferences: readonly KnownDifference[] = [
  {
    reason:
      'Col2Im of unequal pads: onnxruntime takes the last ones of some axes for the first ones',
    matches: (node) => node.opType === 'Col2Im' && padsUnequally(node),
  },
  {
    reason: 'QLinearSoftmax of 1 at a scale of 1/256: 256 is saturated here, and 0 in onnxruntime',
    matches: ({ opType }, _, { actual }) =>
      opType === 'QLinearSoftmax' && [255, 127].includes(Number(actual)),
  },
  {
    reason:
      'Resize with align_corners by scales that give no whole sizes: ONNX stretches to ' +
      'scale x length (test_resize_downsample_scales_linear_align_corners), onnxruntime to the size',
    matches: (node, values) =>
      node.opType === 'Resize' &&
      node.attributes.coordinate_transformation_mode === 'align_corners' &&
      hasBrokenSizes(node, values),
  },
  {
    reason:
      'Resize at a pixel next to an infinity or NaN: of weight 0, it is not read here; onnxruntime ' +
      'multiplies it',
    matches: (node, values, { actual }) =>
      ['Resize', 'Upsample'].includes(node.opType) &&
      Number.isFinite(Number(actual)) &&
      numbersOf(values, node.inputs[0]).some((n) => !Number.isFinite(n)),
  },
  {
    reason: 'cubic Resize that excludes what is outside: off by 1e-5 in onnxruntime, by 2e-7 here',
    matches: ({ opType, attributes }, _, { error = Infinity }) =>
      opType === 'Resize' && attributes.exclude_outside === 1 && error < 1e-4,
  },
  {
    reason: 'the mean of one element: onnxruntime loses the digits that it has',
    matches: ({ opType, inputs, attributes }, values, { error = Infinity }) =>
      (opType === 'InstanceNormalization' ||
        (opType === 'BatchNormalization' && attributes.training_mode === 1)) &&
      dimsOf(values, inputs[0])
        .slice(2)
        .every((size) => size === 1) &&
      error < 1e-4,
  },
  {
    reason:
      'BatchNormalization that trains: the next run begins with the statistics of the last there',
    matches: ({ opType, attributes }, _, { run }) =>
      opType === 'BatchNormalization' && attributes.training_mode === 1 && run > 0,
  },
  {
    reason:
      'the mask of a Dropout that drops nothing: onnxruntime drops all in it, before opset 12',
    matches: ({ opType }, _values, _difference, { opset }) => opType === 'Dropout' && opset < 12,
  },
  {
    reason:
      'MaxUnpool to a shape of its own: ONNX counts indices in the shape that its windows give',
    matches: ({ opType, inputs }) => opType === 'MaxUnpool' && Boolean(inputs[2]),
  },
  {
    reason: 'Shrink of great integers: in float32 in onnxruntime',
    matches: ({ opType, inputs }, values) =>
      opType === 'Shrink' && greatest(values, inputs[0]!) >= 2 ** 24,
  },
  {
    reason: 'squares of integers that are too large: onnxruntime has the greatest that there is',
    matches: ({ opType, inputs }, values) =>
      opType === 'ReduceSumSquare' && greatest(values, inputs[0]!) >= 2 ** 15,
  },
  {
    reason: "Swish by onnxruntime's sigmoid: off by 5e-8 far from 0, by 3e-10 here",
    matches: ({ opType }, _, { error = Infinity }) => opType === 'Swish' && error < 1e-6,
  },
  {
    reason: 'MeanVarianceNormalization of equal elements: 0 divided by the epsilon, NaN there',
    matches: ({ opType }, _, { expected }) =>
      opType === 'MeanVarianceNormalization' && expected === 'NaN',
  },
  {
    reason: 'SVMClassifier of two classes: ONNX transforms -score and score, onnxruntime not',
    matches: ({ opType, attributes }) =>
      opType === 'SVMClassifier' && isSoftmax(attributes.post_transform),
  },
  {
    reason: 'the transform of one target: onnxruntime leaves out all but PROBIT',
    matches: ({ opType, attributes: { n_targets, post_transform } }) =>
      opType.startsWith('TreeEnsemble') &&
      n_targets === 1 &&
      post_transform !== undefined &&
      !['NONE', 'PROBIT', 0, 4].includes(post_transform as string | number),
  },
  {
    reason: 'Resize of integers: ONNX rounds, onnxruntime cuts off',
    matches: ({ opType, inputs, attributes }, values, { error = Infinity }) =>
      opType === 'Resize' &&
      !isFloat(typeOf(values, inputs[0]) ?? 'float32') &&
      (attributes.mode ?? 'nearest') !== 'nearest' &&
      error <= 1,
  },
  {
    reason: 'the mean of a window wholly in the padding: ONNX has none (NaN), onnxruntime 0',
    matches: ({ opType }, _, { actual }) => opType === 'AveragePool' && actual === 'NaN',
  },
  {
    reason: 'AveragePool with SAME and strides beyond its windows: onnxruntime pads by less than 0',
    matches: ({ opType, attributes: { auto_pad, kernel_shape, strides } }) =>
      opType === 'AveragePool' &&
      (auto_pad === 'SAME_UPPER' || auto_pad === 'SAME_LOWER') &&
      Array.isArray(kernel_shape) &&
      Array.isArray(strides) &&
      strides.some((stride, axis) => stride > kernel_shape[axis]!),
  },
  {
    reason: 'a pool whose window fits nowhere: ONNX rounds its size down, to 0, onnxruntime to 1',
    matches: ({ opType }, _, { actual, what }) =>
      opType.endsWith('Pool') && what === 'shape' && /\b0\b/.test(actual),
  },
  {
    reason: 'the greatest of a window wholly in the padding, and its index: there is none',
    matches: ({ opType }, _, { actual, what }) =>
      opType === 'MaxPool' &&
      what === 'element' &&
      Number(actual) < 0 &&
      (actual === '-Infinity' || Number.isInteger(Number(actual))),
  },
  {
    reason: 'the greatest of NaN and numbers: ONNX does not say; NaN here, the number there',
    matches: (node, values) =>
      /MaxPool|Scatter|^(Max|Min|Reduce(Max|Min)|Arg(Max|Min)|TopK|Relu|Clip)$/.test(node.opType) &&
      hasNoNumber(node, values),
  },
  {
    reason: 'Clip without limits: ONNX clips infinity to the greatest number, here it stays',
    matches: ({ opType, inputs }, values) =>
      opType === 'Clip' &&
      inputs.length < 3 &&
      numbersOf(values, inputs[0]).some((n) => !Number.isFinite(n)),
  },
  {
    reason: 'a product over an axis of no elements: the sum is 0, onnxruntime leaves it as it was',
    matches: ({ opType, inputs }, values) =>
      opType === 'MatMul' && dimsOf(values, inputs[0]).at(-1) === 0,
  },
  {
    reason: 'Gemm over an axis of no elements: onnxruntime forgets beta',
    matches: ({ opType, inputs, attributes }, values) =>
      opType === 'Gemm' && attributes.beta !== undefined && dimsOf(values, inputs[0]).includes(0),
  },
  {
    reason: 'reductions of tensors without elements: onnxruntime gives shapes of its own',
    matches: ({ opType, inputs }, values) =>
      opType.startsWith('Reduce') && dimsOf(values, inputs[0]).includes(0),
  },
  {
    reason: 'Pad that wraps more than once: onnxruntime reads outside of the tensor',
    matches: (node, values) =>
      node.opType === 'Pad' && node.attributes.mode === 'wrap' && wrapsTwice(node, values),
  },
  {
    reason:
      'Cast of floats to integers of less than a byte: ONNX cuts them off, onnxruntime rounds',
    matches: (node) =>
      node.opType.startsWith('Cast') && fewBits.includes(attributeOf(node, 'to', 0)),
  },
  {
    reason: 'CastLike or Cast of bool to string: True as ONNX has it, 1 in onnxruntime',
    matches: ({ opType, inputs }, values, { actual }) =>
      opType.startsWith('Cast') &&
      typeOf(values, inputs[0]) === 'bool' &&
      /True|False/.test(actual),
  },
  {
    reason: 'Cast of float8e8m0 to what is no float: always 0 in onnxruntime',
    matches: ({ opType, inputs }, values, { expected }) =>
      opType.startsWith('Cast') && !typeOf(values, inputs[0]) && expected === '0',
  },
  {
    reason: 'a Cast between two others: onnxruntime leaves it out with its rounding',
    matches: ({ opType, inputs }, _values, _difference, { nodes }) =>
      opType.startsWith('Cast') &&
      nodes.some((other) => other.opType === 'Cast' && other.outputs[0] === inputs[0]),
  },
  {
    reason: 'Gather of strings: onnxruntime takes one of each row',
    matches: ({ opType, inputs }, values) =>
      opType === 'Gather' && typeOf(values, inputs[0]) === 'string',
  },
  {
    reason: 'the label of classes for which no tree votes: ONNX has the greatest of all scores',
    matches: ({ opType, outputs, attributes }, _, { value }) =>
      opType === 'TreeEnsembleClassifier' && value !== outputs[1] && !('base_values' in attributes),
  },
  {
    reason:
      'scores of two classes: ONNX has that of each, onnxruntime at times one and its negative',
    matches: ({ opType, attributes }) =>
      opType === 'TreeEnsembleClassifier' &&
      Object.entries(attributes).some(
        ([name, value]) => name.startsWith('classlabels') && lengthOf(value) === 2,
      ),
  },
  {
    reason: "TreeEnsemble's post_transform: onnxruntime takes SOFTMAX for LOGISTIC and the reverse",
    matches: (node) =>
      node.opType === 'TreeEnsemble' && [1, 2].includes(attributeOf(node, 'post_transform', 0)),
  },
  {
    reason: 'AffineGrid that aligns the corners of one pixel: ONNX divides 0 by 0, PyTorch has 0',
    matches: (node, values) =>
      node.opType === 'AffineGrid' &&
      attributeOf(node, 'align_corners', 0) === 1 &&
      numbersOf(values, node.inputs[1]).slice(2).includes(1),
  },
  {
    reason:
      'StringSplit of an empty string by a delimiter: one part as in ONNX, none in onnxruntime',
    matches: (node, values) =>
      node.opType === 'StringSplit' &&
      attributeOf(node, 'delimiter', '') !== '' &&
      (values[node.inputs[0]!]?.data as string[] | undefined)?.includes('') === true,
  },
  {
    reason: "Dropout's mask before opset 12: nothing is dropped, onnxruntime says that all is",
    matches: ({ opType, outputs }, _, { value, actual }) =>
      opType === 'Dropout' && value === outputs[1] && actual === '1',
  },
  {
    reason: 'cubic GridSample beyond a border: onnxruntime moves the place there before it weighs',
    matches: ({ opType, attributes }, _, { error = Infinity }) =>
      opType === 'GridSample' &&
      /cubic/.test(textOf(attributes.mode)) &&
      attributes.padding_mode === 'border' &&
      error < 0.5,
  },
  {
    reason:
      'letters beyond ASCII in the locale C: of another case here, as they are in onnxruntime',
    matches: ({ opType }, _, { actual, expected }) =>
      opType === 'StringNormalizer' && actual.toLowerCase() === expected.toLowerCase(),
  },
  {
    reason: 'antialiased Resize of int8: onnxruntime cuts it off at 0, after each axis',
    matches: ({ opType, inputs, attributes }, values) =>
      opType === 'Resize' && attributes.antialias === 1 && typeOf(values, inputs[0]) === 'int8',
  },
  {
    reason:
      'unsigned by signed bytes: where there is no VNNI, onnxruntime cuts off sums of two products ' +
      'at 2^15',
    matches: (node, values) => {
      const [unsigned, signed] = bytesMultiplied[node.opType] ?? [];
      if (unsigned === undefined || typeOf(values, node.inputs[signed!]) !== 'int8') return false;
      const isQuantized = typeOf(values, node.inputs[unsigned]) === 'uint8';
      const most = isQuantized ? greatest(values, node.inputs[unsigned]!) : 255;
      const takesBytes = isQuantized || node.opType === 'DynamicQuantizeMatMul';
      return takesBytes && 2 * most * greatest(values, node.inputs[signed!]!) >= 2 ** 15;
    },
  },
  {
    reason: 'causal Attention after a past: onnxruntime 1.30 has one query see what comes after it',
    matches: ({ opType, inputs, attributes }) =>
      opType === 'Attention' && attributes.is_causal === 1 && Boolean(inputs[4]),
  },
  {
    reason: 'ReduceLogSumExp of integers: onnxruntime makes integers of the exponentials',
    matches: ({ opType, inputs }, values) =>
      opType === 'ReduceLogSumExp' && !isFloat(typeOf(values, inputs[0]) ?? 'float32'),
  },
  {
    reason: 'SOFTMAX_ZERO of zeros: 0.5 as in the reference of ONNX, 0 divided by 0 in onnxruntime',
    matches: ({ opType, attributes }, _, { expected }) =>
      opType.startsWith('TreeEnsemble') &&
      expected === 'NaN' &&
      ['SOFTMAX_ZERO', 3].includes(attributes.post_transform as string | number),
  },
  {
    reason: 'a mean next to 0: as far off as the rounding of the elements',
    matches: ({ opType, outputs }, _, { value, error = Infinity }) =>
      opType === 'LayerNormalization' && value === outputs[1] && error < 1e-6,
  },
  {
    reason: 'DynamicQuantizeLinear of zeros: the scale is 0, 1 in onnxruntime',
    matches: ({ opType }, values, { value }) =>
      opType === 'DynamicQuantizeLinear' && greatest(values, value) === 1,
  },
  {
    reason: 'a window that begins with 0: what rounding leaves of a difference of cosines',
    matches: ({ opType }, _, { error = Infinity }) => opType.endsWith('Window') && error < 1e-6,
  },
  {
    reason: 'float64 that onnxruntime, or the function that ONNX gives, computes in float32',
    matches: ({ opType, outputs }, values, { error = Infinity }) =>
      onlyComputedInFloat32.test(opType) &&
      outputs.some((name) => typeOf(values, name) === 'float64') &&
      // Which means and variances multiply.
      error <
        (opType.endsWith('Normalization')
          ? 1e-2
          : 1e-6 * Math.max(1, ...outputs.map((name) => greatest(values, name)))),
  },
];

/** Why a minimal graph's difference is not ours; nothing where it is. `values` are onnxruntime's. */
export function knownReason(
  graph: Graph,
  values: Values,
  difference: Difference,
): string | undefined {
  const known = knownDifferences.find(({ matches }) =>
    allNodes(graph.nodes).some((node) => matches(node, values, difference, graph)),
  );
  return known?.reason;
}

/** What onnxruntime takes though ONNX does not allow it, or that the engine leaves out by design. */
const knownRefusals: readonly { reason: string; operator: RegExp; message: RegExp }[] = [
  {
    reason: 'sizes that do not fit each other: onnxruntime does not look',
    operator:
      /^(Concat|STFT|GatherND|Compress|Imputer|SoftmaxCrossEntropyLoss|NegativeLogLikelihoodLoss|.*:Linear.*)$/,
    message:
      /Concat along|a linear model of|takes real signals|GatherND of|selects place|neither 1 nor the number|takes one class for each/,
  },
];

/** Why a minimal graph is rightly refused; nothing where it is not. */
export function knownRefusal({ nodes }: Graph, message: string): string | undefined {
  const known = knownRefusals.find(
    (refusal) =>
      refusal.message.test(message) && nodes.some(({ opType }) => refusal.operator.test(opType)),
  );
  return known?.reason;
}
