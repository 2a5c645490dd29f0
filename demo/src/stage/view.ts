import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { Rectangle, Size } from './pyramid.js';

/** How two pictures are shown together. */
export type ViewMode = 'divider' | 'side' | 'loupe' | 'difference';

export interface Point {
  x: number;
  y: number;
}

/** The largest zoom, in pixels of the screen for one of the picture. */
const mostZoom = 16;

/** Where all of a picture is shown, a small one is not made larger than this. */
const mostFitted = 8;

/**
 * Which part of the picture is seen, and how large. All panes show the same part. Lengths are in pixels of the screen,
 * of which there may be several for one of CSS.
 */
export class View {
  /** Of one pane. */
  readonly pane = signal<Size>({ width: 1, height: 1 });
  readonly picture = signal<Size>({ width: 1, height: 1 });
  /** Pixels of the screen for one of the picture; undefined: all of it is shown. */
  readonly zoom = signal<number | undefined>(undefined);
  /** What is in the middle of the pane: 0..1 of the picture. */
  readonly centre = signal<Point>({ x: 0.5, y: 0.5 });
  /** Where the divider is: 0..1 of the pane. */
  readonly split = signal(0.5);
  /** What is under the magnifier: 0..1 of the picture. */
  readonly spot = signal<Point>({ x: 0.5, y: 0.5 });

  readonly fitted: ReadonlySignal<number> = computed(() => {
    const [pane, picture] = [this.pane.value, this.picture.value];
    const factor = Math.min(pane.width / picture.width, pane.height / picture.height);
    return Math.min(factor, mostFitted);
  });

  /** Pixels of the screen for one of the picture. */
  readonly scale = computed(() => this.zoom.value ?? this.fitted.value);

  /** Where the picture lies in the pane. */
  readonly place: ReadonlySignal<Rectangle> = computed(() => {
    const [pane, picture, scale] = [this.pane.value, this.picture.value, this.scale.value];
    const centre = this.#clamped(this.centre.value);
    const [width, height] = [picture.width * scale, picture.height * scale];
    // On whole pixels, so that those of the picture are seen as they are.
    const x = Math.round(pane.width / 2 - centre.x * width);
    const y = Math.round(pane.height / 2 - centre.y * height);
    return { x, y, width, height };
  });

  /** Shows all of the picture. */
  fit(): void {
    this.zoom.value = undefined;
    this.centre.value = { x: 0.5, y: 0.5 };
  }

  /** Zooms by a factor around a place of the pane, its middle unless given; out, until all is shown. */
  zoomBy(factor: number, around?: Point): void {
    const [scale, fitted] = [this.scale.value, this.fitted.value];
    if (factor < 1 && scale >= fitted && scale * factor <= fitted) this.fit();
    else this.zoomTo(scale * factor, around);
  }

  zoomTo(scale: number, around?: Point): void {
    const { width, height } = this.pane.value;
    const at = around ?? { x: width / 2, y: height / 2 };
    const fixed = this.pictureAt(at);
    this.zoom.value = Math.min(Math.max(scale, Math.min(this.fitted.value, 1)), mostZoom);
    const place = this.place.value;
    this.centre.value = this.#clamped({
      x: fixed.x + (width / 2 - at.x) / place.width,
      y: fixed.y + (height / 2 - at.y) / place.height,
    });
  }

  /** Moves the picture. */
  panBy(x: number, y: number): void {
    const { width, height } = this.place.value;
    const centre = this.#clamped(this.centre.value);
    this.centre.value = this.#clamped({ x: centre.x - x / width, y: centre.y - y / height });
  }

  moveSpot(x: number, y: number): void {
    const within = (value: number) => Math.min(Math.max(value, 0), 1);
    this.spot.value = { x: within(x), y: within(y) };
  }

  /** The place of the picture, 0..1, that is at a place of the pane. */
  pictureAt({ x, y }: Point): Point {
    const place = this.place.value;
    return { x: (x - place.x) / place.width, y: (y - place.y) / place.height };
  }

  /** The picture covers the pane, or is in its middle where it is smaller. */
  #clamped({ x, y }: Point): Point {
    const [pane, picture, scale] = [this.pane.value, this.picture.value, this.scale.value];
    const within = (value: number, shown: number) =>
      shown >= 1 ? 0.5 : Math.min(Math.max(value, shown / 2), 1 - shown / 2);
    return {
      x: within(x, pane.width / (picture.width * scale)),
      y: within(y, pane.height / (picture.height * scale)),
    };
  }
}
