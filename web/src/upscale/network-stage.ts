import { FoveaError } from '../base/errors.js';
import type { Pair } from '../network/form.js';
import { enlargedSize } from '../network/measuring.js';
import type { Network } from '../network/network.js';
import type { Picture } from '../pictures/picture.js';
import type { Pixels } from '../pictures/pixels.js';
import { nextJob } from '../session/model.js';
import { Blender } from './blending.js';
import { CroppedPicture } from './cropped-picture.js';
import type { Enlarger, TileSource } from './enlarger.js';
import {
  needsTiles,
  placeOf,
  tileGrid,
  tileNeeds,
  wholeStep,
  type Tile,
  type TileOptions,
} from './grid.js';
import { around, computePieces, type Part, type Piece, type Running, type Stage } from './stage.js';
import { halved, type Span } from './tiles.js';

/** How a network is to make its tiles. */
export interface NetworkWork extends TileOptions {
  enlarger: Enlarger;
  session: number;
  /** As the enlarger's, with this picture's other inputs. */
  network: Network;
  /** The flips and turns whose results are averaged. */
  orientations: readonly number[];
}

interface NetworkPiece extends Piece {
  tile: Tile;
}

/** A network that enlarges a picture of that size, tile by tile. */
export async function networkStage(
  work: NetworkWork,
  picture: Pair,
  signal: AbortSignal | undefined,
): Promise<Stage> {
  const size = enlargedOrThrow(picture, work.network.scale);
  const { tiles, blends } = await tilesFor(work, picture, signal);
  const Kind = blends ? WholeStage : TiledStage;
  return new Kind(work, picture, size, tiles);
}

/**
 * The tiles of a picture, which overlap as far as the network sees unless told, and whether they have to
 * blend. How far it sees is asked only where there is more than one.
 */
export async function tilesFor(
  { enlarger, network, overlap, session, tile }: Omit<NetworkWork, 'orientations'>,
  picture: Pair,
  signal: AbortSignal | undefined,
): Promise<{ tiles: Tile[]; blends: boolean }> {
  const options = { tile, overlap };
  if (overlap !== undefined || !needsTiles(network, picture, tile)) {
    return { tiles: tileGrid(network, picture, options, { x: 0, y: 0 }), blends: false };
  }
  const { isLocal, reach } = await enlarger.locality(session, signal);
  const along = { x: Math.max(reach.left, reach.right), y: Math.max(reach.top, reach.bottom) };
  return { tiles: tileGrid(network, picture, options, along), blends: !isLocal };
}

/** Tiles that know nothing of each other. */
class TiledStage implements Stage {
  readonly size: Pair;
  protected readonly picture: Pair;
  protected readonly work: NetworkWork;
  protected readonly tiles: readonly Tile[];
  /** The fewest pixels of a tile for which there was no memory. */
  #tooMany = Infinity;

  constructor(work: NetworkWork, picture: Pair, size: Pair, tiles: readonly Tile[]) {
    this.work = work;
    this.picture = picture;
    this.size = size;
    this.tiles = tiles;
  }

  get count(): number {
    return this.tiles.length;
  }

  parts(picture: Picture, running: Running): AsyncGenerator<Part, void> {
    return this.partsOf(this.tiles, picture, running);
  }

  protected partsOf(
    tiles: readonly Tile[],
    picture: Picture,
    running: Running,
  ): AsyncGenerator<Part, void> {
    const pieces = tiles.map((tile): NetworkPiece => {
      const { from, to } = placeOf(this.work.network, tile);
      return { tile, to, window: around(from, this.#surroundings(tile), this.picture) };
    });
    const { signal } = running;
    return computePieces(picture, pieces, running, ({ tile, window }, pixels) =>
      this.#enlarged(tile, this.#source(window, pixels), signal),
    );
  }

  /**
   * What is to be read around a network's input: what chroma and alpha are made of, which are enlarged
   * by four pixels of the source or more, visible pixels whose colours hidden ones take, and what is
   * mirrored beyond the border.
   */
  #surroundings([column, row]: Tile): Pair {
    const { border, scale } = this.work.network;
    const along = ({ start, size, from }: Span, factor: number, length: number) => {
      const filtered = Math.ceil(2 * Math.max(1, 1 / factor)) + 1;
      const seen = start < 0 ? 0 : from - start;
      const mirrored = border === 'reflect' ? Math.max(-start, start + size - length) : 0;
      return Math.max(filtered, seen, mirrored);
    };
    return {
      x: along(column, scale.x, this.picture.x),
      y: along(row, scale.y, this.picture.y),
    };
  }

  #source(window: TileSource['window'], pixels: Pixels): TileSource {
    return { window, pixels, picture: this.picture, enlarged: this.size };
  }

