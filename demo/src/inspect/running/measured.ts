import type { NodeProfile } from 'fovea';
import type { Graph, GraphNode, Grouping } from '../graph.js';
import { groupById } from '../graph.js';
import { viewOf, type FileView } from '../file-view.js';
import type { GraphView } from '../view.js';
import { stepAround } from './step-around.js';

/** What the engine really ran: its steps as a graph, and what each took. */
export class Measured {
  readonly steps: readonly NodeProfile[];
  readonly view: GraphView;
  readonly total: number;
  /** The step of a node of the file, by the node's place. */
  readonly #stepOf: ReadonlyMap<number, number>;
  readonly #nodeOf: ReadonlyMap<number, number>;
  readonly #file: FileView;
  readonly #stepTimes = new Map<number, number | undefined>();
  readonly #fileTimes = new Map<number, number | undefined>();

  private constructor(steps: readonly NodeProfile[], file: FileView, view: GraphView) {
    this.steps = steps;
    this.view = view;
    this.#file = file;
    this.total = steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    const places = new Map(steps.map(({ node }, at) => [node, at] as const));
    const pairs = file.engineNames.flatMap((name, node): [number, number][] => {
      const step = places.get(name);
      return step === undefined ? [] : [[node, step]];
    });
    this.#stepOf = new Map(pairs);
    this.#nodeOf = new Map(pairs.map(([node, step]) => [step, node]));
  }

  static async from(
    steps: readonly NodeProfile[],
    file: FileView,
    group: (graph: Graph) => Promise<Grouping>,
  ): Promise<Measured> {
    const graph = graphOfSteps(steps, file);
    return new Measured(steps, file, viewOf(graph, await group(graph)));
  }

  /** The step that is called as a node of the file, which is the last of those that run as one. */
  stepOfNode(node: number): number | undefined {
    return this.#stepOf.get(node);
  }

  nodeOfStep(step: number): number | undefined {
    return this.#nodeOf.get(step);
  }

  /** Of a node that is no step of its own, the step of several nodes that it runs in. */
  stepAround(node: number): number | undefined {
    const { graph, uses } = this.#file.view;
    return stepAround(node, {
      graph,
      readers: uses.readers,
      stepOf: (other) => this.stepOfNode(other),
      isFused: (step) => this.steps[step]!.opType.startsWith('Fused'),
    });
  }

  /** What a node, a step or all of a group took; undefined where nothing was measured of it. */
  timeIn(view: GraphView, id: number): number | undefined {
    if (view !== this.view && view !== this.#file.view) return undefined;
    const times = view === this.view ? this.#stepTimes : this.#fileTimes;
    if (!times.has(id)) times.set(id, this.#timeOf(view, id));
    return times.get(id);
  }

  #timeOf(view: GraphView, id: number): number | undefined {
    const group = groupById(view.graph, view.grouping, id);
    if (group) {
      const times = group.children.map((child) => this.timeIn(view, child));
      const known = times.filter((time) => time !== undefined);
      return known.length > 0 ? known.reduce((sum, time) => sum + time, 0) : undefined;
    }
    const step = view === this.view ? id : this.stepOfNode(id);
    return step === undefined ? undefined : this.steps[step]!.milliseconds;
  }
}

/** The engine's steps, and what each reads, with the names that the file has for the results. */
function graphOfSteps(steps: readonly NodeProfile[], file: FileView): Graph {
  const { graph } = file.view;
  const byName = new Map(file.engineNames.map((name, at) => [name, graph.nodes[at]!] as const));
  const names = new Set<string>(graph.inputs);
  const results = steps.map(({ node }) => {
    const own = byName.get(node)?.outputs[0] || node;
    let name = own;
    for (let more = 2; names.has(name); ++more) name = `${own} (${more})`;
    names.add(name);
    return name;
  });
  const nodes = steps.map(({ node, opType, algorithm, reads }, at): GraphNode => ({
    name: node,
    detail: algorithm,
    opType,
    domain: byName.get(node)?.domain ?? '',
    inputs: reads.map((source) => (typeof source === 'string' ? source : results[source]!)),
    outputs: [results[at]!],
  }));
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  return {
    title: 'As it runs',
    nodes,
    inputs: graph.inputs,
    outputs: results.filter((name) => !read.has(name)),
    constants: new Set(),
  };
}
