import type { Rectangle } from '../host/module.js';
import type { Picture } from '../pictures/picture.js';
import type { Pixels } from '../pictures/pixels.js';

/** A part of a picture as one of its own. The picture stays open. */
export class CroppedPicture implements Picture {
  readonly width: number;
  readonly height: number;
  readonly colorSpace: Picture['colorSpace'];
  readonly component: Picture['component'];
  readonly channels: Picture['channels'];
  readonly #source: Picture;
  readonly #part: Rectangle;

  constructor(source: Picture, part: Rectangle) {
    this.width = part.width;
    this.height = part.height;
    this.colorSpace = source.colorSpace;
    this.component = source.component;
    this.channels = source.channels;
    this.#source = source;
    this.#part = part;
  }

  read({ x, y, width, height }: Rectangle, signal?: AbortSignal): Promise<Pixels> {
    const [left, top] = [x + this.#part.x, y + this.#part.y];
    return this.#source.read({ x: left, y: top, width, height }, signal);
  }

  close(): void {}
}
