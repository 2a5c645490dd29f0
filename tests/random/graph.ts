import {
  toAttribute,
  toTensorProto,
  valueInfo,
  type Attribute,
  type Dim,
  type ElementType,
} from '../support/onnx-builder.js';
import { ModelProto } from '../support/onnx-schema.js';
import type { TensorValue } from './tensors.js';

export interface GraphNode {
  opType: string;
  /** By name; `''` for one left out. */
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

export interface GraphInput {
  name: string;
  type: ElementType;
  dims: readonly Dim[];
}

/** A model that can be taken apart, and what it is run on. */
export interface Graph {
  opset: number;
  inputs: readonly GraphInput[];
  constants: Readonly<Record<string, TensorValue>>;
  /** Constants that are declared among the inputs, too, as models of IR version 3 must. */
  declaredConstants: readonly string[];
  nodes: readonly GraphNode[];
  /** The element types of all values by name. */
  types: Readonly<Record<string, ElementType>>;
  /** The computed values that have the same bits everywhere, as `Value.exact` has it. */
  exact: readonly string[];
  /** The values that the model declares as its outputs. */
  outputs: readonly string[];
  /** Values that are asked for as well, though they are no outputs. */
  fetches: readonly string[];
  /** What each run is fed. */
  feeds: readonly Readonly<Record<string, TensorValue>>[];
}

/** The bytes of the .onnx file that declares these outputs. */
export function encode(graph: Graph, outputs: readonly string[] = graph.outputs): Uint8Array {
  const declared = graph.declaredConstants.map((name) => {
    const { type, dims } = graph.constants[name]!;
    return valueInfo(name, dims, type);
  });
  const model = {
    irVersion: 8,
    producerName: 'fovea-random',
    opsetImport: [{ domain: '', version: graph.opset }],
    graph: {
      name: 'graph',
      node: graph.nodes.map(toNodeProto),
      input: [...graph.inputs.map((i) => valueInfo(i.name, i.dims, i.type)), ...declared],
      output: outputs.map((name) => valueInfo(name, undefined, graph.types[name]!)),
      initializer: Object.entries(graph.constants).map(([name, { type, dims, data }]) =>
        toTensorProto(name, type, dims, data),
      ),
    },
  };
  return ModelProto.encode(ModelProto.fromObject(model)).finish();
}

function toNodeProto({ opType, inputs, outputs, attributes }: GraphNode): object {
  return {
    name: `${opType}:${outputs.find(Boolean)}`,
    opType,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([name, value]) => toAttribute(name, value)),
  };
}

/** The values that are compared. */
export function wantedValues({ outputs, fetches }: Graph): string[] {
  return [...new Set([...outputs, ...fetches])];
}

/** The same without what nothing wanted needs. */
export function prune(graph: Graph): Graph {
  const needed = new Set(wantedValues(graph));
  const nodes = graph.nodes.toReversed().filter((node) => {
    const live = node.outputs.some((name) => needed.has(name));
    if (live) node.inputs.forEach((name) => needed.add(name));
    return live;
  });
  const isNeeded = (name: string) => needed.has(name);
  const pick = <T>(record: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => isNeeded(name)));
  const inputs = graph.inputs.filter(({ name }) => isNeeded(name));
  return {
    ...graph,
    inputs,
    nodes: nodes.toReversed(),
    constants: pick(graph.constants),
    declaredConstants: graph.declaredConstants.filter(isNeeded),
    feeds: graph.feeds.map(pick),
  };
}
