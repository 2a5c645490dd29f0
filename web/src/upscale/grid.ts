// How a network's tiles lie over a picture, and where their results go.

import { FoveaError } from '../base/errors.js';
import type { Rectangle } from '../host/module.js';
import type { Pair } from '../network/form.js';
import { enlargedSize } from '../network/measuring.js';
import type { Network } from '../network/network.js';
import { fewestPixels, tilesAlong, type Span, type TileNeeds } from './tiles.js';

/** What is computed at once: spans along x and along y. */
export type Tile = readonly [Span, Span];

/** What the caller says of tiles. */
export interface TileOptions {
  tile: number | undefined;
  overlap: number | undefined;
}

/** Where a tile comes from and goes to. */
export interface TilePlace {
  /** The input, in the picture. */
  from: Rectangle;
  /** Where in the result the part begins that is wanted. */
  inset: Pair;
  /** Where that part goes in the enlarged picture. */
  to: Rectangle;
}

/** Pictures of fewer pixels than this square are computed at once. */
const freeSide = 512;

/** How much of a tile too small for more overlaps its neighbour. */
const largestShare = 3 / 8;

/** How far tiles overlap where no overlap is enough, in pixels. */
const endlessOverlap = 16;

/** Nothing around a pixel is seen. */
const none: Pair = { x: 0, y: 0 };

/** Whether a picture is more than one tile, whatever these overlap by. */
export function needsTiles(network: Network, picture: Pair, tile: number | undefined): boolean {
  return tileGrid(network, picture, { tile, overlap: 0 }, none).length > 1;
}

/**
 * The tiles of a picture, row by row.
 *
 * @param reach how far the network sees along each axis, by which tiles overlap unless told; Infinity:
 *   all of the picture, which is one tile then where it can be
 * @throws FoveaError InvalidInput where it cannot be divided so
 */
export function tileGrid(
  network: Network,
  picture: Pair,
  { tile, overlap }: TileOptions,
  reach: Pair,
): Tile[] {
  const { fixed } = network;
  const needs = (axis: keyof Pair) => tileNeeds(network, overlap ?? finite(reach[axis]));
  const along = (axis: keyof Pair, side: number) => {
    const chosen = overlap ?? Math.min(finite(reach[axis]), Math.floor(side * largestShare));
    return tilesAlong(picture[axis], {
      ...needs(axis),
      overlap: chosen,
      tile: side,
      fixed: fixed !== undefined,
    });
  };
  const isEndless = reach.x === Infinity || reach.y === Infinity;
  const [columns, rows] =
    fixed || tile !== undefined
      ? [along('x', fixed?.x ?? tile!), along('y', fixed?.y ?? tile!)]
      : isEndless && overlap === undefined
        ? [along('x', Infinity), along('y', Infinity)]
        : fewestPixels([picture.x, picture.y], [needs('x'), needs('y')], freeSide);
  if (columns.length * rows.length > 1) checkGrid(network, wholeStep(network.scale));
  return rows.flatMap((row) => columns.map((column) => [column, row] as const));
}

/** What tiles of a network must be. */
export function tileNeeds({ margin, multiple, rim, scale }: Network, overlap: number): TileNeeds {
  const grid = wholeStep(scale);
  // Without a grid, a picture's own pixels are the only ones whose places in the result are known.
  return { margin, multiple, rim: grid ? rim : 0, grid: grid ?? 1, overlap };
}

function finite(reach: number): number {
  return reach === Infinity ? endlessOverlap : reach;
}

/** Where tiles of a network come from and go to. */
export function placeOf({ scale, margin }: Network, [column, row]: Tile): TilePlace {
  const [left, width, insetX] = enlarged(column, scale.x, margin);
  const [top, height, insetY] = enlarged(row, scale.y, margin);
  return {
    from: { x: column.start, y: row.start, width: column.size, height: row.size },
    inset: { x: insetX, y: insetY },
    to: { x: left, y: top, width, height },
  };
}

/**
 * The smallest number of pixels that become a whole number of pixels along both axes; undefined where
 * that is more than half of a tile.
 */
export function wholeStep({ x, y }: Pair): number | undefined {
  const isWhole = (value: number) => Math.abs(value - Math.round(value)) < 1e-4;
  for (let step = 1; step <= freeSide / 2; ++step) {
    if (isWhole(step * x) && isWhole(step * y)) return step;
  }
  return undefined;
}

function checkGrid({ scale, margin, scaleInput }: Network, grid: number | undefined): void {
  if (grid !== undefined && margin % grid === 0) return;
  const why =
    grid === undefined
      ? `no whole number of pixels up to ${freeSide / 2} becomes a whole number`
      : `the network loses ${margin} pixels at borders, which is no multiple of ${grid}`;
  const advice =
    scaleInput === undefined
      ? 'give a smaller picture'
      : 'give a factor such as 1.25, 1.5 or 2, or a smaller picture';
  const message = `a picture enlarged ${scale.x} x ${scale.y} times cannot be computed in tiles`;
  throw new FoveaError('InvalidInput', `${message}, since ${why}: ${advice}`);
}

/** Where a tile's part lies in the enlarged picture, how long it is there, and where in its result. */
function enlarged(
  { start, from, length }: Span,
  scale: number,
  margin: number,
): [number, number, number] {
  const begin = enlargedSize(from, scale);
  const origin = Math.round((start + margin) * scale);
  return [begin, enlargedSize(from + length, scale) - begin, begin - origin];
}
