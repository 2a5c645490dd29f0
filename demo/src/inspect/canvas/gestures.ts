import type { Point } from '../layout/lay-out.js';

/** What a person does with a graph, in pixels of its element. */
export interface GestureHandlers {
  pan: (dx: number, dy: number) => void;
  zoom: (factor: number, centre: Point) => void;
  tap: (at: Point, isDouble: boolean) => void;
  hover: (at: Point) => void;
}

/** Pointers move less than this by themselves. */
const slack = 5;
const doubleTap = 350;

/** Calls back for drags, pinches, wheels and taps on an element. Gives back what ends that. */
export function onGestures(element: HTMLElement, handlers: GestureHandlers): () => void {
  const gestures = new Gestures(element, handlers);
  const abort = new AbortController();
  const { signal } = abort;
  element.addEventListener('pointerdown', (event) => gestures.down(event), { signal });
  element.addEventListener('pointermove', (event) => gestures.move(event), { signal });
  element.addEventListener('pointerup', (event) => gestures.up(event), { signal });
  element.addEventListener('pointercancel', (event) => gestures.cancel(event), { signal });
  element.addEventListener('wheel', (event) => gestures.wheel(event), { signal, passive: false });
  return () => abort.abort();
}

class Gestures {
  readonly #element: HTMLElement;
  readonly #handlers: GestureHandlers;
  readonly #pointers = new Map<number, Point>();
  #moved = 0;
  #lastTap = { time: 0, at: { x: 0, y: 0 } };

  constructor(element: HTMLElement, handlers: GestureHandlers) {
    this.#element = element;
    this.#handlers = handlers;
  }

  down(event: PointerEvent): void {
    if (event.button > 0) return;
    if (this.#pointers.size === 0) this.#moved = 0;
    this.#element.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, this.#at(event));
  }

  move(event: PointerEvent): void {
    const at = this.#at(event);
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      this.#handlers.hover(at);
      return;
    }
    const distance = Math.hypot(at.x - before.x, at.y - before.y);
    this.#moved += distance;
    // Until it is a drag, it may still become a tap.
    if (this.#pointers.size === 1 && this.#moved < slack) return;
    this.#drag(event.pointerId, before, at);
    this.#pointers.set(event.pointerId, at);
  }

  #drag(pointer: number, before: Point, at: Point): void {
    const other = [...this.#pointers].find(([id]) => id !== pointer)?.[1];
    if (!other) {
      this.#handlers.pan(at.x - before.x, at.y - before.y);
      return;
    }
    const spread = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
    const centre = { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 };
    this.#handlers.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
    this.#handlers.zoom(spread(at) / spread(before), centre);
  }

  up(event: PointerEvent): void {
    const isTap = this.#pointers.size === 1 && this.#moved < slack;
    if (!this.#pointers.delete(event.pointerId) || !isTap) return;
    const at = this.#at(event);
    const { time, at: last } = this.#lastTap;
    const isNear = Math.hypot(at.x - last.x, at.y - last.y) < 20;
    this.#handlers.tap(at, isNear && event.timeStamp - time < doubleTap);
    this.#lastTap = { time: event.timeStamp, at };
  }

  cancel(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
  }

  wheel(event: WheelEvent): void {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // What browsers make of a pinch on a touchpad, too.
    if (event.ctrlKey || event.metaKey) {
      this.#handlers.zoom(Math.exp((-event.deltaY * unit) / 200), this.#at(event));
    } else if (event.shiftKey && event.deltaX === 0) {
      this.#handlers.pan(-event.deltaY * unit, 0);
    } else {
      this.#handlers.pan(-event.deltaX * unit, -event.deltaY * unit);
    }
  }

  #at({ clientX, clientY }: MouseEvent): Point {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }
}
