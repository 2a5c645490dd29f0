import { signal } from '@preact/signals';
import { Camera } from './canvas/camera.js';
import { ancestorsOf, groupById, readersOf, type Graph, type Grouping } from './graph.js';
import { aheadTitle, makersOf } from './groups/grouping.js';
import { boxesIn, Scene, type LayOut, type Measure, type PlacedBox } from './layout/scene.js';
import type { PlacedGroup } from './layout/scene.js';

/** Models of so few nodes are shown with all groups open. */
const fewNodes = 40;

/** What a node's readers and makers are looked up in. */
interface Uses {
  maker: ReadonlyMap<string, number>;
  readers: ReadonlyMap<string, readonly number[]>;
}

/** A graph on the screen: what is open, what is chosen, and where one looks. */
export class GraphView {
  readonly graph: Graph;
  readonly grouping: Grouping;
  readonly camera = new Camera();
  readonly placed = signal<PlacedGroup | undefined>(undefined);
  /** The key of the chosen box. */
  readonly selected = signal<string | undefined>(undefined);
  /** What is to come into view once it is placed. */
  readonly revealing = signal<string | undefined>(undefined);
  readonly uses: Uses;
  readonly #scene: Scene;
  #changes = 0;

  constructor(graph: Graph, grouping: Grouping, layOut: LayOut, measure: Measure) {
    this.graph = graph;
    this.grouping = grouping;
    this.#scene = new Scene(graph, grouping, layOut, measure);
    this.uses = { maker: makersOf(graph), readers: readersOf(graph) };
    if (graph.nodes.length <= fewNodes) {
      const opened = grouping.groups.filter(({ title }) => title !== aheadTitle);
      this.#scene.set(
        opened.map(({ id }) => id),
        true,
      );
    }
  }

  /** Places what is open, unless more was opened or closed meanwhile. */
  async update(): Promise<void> {
    const change = ++this.#changes;
    const placed = await this.#scene.place();
    if (change === this.#changes) this.placed.value = placed;
  }

  isOpen(id: number): boolean {
    return this.#scene.isOpen(id);
  }

  isGroup(id: number): boolean {
    return groupById(this.graph, this.grouping, id) !== undefined;
  }

  /** Opens a group or closes it. What is under the pointer stays there. */
  async toggle(id: number): Promise<void> {
    const before = this.boxOf(String(id));
    this.#scene.set([id], !this.#scene.isOpen(id));
    await this.update();
    const after = this.boxOf(String(id));
    if (!before || !after) return;
    this.camera.x += after.x - before.x;
    this.camera.y += after.y - before.y;
  }

  /** Chooses a node or a group, opens the groups around it and brings it into view. */
  async reveal(id: number): Promise<void> {
    this.#scene.set(ancestorsOf(this.graph, this.grouping, id), true);
    this.selected.value = String(id);
    await this.update();
    this.revealing.value = String(id);
  }

  /** The box of a node or group, if it is in open groups only. */
  boxOf(key: string): PlacedBox | undefined {
    const placed = this.placed.value;
    if (!placed) return undefined;
    for (const box of boxesIn(placed)) if (box.key === key && box.kind !== 'port') return box;
    return undefined;
  }
}
