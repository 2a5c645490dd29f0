import {
  abortSignal,
  callback,
  checkOptions,
  oneOf,
  wholeFrom,
  type OptionKind,
  type OptionKinds,
} from '../base/check-options.js';
import { greyFeeds, otherFeeds, type NetworkOptions, type Pair } from '../host/forms.js';
import type { Network } from '../host/network.js';
import type { RunReply } from '../host/sessions.js';
import type { EnlargedPicture } from '../host/pictures.js';
import { defaultModel } from '../default-model.js';
import type { FeedData } from '../host/feeding.js';
import { FoveaError, messageOf } from '../base/errors.js';
import { described, isRecord } from '../base/kinds.js';
import { abortable, LoadedModel } from '../session/model.js';
import { toNodeProfile, type NodeProfile } from '../session/profile.js';
import { loadOptionKinds, type LoadOptions } from '../source/reading.js';
import type { ModelSource } from '../source/source.js';
import { checkTargetSize, drawPixels, targetContext, type Context } from '../pictures/canvas.js';
import { needsTiles, placeOf, tileGrid, wholeStep, type Tile } from './grid.js';
import { measureLocality, type Locality } from './locality.js';
import {
  readPicture,
  toImageData,
  type ColorSpace,
  type PictureSource,
  type PixelData,
  type ReadPicture,
} from '../pictures/pictures.js';
import { enlargedOrThrow } from './sizes.js';
import { untilAborted } from '../base/until-aborted.js';

/** How a network is loaded and what is known of it. */
export interface UpscalerOptions extends LoadOptions, NetworkOptions {}

const factor: OptionKind = {
  takes: 'a number above 0, or { x, y } of such',
  accepts: (value) =>
    isFactor(value) || (isRecord(value) && isFactor(value.x) && isFactor(value.y)),
};

const upscalerOptionKinds: OptionKinds<UpscalerOptions> = {
  ...loadOptionKinds,
  scale: factor,
  color: oneOf('luma', 'rgb'),
  range: oneOf(1, 255),
  order: oneOf('rgb', 'bgr'),
  multiple: wholeFrom(1),
};

