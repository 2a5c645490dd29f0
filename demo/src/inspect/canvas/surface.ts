import { effect } from '@preact/signals';
import type { PlacedBox } from '../layout/scene.js';
import type { GraphView } from '../view.js';
import { onGestures } from './gestures.js';
import { boxAt } from './hits.js';
import { Painter, type BoxLook } from './painter.js';
import { stepFrom, type Direction } from './steps.js';
import { readTheme, type Theme } from './theme.js';

type Look = (box: PlacedBox) => BoxLook;
type OnPort = (box: PlacedBox) => void;

const steps: Record<string, Direction> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

/** A canvas that shows a view and takes what people do with it. */
export class Surface {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #view: GraphView;
  readonly #look: Look;
  readonly #onPort: OnPort;
  readonly #ends: (() => void)[] = [];
  #theme: Theme;
  #frame = 0;
  #isDrawn = false;

  constructor(canvas: HTMLCanvasElement, view: GraphView, look: Look, onPort: OnPort) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d')!;
    this.#view = view;
    this.#look = look;
    this.#onPort = onPort;
    this.#theme = readTheme(canvas.parentElement!);
    this.#watch();
  }

  #watch(): void {
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this.#canvas);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const recolour = () => {
      this.#theme = readTheme(this.#canvas.parentElement!);
      this.draw();
    };
    dark.addEventListener('change', recolour);
    this.#ends.push(
      () => observer.disconnect(),
      () => dark.removeEventListener('change', recolour),
      effect(() => this.#follow()),
      onGestures(this.#canvas, {
        pan: (dx, dy) => this.#change(() => this.#view.camera.pan(dx, dy)),
        zoom: (factor, centre) => this.#change(() => this.#view.camera.zoom(factor, centre)),
        tap: (at, isDouble) => this.#tap(this.#boxAt(at), isDouble),
        hover: (at) => (this.#canvas.style.cursor = this.#boxAt(at) ? 'pointer' : 'grab'),
      }),
    );
  }

  end(): void {
    for (const end of this.#ends) end();
    cancelAnimationFrame(this.#frame);
  }

  /** Draws before the next frame, once however often it is asked for. */
  draw(): void {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  zoomBy(factor: number): void {
    const { width, height } = this.#size;
    this.#change(() => this.#view.camera.zoom(factor, { x: width / 2, y: height / 2 }));
  }

  fit(): void {
    const placed = this.#view.placed.value;
    if (placed) this.#change(() => this.#view.camera.fit(placed, this.#size));
  }

  key(event: KeyboardEvent): void {
    const handled = event.ctrlKey || event.metaKey || event.altKey ? false : this.#handleKey(event);
    if (handled) event.preventDefault();
  }

  #handleKey({ key, shiftKey }: KeyboardEvent): boolean {
    const direction = steps[key];
    if (direction && shiftKey) this.#panTo(direction);
    else if (direction) this.#step(direction);
    else if (key === 'Enter' || key === ' ') this.#toggleSelected();
    else if (key === '+' || key === '=') this.zoomBy(1.4);
    else if (key === '-') this.zoomBy(1 / 1.4);
    else if (key === '0') this.fit();
    else if (key === 'Escape') this.#view.selected.value = undefined;
    else return false;
    return true;
  }

  #panTo(direction: Direction): void {
    const [dx, dy] = { up: [0, 1], down: [0, -1], left: [1, 0], right: [-1, 0] }[direction];
    this.#change(() => this.#view.camera.pan(120 * dx!, 120 * dy!));
  }

  #step(direction: Direction): void {
    const { selected } = this.#view;
    const next = stepFrom(this.#view, selected.value, direction);
    if (next === undefined) return;
    selected.value = next;
    this.#view.revealing.value = next;
  }

  #toggleSelected(): void {
    const id = Number(this.#view.selected.value ?? NaN);
    if (this.#view.isGroup(id)) void this.#view.toggle(id);
  }

  #tap(box: PlacedBox | undefined, isDouble: boolean): void {
    if (box?.kind === 'port') {
      this.#onPort(box);
      return;
    }
    const isSame = box?.key === this.#view.selected.value;
    this.#view.selected.value = box?.key;
    // A group opens by a second tap, so that one can also look at it closed.
    if (box?.kind === 'group' && (isSame || isDouble)) void this.#view.toggle(Number(box.key));
  }

  #boxAt(at: { x: number; y: number }): PlacedBox | undefined {
    const placed = this.#view.placed.value;
    return placed && boxAt(placed, this.#view.camera.toGraph(at));
  }

  get #size() {
    return { width: this.#canvas.clientWidth, height: this.#canvas.clientHeight };
  }

  #change(change: () => void): void {
    change();
    this.draw();
  }

  #resize(): void {
    const { width, height } = this.#size;
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    this.#place();
    // At once: a canvas that was resized is empty.
    this.#paint();
  }

  /** Runs again whenever what is drawn changes. */
  #follow(): void {
    const { placed, selected, revealing } = this.#view;
    void selected.value;
    // Reads the signals that what is written depends on.
    const [first] = placed.value?.boxes ?? [];
    if (first) this.#look(first);
    this.#place();
    const box = revealing.value === undefined ? undefined : this.#view.boxOf(revealing.value);
    if (box) {
      this.#view.camera.reveal(box, this.#size);
      revealing.value = undefined;
    }
    this.draw();
  }

  #place(): void {
    const { camera, placed } = this.#view;
    if (camera.isPlaced || !placed.value || this.#size.width === 0) return;
    camera.start(placed.value, placed.value.boxes[0], this.#size);
  }

  #paint(): void {
    const { camera, placed, selected } = this.#view;
    const marks = { selected: selected.peek(), look: this.#look };
    const painter = new Painter(this.#context, this.#theme, camera, marks);
    const group = placed.peek();
    if (!group) return;
    painter.group(group);
    if (this.#isDrawn) return;
    this.#isDrawn = true;
    performance.mark('graph-drawn');
  }
}
