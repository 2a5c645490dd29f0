import type { Graph } from '../graph.js';

/** A graph of the file, and which of its nodes the engine has steps for. */
export interface Steps {
  graph: Pick<Graph, 'nodes'>;
  /** The nodes that read each value. */
  readers: ReadonlyMap<string, readonly number[]>;
  /** The step that is called as a node. */
  stepOf: (node: number) => number | undefined;
  /** Whether a step is of several nodes. */
  isFused: (step: number) => boolean;
}

/** Of a node that is no step of its own, the step of several nodes that it runs in. */
export function stepAround(
  node: number,
  { graph, readers, stepOf, isFused }: Steps,
): number | undefined {
  const seen = new Set<number>();
  // What reads it, and what reads that, until there is a step of several nodes.
  for (const queue = [node]; queue.length > 0;) {
    const at = queue.shift()!;
    const step = stepOf(at);
    if (step !== undefined) {
      if (isFused(step)) return step;
      continue;
    }
    for (const value of graph.nodes[at]!.outputs) {
      for (const reader of readers.get(value) ?? []) {
        if (!seen.has(reader)) queue.push(reader);
        seen.add(reader);
      }
    }
  }
  return undefined;
}
