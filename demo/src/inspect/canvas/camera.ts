import type { Point, Size } from '../layout/lay-out.js';

export interface Rectangle extends Point, Size {}

const smallest = 0.02;
const largest = 3;
/** At which text is as large as the page's. */
const natural = 1;

/** Which part of a graph is seen, and how large. `x` and `y` are what is seen at the upper left. */
export class Camera {
  x = 0;
  y = 0;
  scale = natural;
  /** Whether it was ever placed. */
  isPlaced = false;

  toGraph({ x, y }: Point): Point {
    return { x: this.x + x / this.scale, y: this.y + y / this.scale };
  }

  toScreen({ x, y }: Point): Point {
    return { x: (x - this.x) * this.scale, y: (y - this.y) * this.scale };
  }

  /** Moves the graph by pixels of the screen. */
  pan(dx: number, dy: number): void {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
  }

  /** Makes the graph larger by a factor; what is at `centre` of the screen stays there. */
  zoom(factor: number, centre: Point): void {
    const before = this.toGraph(centre);
    this.scale = Math.min(largest, Math.max(smallest, this.scale * factor));
    const after = this.toGraph(centre);
    this.x += before.x - after.x;
    this.y += before.y - after.y;
  }

  /** Shows all of a graph. */
  fit({ width, height }: Size, screen: Size): void {
    this.#show({ x: 0, y: 0, width, height }, screen, smallest);
  }

  /** Shows the beginning of a graph, its first box, so large that it can be read. */
  start({ width, height }: Size, first: Rectangle | undefined, screen: Size): void {
    this.#show({ x: 0, y: 0, width, height }, screen, 0.75);
    if (height * this.scale > screen.height) this.y = 0;
    if (first && width * this.scale > screen.width) {
      this.x = first.x + first.width / 2 - screen.width / this.scale / 2;
    }
    this.isPlaced = true;
  }

  /** Moves no further than it takes to have a box in view, so large that it can be read. */
  reveal(box: Rectangle, screen: Size): void {
    if (this.scale < 0.6) this.zoom(natural / this.scale, { x: 0, y: 0 });
    const margin = 60 / this.scale;
    const [width, height] = [screen.width / this.scale, screen.height / this.scale];
    this.x = nearest(this.x, box.x, box.width, width, margin);
    this.y = nearest(this.y, box.y, box.height, height, margin);
  }

  #show({ x, y, width, height }: Rectangle, screen: Size, least: number): void {
    const fitting = Math.min(screen.width / width, screen.height / height, natural);
    this.scale = Math.max(least, fitting);
    this.x = x + (width - screen.width / this.scale) / 2;
    this.y = y + (height - screen.height / this.scale) / 2;
  }
}

function nearest(at: number, start: number, size: number, seen: number, margin: number): number {
  if (size + 2 * margin > seen) return start - margin;
  return Math.max(start + size + margin - seen, Math.min(at, start - margin));
}
