import type { Label } from '../labels.js';
import type { PlacedBox, PlacedGroup, PlacedLink } from '../layout/scene.js';
import { headerHeight } from '../layout/scene.js';
import { operatorKinds, type OperatorKind } from '../operators.js';
import type { Camera, Rectangle } from './camera.js';
import { ellipsis } from './text.js';
import type { Theme } from './theme.js';

/** What is said of a box, beside where it is. */
export interface BoxLook extends Label {
  kind: OperatorKind | undefined;
  /** What it took, and the share of what the longest took. */
  time: { text: string; share: number } | undefined;
  isUnsupported: boolean;
}

export interface Marks {
  selected: string | undefined;
  look: (box: PlacedBox) => BoxLook;
}

export const font = (size: number, weight = 400) => `${weight} ${size}px system-ui, sans-serif`;

/** Below these scales, what is too small to be read is left out. */
const smallestText = 0.45;
const smallestSubtitle = 0.6;
const smallestArrow = 0.3;
const radius = 8;

/** Draws what the camera sees of a graph. */
export class Painter {
  readonly #context: CanvasRenderingContext2D;
  readonly #theme: Theme;
  readonly #scale: number;
  readonly #seen: Rectangle;
  readonly #marks: Marks;

  constructor(context: CanvasRenderingContext2D, theme: Theme, camera: Camera, marks: Marks) {
    this.#context = context;
    this.#theme = theme;
    this.#marks = marks;
    this.#scale = camera.scale;
    const { width, height } = context.canvas;
    const density = devicePixelRatio;
    const size = { width: width / density / camera.scale, height: height / density / camera.scale };
    this.#seen = { x: camera.x, y: camera.y, ...size };
    const zoom = density * camera.scale;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(zoom, 0, 0, zoom, -camera.x * zoom, -camera.y * zoom);
  }

  group(group: PlacedGroup): void {
    this.#links(group.links);
    for (const box of group.boxes) if (this.#sees(box)) this.#box(box);
  }

  #links(links: readonly PlacedLink[]): void {
    const context = this.#context;
    const { selected } = this.#marks;
    const { x, y, width, height } = this.#seen;
    const lines = new Path2D();
    const marked = new Path2D();
    for (const link of links) {
      const { left, right, top, bottom } = link;
      if (right < x || left > x + width || bottom < y || top > y + height) continue;
      const isMarked = selected !== undefined && (link.from === selected || link.to === selected);
      this.#link(isMarked ? marked : lines, link);
    }
    context.lineWidth = 1.2;
    context.strokeStyle = this.#theme.soft;
    context.globalAlpha = 0.75;
    context.stroke(lines);
    context.globalAlpha = 1;
    context.lineWidth = 2.4;
    context.strokeStyle = this.#theme.accent;
    context.stroke(marked);
  }

  #link(path: Path2D, { points }: PlacedLink): void {
    const [first, ...rest] = points;
    path.moveTo(first!.x, first!.y);
    // Smoothly through the middles between the points.
    for (let i = 0; i + 1 < rest.length; ++i) {
      const [at, next] = [rest[i]!, rest[i + 1]!];
      path.quadraticCurveTo(at.x, at.y, (at.x + next.x) / 2, (at.y + next.y) / 2);
    }
    const last = rest.at(-1)!;
    path.lineTo(last.x, last.y);
    if (this.#scale < smallestArrow) return;
    const before = points.at(-2)!;
    const angle = Math.atan2(last.y - before.y, last.x - before.x);
    for (const side of [-0.45, 0.45]) {
      path.moveTo(last.x, last.y);
      path.lineTo(last.x - 7 * Math.cos(angle + side), last.y - 7 * Math.sin(angle + side));
    }
  }

  #box(box: PlacedBox): void {
    if (box.kind === 'port') this.#port(box);
    else if (box.inner && box.height * this.#scale > 30) this.#openGroup(box, box.inner);
    else this.#closed(box);
  }

