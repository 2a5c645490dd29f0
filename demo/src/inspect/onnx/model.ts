import type { Graph, GraphNode } from '../graph.js';
import { decode } from './decode.js';
import type { Message } from './schema.js';

type Node = Message<'Node'>;
type Tensor = Message<'Tensor'>;
type Type = Message<'Type'>;

/** A node's own graph: a branch, a loop's body, or what a function of the model is made of. */
export interface Inner {
  /** The attribute that it is; empty for a function. */
  readonly attribute: string;
  readonly graph: number;
}

/** A graph of a model, with what is looked up in it. */
export interface FileGraph extends Graph {
  readonly protos: readonly Node[];
  /** What the engine calls each node. */
  readonly engineNames: readonly string[];
  readonly inner: ReadonlyMap<number, readonly Inner[]>;
  /** Weights by the value's name: initialisers, and what Constant nodes give. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** As declared. */
  readonly types: ReadonlyMap<string, Type | undefined>;
  /** The graph that it is within; undefined for the model's own and for functions. */
  readonly outer: number | undefined;
}

/** A node of one of a model's graphs, by their places. */
export interface NodePlace {
  graph: number;
  node: number;
}

/** The ways to nodes by the engine's names: through those that they are within, from the model's own graph. */
export function placesOf(
  { graphs }: FileModel,
  names: ReadonlySet<string>,
): Map<string, NodePlace[]> {
  const found = new Map<string, NodePlace[]>();
  const visit = (graph: number, way: readonly NodePlace[]) => {
    const { engineNames, inner } = graphs[graph]!;
    for (const [node, name] of engineNames.entries()) {
      const here = [...way, { graph, node }];
      if (names.has(name) && !found.has(name)) found.set(name, here);
      for (const { attribute, graph: next } of inner.get(node) ?? []) {
        // What a function is made of has other names in each place that it is called from.
        if (attribute !== '') visit(next, here);
      }
    }
  };
  if (graphs.length > 0) visit(0, []);
  return found;
}

/** A model's graphs, its own first. */
export interface FileModel {
  readonly model: Message<'Model'>;
  readonly graphs: readonly FileGraph[];
}

/** @throws DecodeError */
export function readModel(bytes: Uint8Array): FileModel {
  const model = decode('Model', bytes);
  const graphs = new GraphReader(model);
  graphs.read();
  return { model, graphs: graphs.graphs };
}

/** What a graph is read from: a GraphProto, or a FunctionProto in its terms. */
interface Source {
  title: string;
  nodes: readonly Node[];
  initializers: readonly Tensor[];
  inputs: readonly string[];
  outputs: readonly string[];
  types: Map<string, Type | undefined>;
}

class GraphReader {
  readonly graphs: FileGraph[] = [];
  readonly #model: Message<'Model'>;
  readonly #functions: ReadonlyMap<string, Message<'Function'>>;
  /** The graphs of functions that were read. */
  readonly #bodies = new Map<string, number>();
  #counted = 0;

