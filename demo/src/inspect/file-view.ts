import { measureBoxes } from './canvas/box-size.js';
import type { Graph, Grouping } from './graph.js';
import { layOut } from './layout/client.js';
import type { ReadGraph } from './reader.worker.js';
import { GraphView } from './view.js';

/** A graph of the file, with its view. */
export interface FileView extends Omit<ReadGraph, 'graph' | 'grouping'> {
  /** Its place among the model's graphs. */
  at: number;
  view: GraphView;
}

export function toFileView(at: number, { graph, grouping, ...rest }: ReadGraph): FileView {
  return { ...rest, at, view: viewOf(graph, grouping) };
}

export function viewOf(graph: Graph, grouping: Grouping): GraphView {
  return new GraphView(graph, grouping, layOut, measureBoxes(graph, grouping));
}
