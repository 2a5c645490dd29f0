// How much of a difference roundings explain: measured, by rounding more in onnxruntime.

import { Choices } from './choices.js';
import { roundingOf, type Tolerances } from './compare.js';
import { computeByOnnxruntime, everyValue, type Values } from './compute.js';
import { wantedValues, type Graph, type GraphNode } from './graph.js';
import {
  elementCount,
  greatestMagnitude,
  isFloat,
  tensorOf,
  toNumbers,
  type TensorValue,
} from './tensors.js';

/** How many roundings of one node are taken into account, besides those of its sums. */
const roundingsPerNode = 8;
const trials = 3;

/** Operators that add products of two operands' elements. */
const products = /Conv|MatMul|Gemm|Einsum|Attention|^(RNN|GRU|LSTM|STFT)$|^(SVM|Linear)/;

/** Operators that go from step to step, each of which rounds. */
const repeated = /^(Loop|Scan|If|SequenceMap)$/;

/** Operators that add elements of one operand. */
const sums = /^(Reduce(Sum|Mean|L1|L2|SumSquare)|CumSum|Sum|Mean|DFT|STFT|Lp.*|.*Loss)$/;

/** Operators that multiply the roundings of their first input, however exact it is. */
const amplifying = /Normalization$/;

/**
 * How far every wanted value of one run moves when each node's result is off by as much as an honest
 * computation may be: a few roundings of its greatest element, and of a sum of
 * products as many as there are products.
 *
 * @param extra how many times as large the roundings are, as for precision 'fast'
 */
export async function measureNoise(graph: Graph, run: number, extra = 1): Promise<Tolerances> {
  const one = { ...graph, feeds: [graph.feeds[run]!] };
  const values = await everyValue(one);
  if (!values) return {};
  const tolerances: Record<string, number> = {};
  for (let trial = 0; trial < trials; ++trial) {
    const noisy = await computeByOnnxruntime(withNoise(one, values, extra, new Choices(trial)));
    if ('refusal' in noisy) return {};
    for (const name of wantedValues(one)) {
      const moved = greatestDifference(noisy.runs[0]![name]!, values[name]!);
      tolerances[name] = Math.max(tolerances[name] ?? 0, 4 * moved);
    }
  }
  return tolerances;
}

function greatestDifference(a: TensorValue, b: TensorValue): number {
  const [x, y] = [toNumbers(a), toNumbers(b)];
  if (!isFloat(a.type) || x.length !== y.length) return 0;
  return greatestMagnitude(x.map((value, i) => value - y[i]!));
}

/** The graph with a small constant added to every float that it does not compute exactly. */
function withNoise(graph: Graph, values: Values, extra: number, random: Choices): Graph {
  const constants = { ...graph.constants };
  const types = { ...graph.types };
  const nodes: GraphNode[] = [];
  const addNoise = (from: string, to: string, size: number) => {
    const { type, dims } = values[to] ?? values[from]!;
    const numbers = Array.from({ length: elementCount(dims) }, () => 2 * random.uniform() - 1);
    const noise = `${to}:noise`;
    constants[noise] = tensorOf(
      type,
      dims,
      numbers.map((number) => number * size * extra),
    );
    types[from] = types[to] = type;
    nodes.push({ opType: 'Add', inputs: [from, noise], outputs: [to], attributes: {} });
  };
  for (const node of graph.nodes) {
    const isNoisy = (name: string) =>
      isFloat(values[name]?.type ?? 'bool') && !graph.exact.includes(name);
    const [x] = node.inputs;
    const inputs = [...node.inputs];
    if (
      x &&
      values[x] &&
      amplifying.test(node.opType) &&
      graph.exact.concat(Object.keys(graph.feeds[0]!)).includes(x)
    ) {
      inputs[0] = `${x}:for ${node.outputs[0]}`;
      addNoise(x, inputs[0], roundingOf(values[x].type) * magnitude(values[x]));
    }
    nodes.push({
      ...node,
      inputs,
      outputs: node.outputs.map((n) => (isNoisy(n) ? `${n}:quiet` : n)),
    });
    for (const name of node.outputs.filter(isNoisy)) {
      addNoise(`${name}:quiet`, name, nodeError(node, graph, values, name));
    }
  }
  return { ...graph, constants, types, nodes };
}

const magnitude = (tensor: TensorValue | undefined) =>
  tensor && isFloat(tensor.type) ? greatestMagnitude(toNumbers(tensor)) : 0;

/** What rounding may come to in one element of a node's result. */
function nodeError(node: GraphNode, graph: Graph, values: Values, output: string): number {
  const result = values[output]!;
  const size = roundingsPerNode * (magnitude(result) + roundingsWithin(node, values, output));
  // What was bfloat16 was rounded more.
  const source = node.opType === 'Cast' ? graph.types[node.inputs[0] ?? ''] : undefined;
  return Math.max(roundingOf(result.type), source ? roundingOf(source) : 0) * size;
}

/** The roundings inside of a node. In sums they go at random: the root of how many terms there are. */
function roundingsWithin({ opType, inputs }: GraphNode, values: Values, output: string): number {
  const [x, y] = inputs.map((name) => values[name]);
  if (repeated.test(opType)) return 8 * magnitude(values[output]);
  if (!x) return 0;
  if (sums.test(opType)) {
    const terms = elementCount(x.dims) / Math.max(1, elementCount(values[output]!.dims));
    return Math.sqrt(terms) * magnitude(x);
  }
  // Positions between pixels are rounded like numbers as large.
  if (opType === 'Resize' || opType === 'Upsample') return Math.max(...x.dims) * magnitude(x);
  if (!products.test(opType) || !y) return 0;
  const terms = opType.startsWith('Conv')
    ? elementCount(y.dims.slice(1))
    : Math.max(1, y.dims.at(-2) ?? 1, y.dims.at(-1) ?? 1);
  return Math.sqrt(terms) * magnitude(x) * magnitude(y);
}
