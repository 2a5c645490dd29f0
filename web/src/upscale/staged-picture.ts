import { abortError, FoveaError } from '../base/errors.js';
import type { Rectangle } from '../host/module.js';
import type { Component, Picture } from '../pictures/picture.js';
import type { ColorSpace, Pixels } from '../pictures/pixels.js';
import type { Part, Running, Stage } from './stage.js';

type Row = Uint8ClampedArray | Float32Array;

/** What a stage makes of a picture, made as it is read, of which no more is kept than is still to be read. */
export class StagedPicture implements Picture {
  readonly width: number;
  readonly height: number;
  readonly colorSpace: ColorSpace;
  readonly component: Component;
  readonly channels: Picture['channels'];
  readonly #source: Picture;
  readonly #parts: AsyncGenerator<Part, void>;
  readonly #rows = new Map<number, { pixels: Row; filled: number }>();
  #last: Promise<unknown> = Promise.resolve();
  #forgotten = 0;

  constructor(source: Picture, stage: Stage, running: Running) {
    this.width = stage.size.x;
    this.height = stage.size.y;
    this.colorSpace = source.colorSpace;
    this.component = source.component;
    this.channels = source.channels;
    this.#source = source;
    this.#parts = stage.parts(source, running);
  }

  /** Reads follow each other: rows that have been forgotten are not made again. */
  read(part: Rectangle, signal?: AbortSignal): Promise<Pixels> {
    const reading = this.#last.then(() => this.#read(part, signal));
    this.#last = reading.catch(() => {});
    return reading;
  }

  forget(y: number): void {
    for (; this.#forgotten < Math.min(y, this.height); ++this.#forgotten) {
      this.#rows.delete(this.#forgotten);
    }
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#parts.return(undefined);
    this.#rows.clear();
    await this.#source.close();
  }

  async #read({ x, y, width, height }: Rectangle, signal?: AbortSignal): Promise<Pixels> {
    for (let row = y; row < y + height; ++row) {
      while ((this.#rows.get(row)?.filled ?? 0) < this.width) {
        if (signal?.aborted) throw abortError(signal);
        const next: IteratorResult<Part, void> = await this.#parts.next();
        if (next.done) throw new FoveaError('Internal', `row ${row} is not among the parts`);
        this.#keep(next.value);
      }
    }
    const data = this.#array(4 * width * height);
    for (let row = 0; row < height; ++row) {
      const { pixels } = this.#rows.get(y + row)!;
      data.set(pixels.subarray(4 * x, 4 * (x + width)), 4 * row * width);
    }
    return { data, width, height };
  }

  #keep({ x, y, data, width, height }: Part): void {
    for (let row = Math.max(0, this.#forgotten - y); row < height; ++row) {
      const kept = this.#rows.get(y + row) ?? { pixels: this.#array(4 * this.width), filled: 0 };
      kept.pixels.set(data.subarray(4 * row * width, 4 * (row + 1) * width), 4 * x);
      kept.filled += width;
      this.#rows.set(y + row, kept);
    }
  }

  #array(length: number): Row {
    return this.component === 'uint8' ? new Uint8ClampedArray(length) : new Float32Array(length);
  }
}
