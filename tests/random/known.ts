import type { Difference } from './compare.js';
import type { Values } from './compute.js';
import type { Graph, GraphNode } from './graph.js';
import { isFloat, toNumbers } from './tensors.js';

/** Where onnxruntime is not what ONNX says, or where ONNX says nothing. */
interface KnownDifference {
  reason: string;
  /** Whether a node of a minimal graph is such a case. */
  matches: (node: GraphNode, values: Values, difference: Difference) => boolean;
}

const hasNoNumber = ({ inputs }: GraphNode, values: Values) =>
  inputs.some((name) => name !== '' && toNumbers(values[name]!).some((n) => Number.isNaN(n)));

const dimsOf = (values: Values, name: string | undefined): readonly number[] =>
  values[name ?? '']?.dims ?? [];

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
  const pads = values[inputs[1] ?? ''];
  return [...(pads ? toNumbers(pads) : [])].some((pad, i) => pad > dims[i % dims.length]!);
}

const knownDifferences: readonly KnownDifference[] = [
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
      node.opType === 'Resize' &&
      Number.isFinite(Number(actual)) &&
      [...toNumbers(values[node.inputs[0]!]!)].some((n) => !Number.isFinite(n)),
  },
  {
    reason: 'cubic Resize that excludes what is outside: off by 1e-5 in onnxruntime, by 2e-7 here',
    matches: ({ opType, attributes }, _, { error = Infinity }) =>
      opType === 'Resize' && attributes.exclude_outside === 1 && error < 1e-4,
  },
  {
    reason: 'InstanceNormalization of one element: onnxruntime loses the digits that its mean has',
    matches: ({ opType, inputs }, values, { error = Infinity }) =>
      opType === 'InstanceNormalization' &&
      dimsOf(values, inputs[0])
        .slice(2)
        .every((size) => size === 1) &&
      error < 1e-4,
  },
  {
    reason: 'Resize of integers: ONNX rounds, onnxruntime cuts off',
    matches: ({ opType, inputs, attributes }, values, { error = Infinity }) =>
      opType === 'Resize' &&
      !isFloat(values[inputs[0]!]!.type) &&
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
    matches: ({ opType, inputs }, _, { actual }) =>
      opType === 'Clip' && inputs.length < 3 && actual.includes('Infinity'),
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
];

/** Why a minimal graph's difference is not ours; nothing where it is. `values` are onnxruntime's. */
export function knownReason(
  { nodes }: Graph,
  values: Values,
  difference: Difference,
): string | undefined {
  const known = knownDifferences.find(({ matches }) =>
    nodes.some((node) => matches(node, values, difference)),
  );
  return known?.reason;
}
