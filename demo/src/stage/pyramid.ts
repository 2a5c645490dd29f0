import { signal } from '@preact/signals';
import type { ResultTile } from 'fovea';

export interface Size {
  width: number;
  height: number;
}

export interface Rectangle extends Size {
  x: number;
  y: number;
}

type Canvas = HTMLCanvasElement;
type Level = Canvas | ImageBitmap;

/** Levels get no smaller than this, in pixels. */
const smallestLevel = 1e6;

/** The largest level of a picture that no canvas holds, in pixels. */
const largestPreview = 16e6;

/** Rows that are made smaller at once, so that the page stays alive. An even number. */
const rowsAtOnce = 2048;

/**
 * A picture to be shown at any zoom at once: with copies of it, each half as large as the one before. It fills as tiles
 * finish; until then, what it is made of shows through.
 */
export class Pyramid implements Size {
  readonly width: number;
  readonly height: number;
  readonly colorSpace: PredefinedColorSpace;
  /** Changes whenever the picture does. */
  readonly version = signal(0);
  /** From the largest on. */
  readonly #levels: Level[];
  /** Whether the first level has all pixels of the picture. */
  readonly #isWhole: boolean;
  #isFilled = true;

  private constructor(
    levels: Level[],
    { width, height }: Size,
    colorSpace: PredefinedColorSpace,
    isWhole = true,
  ) {
    this.#levels = levels;
    this.width = width;
    this.height = height;
    this.colorSpace = colorSpace;
    this.#isWhole = isWhole;
  }

  /** Of a picture that is there, shown as large as `size`. */
  static async of(bitmap: ImageBitmap, size: Size, colorSpace: PredefinedColorSpace) {
    const pyramid = new Pyramid([bitmap], size, colorSpace);
    pyramid.#addLevels(bitmap);
    await pyramid.#shrink();
    return pyramid;
  }

  /**
   * Of one that is to be made.
   *
   * @param canvas on which it is drawn while it is made; undefined where no canvas holds it
   * @param base what it is made of, and which part of that
   */
  static toFill(
    size: Size,
    canvas: Canvas | undefined,
    base: { bitmap: ImageBitmap; part: Rectangle },
    colorSpace: PredefinedColorSpace,
  ): Pyramid {
    const pyramid = new Pyramid(canvas ? [canvas] : [], size, colorSpace, canvas !== undefined);
    if (canvas) pyramid.#addLevels(size);
    else {
      const scale = Math.min(1, Math.sqrt(largestPreview / (size.width * size.height)));
      const width = Math.max(1, Math.round(size.width * scale));
      const preview = { width, height: Math.max(1, Math.round(size.height * scale)) };
      pyramid.#levels.push(newCanvas(preview));
      pyramid.#addLevels(preview);
    }
    pyramid.#isFilled = false;
    const { x, y, width, height } = base.part;
    for (const level of pyramid.#drawn()) {
      const context = contextOf(level, colorSpace);
      context.imageSmoothingQuality = 'high';
      context.drawImage(base.bitmap, x, y, width, height, 0, 0, level.width, level.height);
    }
    return pyramid;
  }

  /** Whether it is shown smaller than it is, since no canvas holds it. */
  get isPreview(): boolean {
    return !this.#isWhole;
  }

  /** How large what can be shown of it is, in pixels. */
  get shownWidth(): number {
    return this.#levels[0]!.width;
  }

  /** Shows a tile of the result. */
  put({ x, y, pixels }: ResultTile): void {
    const scratch = newCanvas(pixels);
    contextOf(scratch, this.colorSpace).putImageData(pixels as ImageData, 0, 0);
    for (const level of this.#drawn()) {
      const [across, down] = [level.width / this.width, level.height / this.height];
      const place = [x * across, y * down, pixels.width * across, pixels.height * down] as const;
      contextOf(level, this.colorSpace).drawImage(scratch, ...place);
    }
    this.version.value += 1;
  }

  /** All tiles are there: the levels are made of the result alone. */
  async finish(): Promise<void> {
    if (this.#isWhole) await this.#shrink();
    this.#isFilled = true;
    this.version.value += 1;
  }

  /** Draws a part of the picture; `from` is in its pixels. */
  draw(
    context: CanvasRenderingContext2D,
    from: Rectangle,
    to: Rectangle,
    smoothing: ImageSmoothingQuality | 'none' = 'medium',
  ): void {
    context.imageSmoothingEnabled = smoothing !== 'none';
    if (smoothing !== 'none') context.imageSmoothingQuality = smoothing;
    const wanted = (to.width / from.width) * this.width;
    const best = this.#levels.findLastIndex(({ width }) => width >= wanted);
    const index = Math.max(best, 0);
    // The canvas itself has holes where tiles are still to come.
    const isBelowSeen = index === 0 && this.#isWhole && !this.#isFilled;
    if (isBelowSeen && this.#levels[1]) this.#drawLevel(context, this.#levels[1], from, to);
    this.#drawLevel(context, this.#levels[index]!, from, to);
  }

  #drawLevel(context: CanvasRenderingContext2D, level: Level, from: Rectangle, to: Rectangle) {
    const [across, down] = [level.width / this.width, level.height / this.height];
    context.drawImage(
      level,
      ...([from.x * across, from.y * down, from.width * across, from.height * down] as const),
      ...([to.x, to.y, to.width, to.height] as const),
    );
  }

  /** Lets go of its memory and of what it was made of, which some browsers keep until it is collected. */
  close(): void {
    for (const level of this.#levels) {
      if (level instanceof ImageBitmap) level.close();
      else Object.assign(level, { width: 0, height: 0 });
    }
  }

  #addLevels({ width, height }: Size): void {
    // One at least, as there are holes in what is being made.
    do {
      width = Math.max(1, Math.ceil(width / 2));
      height = Math.max(1, Math.ceil(height / 2));
      this.#levels.push(newCanvas({ width, height }));
    } while (width * height > smallestLevel);
  }

  /** The levels that are drawn here: not what is given. */
  #drawn(): Canvas[] {
    return (this.#isWhole ? this.#levels.slice(1) : this.#levels) as Canvas[];
  }

  async #shrink(): Promise<void> {
    for (const [index, level] of this.#levels.entries()) {
      if (index > 0) await halve(this.#levels[index - 1]!, level as Canvas, this.colorSpace);
    }
  }
}

async function halve(from: Level, to: Canvas, colorSpace: PredefinedColorSpace): Promise<void> {
  const context = contextOf(to, colorSpace);
  context.globalCompositeOperation = 'source-over';
  context.imageSmoothingQuality = 'medium';
  context.clearRect(0, 0, to.width, to.height);
  for (let y = 0; y < from.height; y += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, from.height - y);
    context.drawImage(from, 0, y, from.width, rows, 0, y / 2, to.width, Math.ceil(rows / 2));
    if (from.height > rowsAtOnce) await new Promise((resolve) => setTimeout(resolve));
  }
}

function newCanvas({ width, height }: Size): Canvas {
  return Object.assign(document.createElement('canvas'), { width, height });
}

function contextOf(canvas: Canvas, colorSpace: PredefinedColorSpace): CanvasRenderingContext2D {
  // In the processor's memory, as tiles come from there.
  const context = canvas.getContext('2d', { colorSpace, willReadFrequently: true });
  if (!context) throw new Error('This browser has no memory for another canvas');
  return context;
}