  constructor(model: Message<'Model'>) {
    this.#model = model;
    this.#functions = new Map(
      model.functions.map((body) => [keyOf(body.domain, body.name), body] as const),
    );
  }

  read(): void {
    const { graph } = this.#model;
    if (graph) this.#add(fromGraph(graph, ''), undefined);
  }

  #add(source: Source, outer: number | undefined): number {
    const at = this.graphs.push(undefined as never) - 1;
    const weights = new Map(source.initializers.map((tensor) => [tensor.name ?? '', tensor]));
    const protos: Node[] = [];
    const engineNames: string[] = [];
    const inner = new Map<number, readonly Inner[]>();
    for (const node of source.nodes) {
      // As the engine numbers nodes that have no name.
      const engineName = node.name || `${node.opType}_${++this.#counted}`;
      if (node.name) ++this.#counted;
      const constant = constantOf(node);
      if (constant) {
        weights.set(node.output[0]!, constant);
        continue;
      }
      const found = this.#innerOf(node, at);
      if (found.length > 0) inner.set(protos.length, found);
      engineNames.push(engineName);
      protos.push(node);
    }
    const around = outer === undefined ? [] : (this.graphs[outer]?.constants ?? []);
    const { title, inputs, outputs, types } = source;
    this.graphs[at] = {
      title,
      nodes: protos.map(toGraphNode),
      inputs: inputs.filter((name) => !weights.has(name)),
      outputs,
      constants: new Set([...around, ...weights.keys()]),
      protos,
      engineNames,
      inner,
      weights,
      types,
      outer,
    };
    return at;
  }

  #innerOf(node: Node, outer: number): Inner[] {
    const name = node.name || node.opType;
    const found = node.attribute.flatMap(({ name: attribute = '', g, graphs }) =>
      [...(g ? [g] : []), ...graphs].map((graph) => ({
        attribute,
        graph: this.#add(fromGraph(graph, `${name}: ${attribute}`), outer),
      })),
    );
    const body = this.#bodyOf(node);
    return body === undefined ? found : [...found, { attribute: '', graph: body }];
  }

  #bodyOf({ domain, opType }: Node): number | undefined {
    const key = keyOf(domain, opType);
    const body = this.#functions.get(key);
    if (!body) return undefined;
    let graph = this.#bodies.get(key);
    if (graph === undefined) {
      // Known before its nodes are read, which may be calls of it in a damaged model.
      this.#bodies.set(key, this.graphs.length);
      graph = this.#add(fromFunction(body), undefined);
    }
    return graph;
  }
}

const keyOf = (domain = '', name = '') => `${domain === 'ai.onnx' ? '' : domain} ${name}`;

function toGraphNode({ name = '', opType = '', domain = '', input, output }: Node): GraphNode {
  return { name, opType, domain, inputs: input, outputs: output };
}

function fromGraph(graph: Message<'Graph'>, title: string): Source {
  const infos = [...graph.valueInfo, ...graph.input, ...graph.output];
  const sparse = graph.sparseInitializer.flatMap(({ values, dims }) =>
    values ? [{ ...values, dims }] : [],
  );
  return {
    title: title || graph.name || 'Model',
    nodes: graph.node,
    initializers: [...graph.initializer, ...sparse],
    inputs: graph.input.map(({ name = '' }) => name),
    outputs: graph.output.map(({ name = '' }) => name),
    types: new Map(infos.map(({ name = '', type }) => [name, type])),
  };
}

function fromFunction(body: Message<'Function'>): Source {
  return {
    title: body.name || 'Function',
    nodes: body.node,
    initializers: [],
    inputs: body.input,
    outputs: body.output,
    types: new Map(body.valueInfo.map(({ name = '', type }) => [name, type])),
  };
}

const empty = decode('Tensor', new Uint8Array());
const onnxTypes = { float: 1, int64: 7, string: 8 };

/** What a Constant node gives; undefined for other nodes. */
function constantOf({ opType, domain, attribute, output }: Node): Tensor | undefined {
  if (opType !== 'Constant' || domain || output.length === 0) return undefined;
  const [value] = attribute;
  const name = output[0]!;
  switch (value?.name) {
    case 'value':
      return value.t && { ...value.t, name };
    case 'sparse_value':
      return value.sparseTensor?.values && { ...value.sparseTensor.values, name };
    case 'value_float':
      return { ...empty, name, dataType: onnxTypes.float, floatData: [value.f ?? 0] };
    case 'value_floats':
      return { ...empty, name, ...listOf(onnxTypes.float, value.floats), floatData: value.floats };
    case 'value_int':
      return { ...empty, name, dataType: onnxTypes.int64, int64Data: [value.i ?? 0] };
    case 'value_ints':
      return { ...empty, name, ...listOf(onnxTypes.int64, value.ints), int64Data: value.ints };
    case 'value_string':
      return { ...empty, name, dataType: onnxTypes.string, stringData: [value.s!] };
    case 'value_strings':
      return {
        ...empty,
        name,
        ...listOf(onnxTypes.string, value.strings),
        stringData: value.strings,
      };
    default:
      return undefined;
  }
}

function listOf(dataType: number, { length }: readonly unknown[]) {
  return { dataType, dims: [length] };
}
