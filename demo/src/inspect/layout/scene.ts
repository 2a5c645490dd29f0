import { groupById, type Graph, type Group, type Grouping } from '../graph.js';
import type { Layout, Point, Problem, Size } from './lay-out.js';

/** A node, a group, or a port of one, where it is drawn. */
export interface PlacedBox extends Size, Point {
  key: string;
  kind: 'node' | 'group' | 'port';
  /** The group whose box it is. */
  owner: number;
  /** The values of a port. */
  values: readonly string[];
  /** What is in an open group. */
  inner: PlacedGroup | undefined;
}

export interface PlacedLink {
  from: string;
  to: string;
  points: readonly Point[];
  /** Around all its points. */
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** All that is in a group. */
export interface PlacedGroup extends Size, Point {
  group: Group;
  boxes: PlacedBox[];
  links: PlacedLink[];
}

/** Of an open group, above what is in it. */
export const headerHeight = 34;

/** What lays out a problem, in a worker. */
export type LayOut = (problem: Problem) => Promise<Layout>;
/** How large a closed box is. */
export type Measure = (box: Pick<PlacedBox, 'key' | 'kind' | 'values'>) => Size;

/** A graph with some of its groups open. Layouts are kept: opening one lays out it and those around it. */
export class Scene {
  readonly graph: Graph;
  readonly grouping: Grouping;
  readonly #layOut: LayOut;
  readonly #measure: Measure;
  readonly #open: Set<number>;
  readonly #layouts = new Map<string, Promise<Layout>>();

  constructor(graph: Graph, grouping: Grouping, layOut: LayOut, measure: Measure) {
    this.graph = graph;
    this.grouping = grouping;
    this.#layOut = layOut;
    this.#measure = measure;
    this.#open = new Set([grouping.groups[0]!.id]);
  }

  isOpen(id: number): boolean {
    return this.#open.has(id);
  }

  /** Opens groups, or closes them. */
  set(ids: readonly number[], open: boolean): void {
    for (const id of ids) {
      if (open) this.#open.add(id);
      else if (id !== this.grouping.groups[0]!.id) this.#open.delete(id);
    }
  }

  /** Where all is that is seen of it. */
  async place(): Promise<PlacedGroup> {
    const root = this.grouping.groups[0]!;
    const placed = await this.#placed(root);
    return moved(placed, 0, 0);
  }

  async #placed(group: Group): Promise<PlacedGroup> {
    const boxes = await Promise.all(this.#boxesOf(group));
    const key = `${group.id}: ${boxes.map(({ inner, width, height }) => (inner ? `${width} ${height}` : '')).join()}`;
    let layout = this.#layouts.get(key);
    if (!layout) {
      const sized = boxes.map(({ key, width, height }) => ({ key, width, height }));
      layout = this.#layOut({ boxes: sized, links: group.links });
      this.#layouts.set(key, layout);
      layout.catch(() => this.#layouts.delete(key));
    }
    return placedBy(await layout, group, boxes);
  }

  #boxesOf(group: Group): Promise<PlacedBox>[] {
    const at = { x: 0, y: 0, owner: group.id };
    const closed = async (
      key: string,
      kind: PlacedBox['kind'],
      values: readonly string[] = [],
    ): Promise<PlacedBox> => {
      const box = { ...at, key, kind, values, inner: undefined };
      return { ...box, ...this.#measure(box) };
    };
    return [
      ...group.inputs.map(({ key, values }) => closed(key, 'port', values)),
      ...group.children.map((id) => {
        const child = groupById(this.graph, this.grouping, id);
        if (!child) return closed(String(id), 'node');
        return this.#open.has(id) ? this.#openBox(child, group.id) : closed(String(id), 'group');
      }),
      ...group.outputs.map(({ key, values }) => closed(key, 'port', values)),
    ];
  }

  async #openBox(group: Group, owner: number): Promise<PlacedBox> {
    const inner = await this.#placed(group);
    const least = this.#measure({ key: String(group.id), kind: 'group', values: [] }).width;
    return {
      key: String(group.id),
      kind: 'group',
      owner,
      values: [],
      inner,
      x: 0,
      y: 0,
      width: Math.max(least, inner.width),
      height: inner.height + headerHeight,
    };
  }
}

function placedBy(layout: Layout, group: Group, boxes: readonly PlacedBox[]): PlacedGroup {
  return {
    group,
    x: 0,
    y: 0,
    width: layout.width,
    height: layout.height,
    boxes: boxes.map((box) => ({ ...box, ...layout.boxes.get(box.key)! })),
    links: group.links.map(({ from, to }, at) => placedLink(from, to, layout.links[at]!)),
  };
}

function placedLink(from: string, to: string, points: readonly Point[]): PlacedLink {
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  return {
    from,
    to,
    points,
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
  };
}

/** The same further right and down, with all that is in it. */
function moved(group: PlacedGroup, x: number, y: number): PlacedGroup {
  return {
    ...group,
    x,
    y,
    boxes: group.boxes.map((box) => {
      const inset = box.inner ? (box.width - box.inner.width) / 2 : 0;
      const inner = box.inner && moved(box.inner, x + box.x + inset, y + box.y + headerHeight);
      return { ...box, x: x + box.x, y: y + box.y, inner };
    }),
    links: group.links.map(({ from, to, points }) =>
      placedLink(
        from,
        to,
        points.map((point) => ({ x: x + point.x, y: y + point.y })),
      ),
    ),
  };
}

/** Every box that is seen, those of open groups after the group's. */
export function* boxesIn(group: PlacedGroup): Generator<PlacedBox> {
  for (const box of group.boxes) {
    yield box;
    if (box.inner) yield* boxesIn(box.inner);
  }
}
