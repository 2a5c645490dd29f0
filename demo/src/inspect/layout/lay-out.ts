import { Graph as DagreGraph, layout } from '@dagrejs/dagre';

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Boxes and what leads from one to another; a group's own, without what is within its boxes. */
export interface Problem {
  boxes: readonly (Size & { key: string })[];
  links: readonly { from: string; to: string }[];
}

/** Where all of it lies, from the upper left corner. */
export interface Layout extends Size {
  /** The upper left corners by key. */
  boxes: ReadonlyMap<string, Point>;
  /** In the order of the problem's. */
  links: readonly (readonly Point[])[];
}

const distances = { nodesep: 22, ranksep: 34, edgesep: 12, marginx: 18, marginy: 18 };

/** Arranges boxes so that values flow downwards. */
export function layOut({ boxes, links }: Problem): Layout {
  const graph = new DagreGraph();
  graph.setGraph({ rankdir: 'TB', ranker: 'tight-tree', ...distances });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { key, width, height } of boxes) graph.setNode(key, { width, height });
  for (const { from, to } of links) graph.setEdge(from, to, {});
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as Partial<Size>;
  return {
    width,
    height,
    boxes: new Map(
      boxes.map(({ key }) => {
        const { x, y, width, height } = graph.node(key) as Point & Size;
        return [key, { x: x - width / 2, y: y - height / 2 }];
      }),
    ),
    links: links.map(({ from, to }) => (graph.edge(from, to) as { points: Point[] }).points),
  };
}
