import { expose } from 'comlink';
import type { Described } from './editing/description.js';
import type { Graph, Grouping } from './graph.js';
import { groupNodes } from './groups/grouping.js';
import { readableAttributes, type ReadableAttribute } from './onnx/attributes.js';
import { elementsOf, type ExternalBytes } from './onnx/elements.js';
import {
  placesOf,
  readModel,
  type FileGraph,
  type FileModel,
  type Inner,
  type NodePlace,
} from './onnx/model.js';
import { statisticsOf, type Statistics } from './onnx/statistics.js';
import { describeType, elementTypeName } from './onnx/types.js';

/** A graph with its groups, as the page draws it. */
export interface ReadGraph {
  graph: Graph;
  grouping: Grouping;
  engineNames: readonly string[];
  inner: ReadonlyMap<number, readonly Inner[]>;
  outer: number | undefined;
}

/** What a file tells of a node that is not in its graph. */
export interface NodeDetails {
  attributes: ReadableAttribute[];
  documentation: string;
  /** Declared types by the value's name, where there are any. */
  types: ReadonlyMap<string, string>;
}

/** A weight, and what its numbers are like; without them, why not. */
export interface WeightDetails {
  name: string;
  type: string;
  dims: readonly number[];
  statistics: Statistics | undefined;
  missing: string;
}

/** Reads a model's file and answers what is asked of it. */
export class ModelReader {
  #file: FileModel | undefined;
  #external: ExternalBytes = async () => undefined;

  /**
   * Reads a model and its first graph.
   *
   * @param others further files, of weights
   * @throws DecodeError
   */
  async open(file: Blob, others: readonly File[]): Promise<ReadGraph> {
    this.#file = readModel(new Uint8Array(await file.arrayBuffer()));
    this.#external = bytesOf(others);
    return this.graph(0);
  }

  /** What the model says of itself. */
  described(): Described {
    const { producerName = '', producerVersion = '', docString = '', metadata } = this.#file!.model;
    const properties = metadata.map(({ key = '', value = '' }) => [key, value] as const);
    return { producerName, producerVersion, docString, properties };
  }

  graph(at: number): ReadGraph {
    const { title, nodes, inputs, outputs, constants, engineNames, inner, outer } = this.#graph(at);
    const graph = { title, nodes, inputs, outputs, constants };
    return { graph, grouping: groupNodes(graph), engineNames, inner, outer };
  }

  /** Groups the nodes of a graph that is not of the file. */
  group(graph: Graph): Grouping {
    return groupNodes(graph);
  }

  /** The names of the files that weights are in, without their folders. */
  weightFiles(): string[] {
    const weights = this.#file!.graphs.flatMap((graph) => [...graph.weights.values()]);
    return weights.flatMap(({ externalData }) =>
      externalData.flatMap(({ key, value = '' }) =>
        key === 'location' ? [value.split('/').at(-1)!] : [],
      ),
    );
  }

  /** The ways to nodes by the engine's names. */
  placesOf(names: readonly string[]): Map<string, NodePlace[]> {
    return placesOf(this.#file!, new Set(names));
  }

  details(at: number, node: number): NodeDetails {
    const { protos, types } = this.#graph(at);
    const { attribute, input, output, docString = '' } = protos[node]!;
    const named = [...input, ...output].flatMap((value): [string, string][] => {
      const weight = this.#weight(at, value);
      if (weight)
        return [[value, `${elementTypeName(weight.dataType)} [${weight.dims.join(', ')}]`]];
      const type = types.get(value);
      return type ? [[value, describeType(type)]] : [];
    });
    return {
      attributes: readableAttributes(attribute),
      documentation: docString,
      types: new Map(named),
    };
  }

  /** What a weight is like, by the name that a node of the graph reads it by. */
  async weight(at: number, name: string): Promise<WeightDetails> {
    const tensor = this.#weight(at, name)!;
    const numbers = await elementsOf(tensor, this.#external);
    const location = tensor.externalData.find(({ key }) => key === 'location')?.value;
    return {
      name,
      type: elementTypeName(tensor.dataType),
      dims: tensor.dims.map(Number),
      statistics: numbers && statisticsOf(numbers),
      missing: location
        ? `Its numbers are in the file ${location}: drop it together with the model.`
        : 'It holds no numbers.',
    };
  }

  /** Of this graph or of those around it. */
  #weight(at: number, name: string) {
    for (let graph: FileGraph | undefined = this.#graph(at); graph;) {
      const found = graph.weights.get(name);
      if (found) return found;
      graph = graph.outer === undefined ? undefined : this.#graph(graph.outer);
    }
    return undefined;
  }

  #graph(at: number): FileGraph {
    return this.#file!.graphs[at]!;
  }
}

function bytesOf(files: readonly File[]): ExternalBytes {
  return async (location, offset, length) => {
    const name = location.split('/').at(-1);
    const file = files.find((candidate) => candidate.name === name);
    const end = length === undefined ? undefined : offset + length;
    return file && new Uint8Array(await file.slice(offset, end).arrayBuffer());
  };
}

expose(new ModelReader());