/** How a picture is enlarged. */
export interface UpscaleOptions {
  /** Draws the result there too, to whose size the canvas is set. It must have a 2d context or none. */
  canvas?: HTMLCanvasElement | OffscreenCanvas | undefined;
  /**
   * The longest side of what is computed at once, in pixels of the source; unless given, sides are
   * those of 512 x 512 pixels that make the least work, or, for a network that looks at the whole
   * picture, all of it.
   */
  tile?: number | undefined;
  /**
   * Pixels beyond its part that a tile sees on each side: unless given, as far as the network sees
   * (`locality()`), or three eighths of a small tile. Results are those without tiles if that is
   * enough.
   */
  overlap?: number | undefined;
  /**
   * The colours of the result, and of what is drawn to be read (files, images, videos); unless given,
   * those of the source where it tells (ImageData, canvases), else sRGB.
   */
  colorSpace?: ColorSpace | undefined;
  /** Stops it; the promise rejects with code Aborted and the upscaler stays usable. */
  signal?: AbortSignal | undefined;
  /** Called after each tile. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

type ProfileOptions = Pick<UpscaleOptions, 'tile' | 'overlap' | 'signal'>;

const profileOptionKinds: OptionKinds<ProfileOptions> = {
  tile: wholeFrom(1),
  overlap: wholeFrom(0),
  signal: abortSignal,
};

const upscaleOptionKinds: OptionKinds<UpscaleOptions> = {
  ...profileOptionKinds,
  canvas: {
    takes: 'a canvas',
    accepts: (value) =>
      typeof (value as Partial<OffscreenCanvas> | null)?.getContext === 'function',
  },
  colorSpace: oneOf('srgb', 'display-p3'),
  onProgress: callback,
};

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
  #locality: Locality | undefined;

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
   * @throws FoveaError as InferenceSession.create, and InvalidInput for a network of another kind or one
   *   that is not what the options say
   */
  static async create(
    source: ModelSource = defaultModel(),
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
   * Enlarges a picture. Its alpha is enlarged apart from its colours. Beyond its borders the network
   * sees its outermost pixels repeated.
   *
   * The pictures that an engine is given are read and enlarged one after the other, so that those that
   * wait take no memory: leave a source as it is until its promise settles.
   *
   * @returns an ImageData of bytes in the colour space of the source, of whatever depth that is; the
   *   same without that class where the platform has none (in Node)
   * @throws FoveaError InvalidInput, NetworkError, OutOfMemory, Aborted, SessionReleased
   */
  async upscale(source: PictureSource, options: UpscaleOptions = {}): Promise<PixelData> {
    checkOptions(options, 'upscale()', upscaleOptionKinds);
    return this.#inTurn(options.signal, async (session) => {
      const { canvas, colorSpace, signal } = options;
      const pixels = await untilAborted(signal, () => readPicture(source, { colorSpace, signal }));
      const target = canvas && targetContext(canvas, pixels.colorSpace);
      const size = this.#enlargedSize(pixels, pixels.deep ? 4 : 1, target);
      const tiles = await this.#tiles(session, pixels, options);
      const { bytes } = await this.#enlargeAll(session, pixels, size, tiles, options);
      const result = toImageData({
        data: new Uint8ClampedArray(bytes.buffer),
        width: size.x,
        height: size.y,
        colorSpace: pixels.colorSpace,
      });
      if (target) drawPixels(result as ImageData, target);
      return result;
    });
  }

  /**
   * Tells what the network's nodes do when a picture of that size is enlarged, by running it on a
   * grey tile: how long it takes does not depend on the pixels.
   *
   * @throws FoveaError as upscale
   */
  async profile(
    picture: Readonly<{ width: number; height: number }>,
    options: ProfileOptions = {},
  ): Promise<TileProfile> {
    checkOptions(options, 'profile()', profileOptionKinds);
    checkSize(picture);
    return this.#inTurn(options.signal, async (session) => {
      this.#enlargedSize(picture, 1, undefined);
      const tiles = await this.#tiles(session, picture, options);
      const [column, row] = tiles[0]!;
      const size = { x: column.size, y: row.size };
      const { range, scale } = this.#network;
      const feeds = greyFeeds(this.#network, size, range / 2, scale);
      const { nodes } = await this.#run(session, feeds, options.signal, true);
      return {
        width: size.x,
        height: size.y,
        tiles: tiles.length,
        nodes: nodes.map(toNodeProfile),
      };
    });
  }

  /**
   * Tells how far the network sees, by which tiles overlap unless told; the first time by two runs on
   * noise.
   *
   * @throws FoveaError as upscale
   */
  async locality(): Promise<Locality> {
    return this.#locality ?? this.#inTurn(undefined, (session) => this.#measured(session));
  }

  /** Gives the network's memory back, once the pictures that are under way or wait are done. */
  release(): Promise<void> {
    return this.#model.release();
  }

  /** Does work whose memory is not there for two at once. */
  #inTurn<T>(signal: AbortSignal | undefined, work: (session: number) => Promise<T>): Promise<T> {
    return this.#model.operation((session) =>
      this.#model.engine.inTurn(signal, () => work(session)),
    );
  }

  /** Throws unless there is room for the result. */
  #enlargedSize(
    { width, height }: Pick<ReadPicture, 'width' | 'height'>,
    component: number,
    target: Context | undefined,
  ): Pair {
    const { channels, scale } = this.#network;
    const size = enlargedOrThrow({ width, height, component, luma: channels === 1 }, scale);
    if (target) checkTargetSize(size.x, size.y);
    return size;
  }

  async #tiles(
    session: number,
    { width, height }: Pick<ReadPicture, 'width' | 'height'>,
    { overlap, tile, signal }: ProfileOptions,
  ): Promise<Tile[]> {
    const size = { x: width, y: height };
    const isBlind = overlap !== undefined || !needsTiles(this.#network, size, tile);
    const reach = isBlind ? 0 : (await this.#measured(session, signal)).reach;
    return tileGrid(this.#network, size, { tile, overlap }, reach);
  }

  async #measured(session: number, signal?: AbortSignal): Promise<Locality> {
    if (this.#locality) return this.#locality;
    const { multiple, scale } = this.#network;
    const grid = multiple * (wholeStep(scale) ?? 1);
    this.#locality = await measureLocality(this.#network, grid, async (feeds) => {
      const { outputs } = await this.#run(session, feeds, signal, false);
      const { dims, data } = outputs[0]!;
      return { dims, data: new Float32Array((data as Uint8Array<ArrayBuffer>).buffer) };
    });
    return this.#locality;
  }

  #run(
    session: number,
    feeds: FeedData[],
    signal: AbortSignal | undefined,
    profiled: boolean,
  ): Promise<RunReply> {
    const { engine } = this.#model;
    const fetches = [this.#network.output];
    return abortable(engine, signal, (job) =>
      engine.call('run', { job, session, feeds, fetches, profiled }),
    );
  }

  async #enlargeAll(
    session: number,
    pixels: ReadPicture,
    size: Pair,
    tiles: readonly Tile[],
    { onProgress, signal }: UpscaleOptions,
  ): Promise<EnlargedPicture> {
    const { engine } = this.#model;
    tell(onProgress, 0, tiles.length);
    const picture = engine.newId();
    const opened = this.#open(picture, pixels, size);
    let whole: EnlargedPicture | undefined;
    try {
      for (const [index, tile] of tiles.entries()) {
        const isLast = index === tiles.length - 1;
        const enlarging = this.#enlarge(session, picture, tile, isLast, signal);
        [, whole] = await Promise.all([opened, enlarging]);
        tell(onProgress, index + 1, tiles.length);
      }
    } catch (error) {
      // What the engine could not open or has given already is not there to be closed.
      await engine.call('closePicture', picture).catch(() => {});
      throw error;
    }
    return whole!;
  }

  #open(picture: number, pixels: ReadPicture, size: Pair): Promise<void> {
    const { engine } = this.#model;
    const { channels, range, blueFirst } = this.#network;
    const { width, height, deep, bytes, owned } = pixels;
    return engine.call('openPicture', picture, owned ? bytes : engine.own(bytes), {
      width,
      height,
      deep,
      outWidth: size.x,
      outHeight: size.y,
      luma: channels === 1,
      range,
      blueFirst,
    });
  }

  #enlarge(
    session: number,
    picture: number,
    tile: Tile,
    isLast: boolean,
    signal: AbortSignal | undefined,
  ): Promise<EnlargedPicture | undefined> {
    const { engine } = this.#model;
    const { scale, input, output } = this.#network;
    return abortable(engine, signal, (job) =>
      engine.call('enlargeTile', {
        job,
        session,
        picture,
        input,
        output,
        feeds: otherFeeds(this.#network, scale),
        ...placeOf(this.#network, tile),
        isLast,
      }),
    );
  }
}

function isFactor(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value < Infinity;
}

function checkSize(picture: unknown): void {
  const { width, height } = (picture ?? {}) as Partial<PixelData>;
  const isLength = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
  if (isLength(width) && isLength(height)) return;
  const what = width === undefined ? described(picture) : `${width} x ${String(height)}`;
  const message = `a picture's size is { width, height }, whole numbers above 0, not ${what}`;
  throw new FoveaError('InvalidInput', message);
}

function tell(onProgress: UpscaleOptions['onProgress'], done: number, total: number): void {
  try {
    onProgress?.(done, total);
  } catch (cause) {
    throw new FoveaError('InvalidInput', `onProgress threw: ${messageOf(cause)}`, {}, { cause });
  }
}
