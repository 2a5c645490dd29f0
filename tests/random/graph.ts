import {
  toAttribute,
  toTensorProto,
  valueInfo,
  type Attribute as PlainAttribute,
  type Dim,
  type ElementType,
} from '../support/onnx-builder.js';
import { ModelProto } from '../support/onnx-schema.js';
import type { TensorValue } from './tensors.js';

/** The graph that a node has computed, such as a Loop's body. */
export interface Body {
  inputs: readonly { name: string; type: ElementType; dims?: readonly Dim[] | undefined }[];
  nodes: readonly GraphNode[];
  outputs: readonly string[];
  /** The sizes of its outputs, as they are declared. */
  outputDims: readonly (readonly number[])[];
  /** The element types of its values by name. */
  types: Readonly<Record<string, ElementType>>;
}

export type Attribute = PlainAttribute | { body: Body };

export interface GraphNode {
  opType: string;
  /** The operator's domain; ONNX's own unless given. */
  domain?: string | undefined;
  /** By name; `''` for one left out. */
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

export interface GraphInput {
  name: string;
  type: ElementType;
  dims: readonly Dim[];
  /** What it is always fed, where not just anything will do. */
  fixed?: TensorValue;
}

/** A model that can be taken apart, and what it is run on. */
export interface Graph {
  opset: number;
  /** The version of ai.onnx.ml, where that is imported. */
  mlOpset?: number | undefined;
  inputs: readonly GraphInput[];
  constants: Readonly<Record<string, TensorValue>>;
  /** Constants that are declared among the inputs, too, as models of IR version 3 must. */
  declaredConstants: readonly string[];
  nodes: readonly GraphNode[];
  /** The element types of all values by name. */
  types: Readonly<Record<string, ElementType>>;
  /** The values that are no tensors, or whose elements are chance. */
  containers?: readonly string[];
  /** The computed values that have the same bits everywhere, as `Value.exact` has it. */
  exact: readonly string[];
  /** Integers that may be one off: what was rounded to them was itself rounded. */
  rounded?: readonly string[];
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
  const imports = { '': graph.opset, 'ai.onnx.ml': graph.mlOpset, 'com.microsoft': 1 };
  const domains = new Set(allNodes(graph.nodes).map(({ domain = '' }) => domain)).add('');
  const model = {
    // Types of less than a byte came with version 10.
    irVersion: graph.opset < 19 ? 8 : 10,
    producerName: 'fovea-random',
    opsetImport: Object.entries(imports)
      .filter(([domain]) => domains.has(domain))
      .map(([domain, version]) => ({ domain, version })),
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

function toNodeProto({ opType, domain, inputs, outputs, attributes }: GraphNode): object {
  return {
    name: `${opType}:${outputs.find(Boolean)}`,
    opType,
    domain,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([name, value]) =>
      toAttribute(name, isBody(value) ? { graphMessage: toGraphProto(value.body) } : value),
    ),
  };
}

function toGraphProto({ inputs, nodes, outputs, outputDims, types }: Body): object {
  return {
    name: 'body',
    node: nodes.map(toNodeProto),
    input: inputs.map(({ name, type, dims }) => valueInfo(name, dims, type)),
    output: outputs.map((name, i) => valueInfo(name, outputDims[i], types[name]!)),
  };
}

function isBody(value: Attribute): value is { body: Body } {
  return typeof value === 'object' && 'body' in value;
}

/** The graphs in a node's attributes. */
export function bodiesOf({ attributes }: GraphNode): Body[] {
  return Object.values(attributes)
    .filter(isBody)
    .map(({ body }) => body);
}

/** Nodes and those of their bodies. */
export function allNodes(nodes: readonly GraphNode[]): GraphNode[] {
  return nodes.flatMap((node) => [node, ...bodiesOf(node).flatMap((body) => allNodes(body.nodes))]);
}

/** What a node reads, and what its bodies do: their own values are among it. */
export function readsOf(node: GraphNode): string[] {
  const inner = bodiesOf(node).flatMap(({ nodes, outputs }) => [
    ...outputs,
    ...nodes.flatMap(readsOf),
  ]);
  return [...node.inputs, ...inner].filter(Boolean);
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
    if (live) readsOf(node).forEach((name) => needed.add(name));
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
