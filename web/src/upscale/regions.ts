import { FoveaError } from '../base/errors.js';
import { described, isRecord } from '../base/kinds.js';
import type { Rectangle } from '../host/module.js';
import type { Pair } from '../network/form.js';
import type { Picture } from '../pictures/picture.js';
import type { Pixels } from '../pictures/pixels.js';
import type { PictureSource } from '../pictures/sources.js';
import { CroppedPicture } from './cropped-picture.js';
import { chained } from './chain.js';
import type { Part, Running, Stage } from './stage.js';
import type { Upscaler } from './upscaler.js';

/** Parts of a picture that another network enlarges, such as faces. */
export interface RegionOptions {
  /** The parts, in pixels of the picture, or what finds them. */
  find:
    | readonly Readonly<Rectangle>[]
    | ((
        source: PictureSource,
        size: Readonly<{ width: number; height: number }>,
      ) => readonly Readonly<Rectangle>[] | Promise<readonly Readonly<Rectangle>[]>);
  /** Enlarges them, each as a picture of its own. */
  upscaler: Upscaler;
  /** Over how many of the picture's pixels inside its border a part comes into view; 8 unless given. */
  feather?: number | undefined;
}

/** A region and where it goes. */
interface Place {
  region: Rectangle;
  to: Rectangle;
}

/** Enlarges a picture to exactly that size. */
export type EnlargeTo = (picture: Picture, size: Pair, signal?: AbortSignal) => Promise<Stage[]>;

/** The regions that are asked for. Throws FoveaError InvalidInput for what lies outside of the picture. */
export async function findRegions(
  { find }: RegionOptions,
  source: PictureSource,
  { width, height }: Picture,
): Promise<Rectangle[]> {
  const found: unknown = typeof find === 'function' ? await find(source, { width, height }) : find;
  if (!Array.isArray(found)) throw refused(`are an array of rectangles, not ${described(found)}`);
  return found.map((region: unknown) => {
    const { x, y, width: w, height: h } = (isRecord(region) ? region : {}) as Partial<Rectangle>;
    const whole = [x, y, w, h].every(Number.isSafeInteger);
    if (whole && x! >= 0 && y! >= 0 && w! > 0 && h! > 0 && x! + w! <= width && y! + h! <= height) {
      return { x: x!, y: y!, width: w!, height: h! };
    }
    throw refused(
      'are { x, y, width, height } of whole pixels inside the picture of ' +
        `${width} x ${height}, not ${JSON.stringify(region) ?? described(region)}`,
    );
  });
}

/** Puts regions into what another stage makes. */
export class RegionStage implements Stage {
  readonly size: Pair;
  readonly count: number;
  readonly #stage: Stage;
  readonly #source: Picture;
  readonly #places: Place[];
  readonly #feather: number;
  readonly #enlargeTo: EnlargeTo;

  /** @param source the picture that the regions are parts of */
  constructor(
    stage: Stage,
    source: Picture,
    regions: readonly Rectangle[],
    feather: number,
    enlargeTo: EnlargeTo,
  ) {
    this.size = stage.size;
    this.count = stage.count + regions.length;
    this.#stage = stage;
    this.#source = source;
    this.#feather = feather;
    this.#enlargeTo = enlargeTo;
    const factor = { x: stage.size.x / source.width, y: stage.size.y / source.height };
    this.#places = regions.map((region) => ({ region, to: enlargedRectangle(region, factor) }));
  }

  async *parts(picture: Picture, running: Running): AsyncGenerator<Part, void> {
    const enlarged = new Map<Place, Pixels>();
    for await (const part of this.#stage.parts(picture, running)) {
      for (const place of this.#places) {
        if (!overlap(place.to, part)) continue;
        if (!enlarged.has(place)) {
          enlarged.set(place, await this.#enlarge(place, running));
          running.onPiece();
        }
        this.#paste(part, place, enlarged.get(place)!);
      }
      // Parts come from top to bottom.
      for (const place of enlarged.keys()) {
        if (place.to.y + place.to.height <= part.y) enlarged.delete(place);
      }
      yield part;
    }
  }

  async #enlarge({ region, to }: Place, { signal }: Running): Promise<Pixels> {
    const picture = new CroppedPicture(this.#source, region);
    const stages = await this.#enlargeTo(picture, { x: to.width, y: to.height }, signal);
    const running = { signal, onPiece: () => {} };
    const whole = { x: 0, y: 0, width: to.width, height: to.height };
    const result = chained(picture, stages, () => running);
    try {
      return await result.read(whole, signal);
    } finally {
      await result.close();
    }
  }

  /** Puts a region into a part, coming into view over the feather. */
  #paste(part: Part, { region, to }: Place, pixels: Pixels): void {
    const feather = (this.#feather * to.width) / region.width;
    const weight = (at: number, length: number) =>
      feather > 0 ? Math.min((Math.min(at, length - 1 - at) + 0.5) / feather, 1) : 1;
    const [top, bottom] = [
      Math.max(part.y, to.y),
      Math.min(part.y + part.height, to.y + to.height),
    ];
    const [left, right] = [Math.max(part.x, to.x), Math.min(part.x + part.width, to.x + to.width)];
    for (let y = top; y < bottom; ++y) {
      const down = weight(y - to.y, to.height);
      for (let x = left; x < right; ++x) {
        const share = Math.min(down, weight(x - to.x, to.width));
        const at = 4 * ((y - part.y) * part.width + x - part.x);
        const from = 4 * ((y - to.y) * to.width + x - to.x);
        for (let c = 0; c < 4; ++c) {
          part.data[at + c] = part.data[at + c]! * (1 - share) + pixels.data[from + c]! * share;
        }
      }
    }
  }
}

function enlargedRectangle({ x, y, width, height }: Rectangle, factor: Pair): Rectangle {
  const [left, top] = [Math.round(x * factor.x), Math.round(y * factor.y)];
  return {
    x: left,
    y: top,
    width: Math.max(Math.round((x + width) * factor.x) - left, 1),
    height: Math.max(Math.round((y + height) * factor.y) - top, 1),
  };
}

function overlap(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function refused(why: string): FoveaError {
  return new FoveaError('InvalidInput', `regions ${why}`, { option: 'regions' });
}
