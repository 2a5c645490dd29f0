import { checkOptions, oneOf, wholeFrom, type OptionKinds } from './check-options.js';
import {
  greyFeeds,
  otherFeeds,
  type Network,
  type NetworkOptions,
  type Pair,
} from './engine/network.js';
import type { EnlargedPicture } from './engine/pictures.js';
import { FoveaError } from './errors.js';
import { isRecord } from './kinds.js';
import { abortable, LoadedModel } from './model.js';
import { models } from './models.js';
import { toNodeProfile, type NodeProfile } from './profile.js';
import { loadOptionKinds, type LoadOptions } from './reading.js';
import { runFeeds } from './run.js';
import type { ModelSource } from './source.js';
import {
  drawPixels,
  readPixels,
  toImageData,
  withMargin,
  type PictureSource,
  type PixelData,
} from './upscale/pictures.js';
import { fewestPixels, tilesAlong, type Span } from './upscale/tiles.js';

/** How a network is loaded and what is known of it. */
export interface UpscalerOptions extends LoadOptions, NetworkOptions {}

const upscalerOptionKinds: OptionKinds<UpscalerOptions> = {
  ...loadOptionKinds,
  scale: {
    takes: 'a factor, or {x, y}',
    accepts: (value) => typeof value === 'number' || isRecord(value),
  },
  color: oneOf('luma', 'rgb'),
  range: oneOf(1, 255),
  order: oneOf('rgb', 'bgr'),
  multiple: wholeFrom(1),
};

/** How a picture is enlarged. */
export interface UpscaleOptions {
  /** Draws the result there too, to whose size the canvas is set. */
  canvas?: HTMLCanvasElement | OffscreenCanvas | undefined;
  /**
   * The longest side of what is computed at once, in pixels of the source; unless given, sides are
   * those of 512 x 512 pixels that make the least work.
   */
  tile?: number | undefined;
  /**
   * Pixels beyond its part that a tile sees on each side; 16 unless given, or a quarter of a small
   * tile. Results are exactly those without tiles if it reaches as far as the network sees.
   */
  overlap?: number | undefined;
  /** Stops it; the promise rejects with code Aborted and the upscaler stays usable. */
  signal?: AbortSignal | undefined;
  /** Called after each tile. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What the network does for one of the tiles that a picture is divided into. */
export interface TileProfile {
  /** The network's input, in pixels. */
  width: number;
  height: number;
  /** How many such tiles the picture takes. */
  tiles: number;
  /** In the order they ran. */
  nodes: NodeProfile[];
}

const tilePixels = 512 ** 2;
const defaultOverlap = 16;

/**
 * Enlarges pictures by a super-resolution network.
 *
 * @example
 * const upscaler = await Upscaler.create();
 * const { data, width, height } = await upscaler.upscale(document.querySelector('img'));
 */
export class Upscaler {
  readonly #model: LoadedModel;
  readonly #network: Network;

  private constructor(model: LoadedModel, network: Network) {
    this.#model = model;
    this.#network = network;
  }

  /**
   * Loads a network [1,C,H,W] -> [1,C,sH,sW] of float32, C = 1 (luma) or 3 (colours), and finds out
   * what it takes: from the options, its metadata (`fovea.scale`, `fovea.color`, `fovea.range`,
   * `fovea.order`, `fovea.multiple`) and trials. A second input of 4 elements gets the factors.
   *
   * @param source one of the package's own `models`, or any other; `models.x2` unless given
   * @throws FoveaError as InferenceSession.create, and InvalidInput for a network of another kind
   */
  static async create(
    source: ModelSource = models.x2,
    options: UpscalerOptions = {},
  ): Promise<Upscaler> {
    checkOptions(options, 'Upscaler.create()', upscalerOptionKinds);
    const { scale, color, range, order, multiple } = options;
    const said: NetworkOptions = { scale, color, range, order, multiple };
    const { model, answer } = await LoadedModel.load(source, options, (engine, ...request) =>
      engine.call('loadNetwork', ...request, said),
    );
    return new Upscaler(model, answer);
  }

  /** How many times larger pictures become, along each axis. */
  get scale(): Readonly<Pair> {
    return this.#network.scale;
  }

  /** What the network works on: luma alone, or three colours. */
  get color(): 'luma' | 'rgb' {
    return this.#network.channels === 1 ? 'luma' : 'rgb';
  }

  /** The network's value of white. */
  get range(): 1 | 255 {
    return this.#network.range;
  }

