import { FoveaError } from '../errors.js';

/** One tile along one axis, in pixels of the picture before enlargement. */
export interface Span {
  /** Where the network's input begins, in the picture with its margins. */
  start: number;
  /** How many pixels of the picture it has. */
  size: number;
  /** To how many it is extended by repeating the last. */
  extended: number;
  /** Where the part that this tile is for begins, in the picture. */
  from: number;
  /** How long that part is. */
  length: number;
  /** How far into the tile's own result it begins. */
  inset: number;
}

/** What tiles along one axis must be. */
export interface TileRules {
  /** The longest input, or the only one where `fixed`. */
  tile: number;
  /** Whether the network takes this size only. */
  fixed: boolean;
  /** Sizes must be multiples of this. */
  multiple: number;
  /** Pixels at both ends of a tile whose result is not used where there is a neighbour. */
  overlap: number;
  /** Pixels at both ends of an input that its result lacks: the network's unpadded convolutions. */
  margin: number;
}

/**
 * Divides an axis of a picture into tiles that overlap.
 *
 * Every tile has its true neighbourhood: at the picture's borders the network pads as it would for
 * the whole picture, and the last tile begins earlier rather than having less context.
 *
 * @throws FoveaError InvalidInput when the overlap leaves nothing of a tile
 */
export function tilesAlong(length: number, rules: TileRules): Span[] {
  const { margin, overlap, fixed, multiple } = rules;
  const padded = length + 2 * margin;
  if (padded <= rules.tile) {
    const extended = fixed ? rules.tile : roundUp(padded, multiple);
    return [{ start: 0, size: padded, extended, from: 0, length, inset: 0 }];
  }
  const most = (fixed ? rules.tile : Math.floor(rules.tile / multiple) * multiple) - 2 * margin;
  if (most <= 2 * overlap) {
    const message = `tiles of ${rules.tile} pixels are too small to overlap by ${overlap}`;
    throw new FoveaError('InvalidInput', message);
  }
  const count = Math.ceil((length - 2 * overlap) / (most - 2 * overlap));
  const tile = fixed ? most : evenTile(length, count, rules);
  return Array.from({ length: count }, (_, index) => {
    const start = Math.min(index * (tile - 2 * overlap), Math.max(0, length - tile));
    const from = index === 0 ? 0 : (index - 1) * (tile - 2 * overlap) + tile - overlap;
    const end = index === count - 1 ? length : start + tile - overlap;
    const size = Math.min(tile, length) + 2 * margin;
    return {
      start,
      size,
      extended: tile + 2 * margin,
      from,
      length: end - from,
      inset: from - start,
    };
  });
}

/**
 * The tiles of at most `pixels` that make a picture the least work, given that what overlaps is
 * computed twice: their spans along x and along y.
 */
export function fewestPixels(
  [width, height]: readonly [number, number],
  rules: Omit<TileRules, 'tile' | 'fixed'>,
  pixels: number,
): [Span[], Span[]] {
  const side = Math.sqrt(pixels);
  const along = (length: number, tile: number) =>
    tilesAlong(length, { ...rules, tile, fixed: false });
  // Less would be nothing but overlap.
  const least = Math.max(side / 2, 2 * (rules.margin + rules.overlap) + rules.multiple);
  let best: [Span[], Span[]] | undefined;
  for (let columns = 1; columns <= Math.ceil((2 * width) / side); ++columns) {
    const longest = evenTile(width, columns, rules) + 2 * rules.margin;
    const highest = Math.floor(pixels / longest);
    if (highest < Math.min(least, height + 2 * rules.margin)) continue;
    const grid: [Span[], Span[]] = [along(width, longest), along(height, highest)];
    if (best === undefined || areaOf(grid) < areaOf(best)) best = grid;
  }
  return best ?? [along(width, side), along(height, side)];
}

function areaOf([columns, rows]: [Span[], Span[]]): number {
  return columns.length * columns[0]!.extended * rows.length * rows[0]!.extended;
}

/** The smallest tile of which `count` suffice, so that the last has no less to do than the others. */
function evenTile(
  length: number,
  count: number,
  { overlap, margin, multiple }: Pick<TileRules, 'overlap' | 'margin' | 'multiple'>,
): number {
  const needed = Math.ceil((length - 2 * overlap) / count) + 2 * overlap;
  return roundUp(needed + 2 * margin, multiple) - 2 * margin;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
