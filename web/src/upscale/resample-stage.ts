import { typedArrayName } from '../base/kinds.js';
import type { Pair } from '../network/form.js';
import type { Rectangle, ResampleSettings } from '../host/module.js';
import type { Picture } from '../pictures/picture.js';
import { abortable } from '../session/model.js';
import type { Engine } from '../engine/engine.js';
import { bytesOf, pixelsOf } from './enlarger.js';
import { around, computePieces, type Part, type Running, type Stage } from './stage.js';

/** How a picture is brought to a size that no network makes. */
export interface Resampling {
  kernel: ResampleSettings['kernel'];
  /** Whether light is added, not levels. */
  linear: boolean;
}

/** How far each kernel reaches, in pixels of the larger of both pictures (Keys 1981; Mitchell 1988). */
const radii: Record<Resampling['kernel'], number> = {
  nearest: 1,
  bicubic: 2,
  mitchell: 2,
  lanczos3: 3,
};

/** Sides of what is computed at once, in pixels of the result. */
const side = 512;

/** A picture at another size. */
export class ResampleStage implements Stage {
  readonly size: Pair;
  readonly #engine: Engine;
  readonly #picture: Pair;
  readonly #resampling: Resampling;
  readonly #parts: Rectangle[];

  constructor(engine: Engine, picture: Pair, size: Pair, resampling: Resampling) {
    this.size = size;
    this.#engine = engine;
    this.#picture = picture;
    this.#resampling = resampling;
    this.#parts = rectangles(size, side);
  }

  get count(): number {
    return this.#parts.length;
  }

  parts(picture: Picture, running: Running): AsyncGenerator<Part, void> {
    const pieces = this.#parts.map((to) => ({ to, window: this.#window(to) }));
    return computePieces(picture, pieces, running, async ({ to, window }, pixels) => {
      const deep = typedArrayName(pixels.data) === 'Float32Array';
      const settings: ResampleSettings = {
        ...{ window, part: to, deep, ...this.#resampling },
        ...{ width: this.#picture.x, height: this.#picture.y },
        ...{ outWidth: this.size.x, outHeight: this.size.y },
      };
      // In its own thread the engine only reads.
      const bytes = await abortable(this.#engine, running.signal, (job) =>
        this.#engine.call('resample', { job, pixels: bytesOf(pixels), settings }),
      );
      return pixelsOf(bytes, deep, to.width, to.height);
    });
  }

  /** The pixels that a part of the result is made of. */
  #window({ x, y, width, height }: Rectangle): Rectangle {
    const radius = radii[this.#resampling.kernel];
    const along = (from: number, length: number, before: number, after: number) => {
      const ratio = before / after;
      const reach = Math.ceil(radius * Math.max(ratio, 1)) + 1;
      const begin = Math.floor(from * ratio) - reach;
      return [begin, Math.ceil((from + length) * ratio) + reach - begin] as const;
    };
    const [left, columns] = along(x, width, this.#picture.x, this.size.x);
    const [top, rows] = along(y, height, this.#picture.y, this.size.y);
    const seen = { x: left, y: top, width: columns, height: rows };
    return around(seen, { x: 0, y: 0 }, this.#picture);
  }
}

/** The rectangles of at most that side that a picture is divided into, row by row. */
function rectangles({ x: width, y: height }: Pair, most: number): Rectangle[] {
  const all: Rectangle[] = [];
  for (let y = 0; y < height; y += most) {
    for (let x = 0; x < width; x += most) {
      all.push({ x, y, width: Math.min(most, width - x), height: Math.min(most, height - y) });
    }
  }
  return all;
}