  /**
   * Enlarges a picture. Its alpha is enlarged apart from its colours.
   *
   * @returns an ImageData; the same without that class where the platform has none (in Node)
   * @throws FoveaError InvalidInput, OutOfMemory, Aborted, SessionReleased
   */
  async upscale(source: PictureSource, options: UpscaleOptions = {}): Promise<PixelData> {
    const pixels = readPixels(source);
    const tiles = this.#tiles(pixels, options);
    const { engine } = this.#model;
    options.onProgress?.(0, tiles.length);
    const picture = engine.newId();
    const opened = this.#open(picture, pixels);
    let whole: EnlargedPicture | undefined;
    try {
      for (const [index, tile] of tiles.entries()) {
        const isLast = index === tiles.length - 1;
        const enlarging = this.#enlarge(picture, tile, isLast, options.signal);
        [, whole] = await Promise.all([opened, enlarging]);
        options.onProgress?.(index + 1, tiles.length);
      }
    } catch (error) {
      engine.call('closePicture', picture).catch(() => {});
      throw error;
    }
    const { bytes, width, height } = whole!;
    const result = toImageData({ data: new Uint8ClampedArray(bytes.buffer), width, height });
    if (options.canvas) drawPixels(result, options.canvas);
    return result;
  }

  /**
   * Tells what the network's nodes do when a picture of that size is enlarged, by running it on a
   * grey tile: how long it takes does not depend on the pixels.
   *
   * @throws FoveaError as upscale
   */
  async profile(
    picture: Readonly<{ width: number; height: number }>,
    options: Pick<UpscaleOptions, 'tile' | 'overlap' | 'signal'> = {},
  ): Promise<TileProfile> {
    const tiles = this.#tiles(picture, options);
    const [column, row] = tiles[0]!;
    const size = { x: column.extended, y: row.extended };
    const { output, range, scale } = this.#network;
    const feeds = greyFeeds(this.#network, size, range / 2, scale);
    const { nodes } = await runFeeds(this.#model, feeds, [output], options.signal, true);
    return { width: size.x, height: size.y, tiles: tiles.length, nodes: nodes.map(toNodeProfile) };
  }

  /** Gives the network's memory back, once what is under way has ended. */
  release(): Promise<void> {
    return this.#model.release();
  }

  #tiles(
    { width, height }: Pick<PixelData, 'width' | 'height'>,
    options: UpscaleOptions,
  ): [Span, Span][] {
    const { fixed, margin, multiple, scale } = this.#network;
    const { overlap, tile } = options;
    // Unpadded convolutions make nothing up at a tile's border.
    const needed = margin > 0 ? 0 : defaultOverlap;
    const along = (length: number, side: number) =>
      tilesAlong(length, {
        fixed: fixed !== undefined,
        margin,
        multiple,
        overlap: overlap ?? Math.min(needed, Math.floor(side / 4)),
        tile: side,
      });
    const [columns, rows] =
      fixed === undefined && tile === undefined
        ? fewestPixels(
            [width, height],
            { margin, multiple, overlap: overlap ?? needed },
            tilePixels,
          )
        : [along(width, fixed?.x ?? tile!), along(height, fixed?.y ?? tile!)];
    const count = columns.length * rows.length;
    if (count > 1 && !(Number.isInteger(scale.x) && Number.isInteger(scale.y))) {
      const message = `a picture enlarged ${scale.x} x ${scale.y} times cannot be computed in tiles`;
      throw new FoveaError('InvalidInput', `${message}: give a smaller one, or a larger tile`);
    }
    return rows.flatMap((row) => columns.map((column) => [column, row] as [Span, Span]));
  }

  #open(picture: number, pixels: PixelData): Promise<void> {
    const { engine } = this.#model;
    const { margin, scale, channels, range, blueFirst } = this.#network;
    const padded = withMargin(pixels, margin);
    const { width, height } = pixels;
    return engine.call('openPicture', picture, margin > 0 ? padded : engine.own(padded), {
      width,
      height,
      margin,
      outWidth: enlargedSize(width, scale.x),
      outHeight: enlargedSize(height, scale.y),
      luma: channels === 1,
      range,
      blueFirst,
    });
  }

  async #enlarge(
    picture: number,
    [column, row]: [Span, Span],
    isLast: boolean,
    signal: AbortSignal | undefined,
  ): Promise<EnlargedPicture | undefined> {
    const { engine, session } = this.#model;
    const { scale, input, output } = this.#network;
    const [left, width, insetX] = enlarged(column, scale.x);
    const [top, height, insetY] = enlarged(row, scale.y);
    return abortable(engine, signal, (job) =>
      engine.call('enlargeTile', {
        job,
        session,
        picture,
        input,
        output,
        feeds: otherFeeds(this.#network, scale),
        from: { x: column.start, y: row.start, width: column.size, height: row.size },
        extended: { x: column.extended, y: row.extended },
        inset: { x: insetX, y: insetY },
        to: { x: left, y: top, width, height },
        isLast,
      }),
    );
  }
}

/** Where a tile's part lies in the enlarged picture, how long it is there, and where in its result. */
function enlarged({ from, length, inset }: Span, scale: number): [number, number, number] {
  const start = enlargedSize(from, scale);
  return [start, enlargedSize(from + length, scale) - start, enlargedSize(inset, scale)];
}

/** As Resize computes sizes, in single precision (ONNX, Resize: floor(size * scale)). */
function enlargedSize(size: number, scale: number): number {
  return Math.floor(size * Math.fround(scale));
}