  #port(box: PlacedBox): void {
    const { x, y, width, height } = box;
    const context = this.#context;
    this.#outline(box, height / 2, this.#theme.paper, this.#theme.line, 1);
    if (this.#scale < smallestText) return;
    context.fillStyle = this.#theme.soft;
    context.font = font(11);
    context.textAlign = 'center';
    const { title } = this.#marks.look(box);
    context.fillText(ellipsis(context, title, width - 16), x + width / 2, y + height / 2 + 4);
    context.textAlign = 'left';
  }

  #openGroup(box: PlacedBox, inner: PlacedGroup): void {
    const context = this.#context;
    const isSelected = box.key === this.#marks.selected;
    const { accent, line, paper, ink } = this.#theme;
    this.#outline(box, radius + 4, paper, isSelected ? accent : line, isSelected ? 3 : 1.2);
    if (this.#scale >= smallestText) {
      const { title, time } = this.#marks.look(box);
      context.fillStyle = ink;
      context.font = font(13, 650);
      context.fillText(ellipsis(context, `▾ ${title}`, box.width - 90), box.x + 12, box.y + 22);
      this.#time(box, time, headerHeight);
    }
    this.group(inner);
  }

  #closed(box: PlacedBox): void {
    const { x, y, width, height, key, kind } = box;
    const context = this.#context;
    const look = this.#marks.look(box);
    const isSelected = key === this.#marks.selected;
    const { card, line, accent, error } = this.#theme;
    const edge = isSelected ? accent : look.isUnsupported ? error : line;
    // What is under the first is seen as more of it.
    if (kind === 'group')
      this.#outline({ x: x + 4, y: y + 4, width, height }, radius, card, line, 1);
    this.#outline(box, radius, card, edge, isSelected ? 3 : look.isUnsupported ? 2.5 : 1.2);
    const colours = operatorKinds[look.kind ?? 'other'];
    context.fillStyle = this.#theme.isDark ? colours.dark : colours.light;
    context.beginPath();
    context.roundRect(x, y, 6, height, [radius, 0, 0, radius]);
    context.fill();
    if (this.#scale < smallestText) return;
    this.#words(box, look);
    this.#time(box, look.time, height);
  }

  #words({ x, y, width, height, kind }: PlacedBox, look: BoxLook): void {
    const context = this.#context;
    const { ink, soft, error } = this.#theme;
    const hasSubtitle = look.subtitle !== '' && this.#scale >= smallestSubtitle;
    const room = width - 24;
    context.fillStyle = look.isUnsupported ? error : ink;
    context.font = font(13, 650);
    const mark = look.isUnsupported ? '⚠ ' : kind === 'group' ? '▸ ' : '';
    const timeRoom = look.time ? 62 : 0;
    const baseline = hasSubtitle ? y + 18 : y + height / 2 + 5;
    context.fillText(ellipsis(context, mark + look.title, room - timeRoom), x + 14, baseline);
    if (!hasSubtitle) return;
    context.fillStyle = soft;
    context.font = font(11);
    context.fillText(
      ellipsis(context, look.subtitle, room, kind === 'node' ? 'start' : 'end'),
      x + 14,
      y + 34,
    );
  }

  #time({ x, y, width }: PlacedBox, time: BoxLook['time'], height: number): void {
    if (!time) return;
    const context = this.#context;
    const { accent, soft } = this.#theme;
    context.fillStyle = soft;
    context.font = font(11, 600);
    context.textAlign = 'right';
    context.fillText(time.text, x + width - 9, y + 18);
    context.textAlign = 'left';
    context.fillStyle = accent;
    context.fillRect(x + 8, y + height - 4, (width - 16) * time.share, 2.5);
  }

  #outline(
    { x, y, width, height }: Rectangle,
    corner: number,
    fill: string,
    stroke: string,
    line: number,
  ): void {
    const context = this.#context;
    context.beginPath();
    if (this.#scale < smallestArrow) context.rect(x, y, width, height);
    else context.roundRect(x, y, width, height, corner);
    context.fillStyle = fill;
    context.fill();
    context.strokeStyle = stroke;
    context.lineWidth = Math.max(line, 0.8 / this.#scale);
    context.stroke();
  }

  #sees(box: Rectangle): boolean {
    const { x, y, width, height } = this.#seen;
    return (
      box.x < x + width && box.x + box.width > x && box.y < y + height && box.y + box.height > y
    );
  }
}
