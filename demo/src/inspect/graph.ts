/** A node as it is drawn: of the file, or a step that the engine runs. */
export interface GraphNode {
  /** May be empty. */
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  /** What is written below the operator instead of the name. */
  readonly detail?: string;
  /** Values by name; empty where left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Nodes in an order in which they can run, and the values between them. */
export interface Graph {
  readonly title: string;
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Values that are the same in every run: no lines are drawn for them. */
  readonly constants: ReadonlySet<string>;
}

/** From one box of a group to another. */
export interface Link {
  readonly from: string;
  readonly to: string;
  /** How many values. */
  readonly count: number;
}

/** Where values come into a group, or leave it. */
export interface Port {
  readonly key: string;
  readonly values: readonly string[];
}

/**
 * Nodes that are shown as one box until it is opened. Nodes go by their places in the graph; groups
 * by the numbers that follow. A box's key is that number, or a port's key.
 */
export interface Group {
  readonly id: number;
  /** -1 for the whole graph. */
  readonly parent: number;
  readonly title: string;
  readonly children: readonly number[];
  /** Of all groups within it, too. */
  readonly nodeCount: number;
  /** The operators that it has most of. */
  readonly operators: readonly string[];
  readonly links: readonly Link[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** A graph's groups, each in one other but the first, which is the whole. */
export interface Grouping {
  readonly groups: readonly Group[];
  /** The group that each node is in. */
  readonly groupOf: readonly number[];
}

export function groupById(graph: Graph, { groups }: Grouping, id: number): Group | undefined {
  return groups[id - graph.nodes.length];
}

/** The groups around a node or a group, the outermost first. */
export function ancestorsOf(graph: Graph, grouping: Grouping, id: number): number[] {
  const found: number[] = [];
  const parentOf = (at: number) =>
    groupById(graph, grouping, at)?.parent ?? grouping.groupOf[at] ?? -1;
  for (let at = parentOf(id); at >= 0; at = parentOf(at)) found.unshift(at);
  return found;
}

/** The nodes that read each value. */
export function readersOf({ nodes }: Graph): Map<string, number[]> {
  const readers = new Map<string, number[]>();
  for (const [node, { inputs }] of nodes.entries()) {
    for (const value of new Set(inputs)) {
      const known = readers.get(value);
      if (known) known.push(node);
      else readers.set(value, [node]);
    }
  }
  return readers;
}