  /** A tile, in halves where there is no memory for all of it. */
  async #enlarged(tile: Tile, source: TileSource, signal?: AbortSignal): Promise<Pixels> {
    const { enlarger, network, session } = this.work;
    const pixels = tile[0].size * tile[1].size;
    const halves = pixels < this.#tooMany ? undefined : this.#halves(tile);
    if (halves) return this.#joined(tile, halves, source, signal);
    try {
      return await enlarger.enlarge(session, source, placeOf(network, tile), this.work, signal);
    } catch (error) {
      const smaller = isOutOfMemory(error) ? this.#halves(tile) : undefined;
      if (!smaller) throw error;
      this.#tooMany = Math.min(this.#tooMany, pixels);
      await enlarger.model.engine.call('trim', nextJob(), session);
      return this.#joined(tile, smaller, source, signal);
    }
  }

  #halves([column, row]: Tile): [Tile, Tile] | undefined {
    const { network, overlap = 0 } = this.work;
    if (network.fixed || wholeStep(network.scale) === undefined) return undefined;
    const needs = tileNeeds(network, overlap);
    const across = column.size >= row.size ? halved(column, needs) : undefined;
    if (across)
      return [
        [across[0], row],
        [across[1], row],
      ];
    const down = halved(row, needs);
    return (
      down && [
        [column, down[0]],
        [column, down[1]],
      ]
    );
  }

  async #joined(
    tile: Tile,
    halves: readonly Tile[],
    source: TileSource,
    signal?: AbortSignal,
  ): Promise<Pixels> {
    const { x, y, width, height } = placeOf(this.work.network, tile).to;
    const Row = source.pixels.data.constructor as typeof Float32Array;
    const data = new Row(4 * width * height);
    for (const half of halves) {
      const { to } = placeOf(this.work.network, half);
      const pixels = await this.#enlarged(half, source, signal);
      for (let row = 0; row < to.height; ++row) {
        const from = pixels.data.subarray(4 * row * to.width, 4 * (row + 1) * to.width);
        data.set(from, 4 * ((to.y - y + row) * width + to.x - x));
      }
    }
    return { data, width, height };
  }
}

/** Of a network that looks at all of the picture: as a whole if there is memory, else tiles that blend. */
class WholeStage extends TiledStage {
  override async *parts(picture: Picture, running: Running): AsyncGenerator<Part, void> {
    let tiles = this.tiles;
    if (tiles.length === 1) {
      // What has been read may be read again.
      const all = { x: 0, y: 0, width: this.picture.x, height: this.picture.y };
      try {
        yield* this.partsOf(tiles, new CroppedPicture(picture, all), running);
        return;
      } catch (error) {
        if (!isOutOfMemory(error) || this.work.network.fixed) throw error;
        tiles = this.#smaller();
      }
    }
    yield* this.#blended(tiles, picture, running);
  }

  /** Tiles that are computed where the whole cannot be. */
  #smaller(): Tile[] {
    const tile = Math.ceil(Math.max(this.picture.x, this.picture.y) / 2);
    const everywhere = { x: Infinity, y: Infinity };
    return tileGrid(this.work.network, this.picture, { tile, overlap: undefined }, everywhere);
  }

  async *#blended(
    tiles: readonly Tile[],
    picture: Picture,
    running: Running,
  ): AsyncGenerator<Part, void> {
    const { margin, rim, scale } = this.work.network;
    // What borders change of a tile must not show, be it ever so little.
    const unseen = margin + rim;
    const grid = wholeStep(scale) ?? 1;
    const [first] = tiles as [Tile];
    const columns = sharing(
      tiles.filter(([, row]) => row === first[1]).map(([column]) => column),
      unseen,
      grid,
    );
    const rows = sharing(
      tiles.filter(([column]) => column === first[0]).map(([, row]) => row),
      unseen,
      grid,
    );
    const overlapping = rows.flatMap((row) => columns.map((column) => [column, row] as const));
    const spans = overlapping.map(([column, row]): Tile => [column.span, row.span]);
    const blender = new Blender();
    let index = 0;
    for await (const part of this.partsOf(spans, picture, running)) {
      const [column, row] = overlapping[index++]!;
      const [across, down] = [sharedIn(column, scale.x), sharedIn(row, scale.y)];
      yield blender.blend({
        ...part,
        shared: { x: across.shared, y: down.shared },
        again: { x: across.again, y: down.again },
      });
    }
  }
}

/** A span whose part begins in that of the span before. */
interface SharedSpan {
  span: Span;
  /** How many pixels of the picture are in both, at its beginning and at its end. */
  shared: number;
  again: number;
}

/** Spans whose parts reach back over all that they see but for so many pixels at their borders. */
function sharing(spans: readonly Span[], unseen: number, grid: number): SharedSpan[] {
  const shared = spans.map(({ start, from }, index) => {
    if (index === 0) return 0;
    const seen = Math.min(from - start - unseen, spans[index - 1]!.length);
    return Math.max(Math.floor(seen / grid) * grid, 0);
  });
  return spans.map((span, index) => ({
    span: { ...span, from: span.from - shared[index]!, length: span.length + shared[index]! },
    shared: shared[index]!,
    again: shared[index + 1] ?? 0,
  }));
}

/** What spans share, in pixels of the result. */
function sharedIn({ span, shared, again }: SharedSpan, scale: number): Omit<SharedSpan, 'span'> {
  const { from, length } = span;
  const end = enlargedSize(from + length, scale);
  return {
    shared: enlargedSize(from + shared, scale) - enlargedSize(from, scale),
    again: end - enlargedSize(from + length - again, scale),
  };
}

function enlargedOrThrow(picture: Pair, scale: Pair): Pair {
  const size = { x: enlargedSize(picture.x, scale.x), y: enlargedSize(picture.y, scale.y) };
  if (size.x > 0 && size.y > 0) return size;
  const message = `${picture.x} x ${picture.y} pixels become ${size.x} x ${size.y}: none`;
  throw new FoveaError('InvalidInput', message);
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof FoveaError && error.code === 'OutOfMemory';
}
