import { FoveaError } from '../base/errors.js';

/** One tile along one axis, in pixels of the picture before enlargement. */
export interface Span {
  /** Where the network's input begins; before 0, in what the picture is continued by. */
  start: number;
  /** How long the network's input is. */
  size: number;
  /** Where the part that this tile is for begins, in the picture. */
  from: number;
  /** How long that part is. */
  length: number;
}

/** What tiles along one axis must be. */
export interface TileRules {
  /** The longest input, not counting what lies beyond the picture; or the only one where `fixed`. */
  tile: number;
  /** Whether the network takes this size only. */
  fixed: boolean;
  /** Sizes must be multiples of this. */
  multiple: number;
  /** Pixels at both ends of a tile whose result is not used where there is a neighbour. */
  overlap: number;
  /** Pixels at both ends of an input that its result lacks: the network's unpadded convolutions. */
  margin: number;
  /** Pixels beyond the picture's borders that a network is to see besides. */
  rim: number;
  /** Tiles begin at multiples of this, which are whole pixels when enlarged. */
  grid: number;
}

/** The rules that hold whatever the size. */
export type TileNeeds = Omit<TileRules, 'tile' | 'fixed'>;

/**
 * Divides an axis of a picture into tiles that overlap.
 *
 * Every tile has its true neighbourhood, and beyond the picture's borders its continuation, of which a
 * network of one size sees less rather than being run once more.
 *
 * @throws FoveaError InvalidInput when the overlap leaves nothing of a tile
 */
export function tilesAlong(length: number, rules: TileRules): Span[] {
  return wholeAlong(length, rules) ?? manyAlong(length, rules);
}

/** The one tile that is all of the axis, if it is short enough. */
function wholeAlong(length: number, rules: TileRules): Span[] | undefined {
  const { tile, fixed, margin, multiple, grid } = rules;
  const part = { from: 0, length };
  if (!fixed) {
    if (roundUp(length + 2 * margin, multiple) > tile) return undefined;
    const edge = edgeOf(rules);
    return [{ start: 0 - edge, size: roundUp(length + 2 * edge, multiple), ...part }];
  }
  const spare = tile - length;
  const edge = Math.min(edgeOf(rules), roundDown(Math.max(spare / 2, 0), grid));
  return edge >= margin && spare - edge >= margin
    ? [{ start: 0 - edge, size: tile, ...part }]
    : undefined;
}

function manyAlong(length: number, rules: TileRules): Span[] {
  const { tile, fixed, multiple, overlap } = rules;
  const longest = fixed ? tile : roundDown(tile, multiple);
  if (stepOf(longest, rules) < 1) {
    const step = alignment(rules);
    const besides = step > 1 ? ` and begin at multiples of ${step}` : '';
    const more = fixed ? 'give a smaller overlap' : 'give a smaller overlap or a larger tile';
    const message = `tiles of ${tile} pixels are too small to overlap by ${overlap}${besides}: ${more}`;
    throw new FoveaError('InvalidInput', message);
  }
  const count = countOf(length, longest, rules);
  const size = fixed ? longest : evenTile(length, count, rules);
  const edge = edgeOf(rules);
  const last = roundUp(Math.max(length + 2 * edge - size, 0), alignment(rules)) - edge;
  const startOf = (index: number) => Math.min(index * stepOf(size, rules) - edge, last);
  const fromOf = (index: number) => (index === 0 ? 0 : startOf(index - 1) + size - unused(rules));
  return Array.from({ length: count }, (_, index) => {
    const from = fromOf(index);
    const end = index === count - 1 ? length : fromOf(index + 1);
    return { start: startOf(index), size, from, length: end - from };
  });
}

/**
 * The tiles of at most side x side pixels that make a picture the least work, given that what overlaps
 * is computed twice: their spans along x and along y. What lies beyond the picture does not count.
 */
export function fewestPixels(
  [width, height]: readonly [number, number],
  [needsX, needsY]: readonly [TileNeeds, TileNeeds],
  side: number,
): [Span[], Span[]] {
  const alongX = (tile: number) => tilesAlong(width, { ...needsX, tile, fixed: false });
  const alongY = (tile: number) => tilesAlong(height, { ...needsY, tile, fixed: false });
  const pixels = side ** 2;
  // Less would be nothing but overlap.
  const least = Math.max(side / 2, 2 * unused(needsY) + alignment(needsY));
  let best: [Span[], Span[]] | undefined;
  for (let columns = 1; columns <= Math.ceil((2 * width) / side); ++columns) {
    const longest =
      columns === 1
        ? roundUp(width + 2 * needsX.margin, needsX.multiple)
        : evenTile(width, columns, needsX);
    const highest = Math.floor(pixels / longest);
    if (highest < Math.min(least, height + 2 * needsY.margin)) continue;
    const grid: [Span[], Span[]] = [alongX(longest), alongY(highest)];
    if (best === undefined || areaOf(grid) < areaOf(best)) best = grid;
  }
  return best ?? [alongX(side), alongY(side)];
}

/**
 * A span as two, each of which sees as much around its part; undefined where a network of that multiple
 * and grid has no smaller tiles.
 */
export function halved(span: Span, needs: TileNeeds): [Span, Span] | undefined {
  const step = alignment(needs);
  const cut = roundUp(span.length / 2, step);
  if (cut >= span.length) return undefined;
  const first = {
    ...span,
    length: cut,
    size: roundUp(span.size - (span.length - cut), needs.multiple),
  };
  const second = {
    start: span.start + cut,
    size: span.size - cut,
    from: span.from + cut,
    length: span.length - cut,
  };
  return [first, second];
}

function areaOf([columns, rows]: [Span[], Span[]]): number {
  return columns.length * columns[0]!.size * rows.length * rows[0]!.size;
}

/** How far tiles reach beyond the picture. */
function edgeOf({ rim, margin, grid }: TileNeeds): number {
  return roundUp(rim + margin, grid);
}

/** Pixels at both ends of a tile whose result is not used or not there. */
function unused(needs: TileNeeds): number {
  return Math.max(needs.overlap + needs.margin, edgeOf(needs));
}

/** Tiles of a network with windows or strides lie as those windows do. */
function alignment({ multiple, grid }: TileNeeds): number {
  return leastCommonMultiple(multiple, grid);
}

/** By how much a tile begins after the one before. */
function stepOf(size: number, needs: TileNeeds): number {
  return roundDown(size - 2 * unused(needs), alignment(needs));
}

/** How many tiles of a size there are. */
function countOf(length: number, size: number, needs: TileNeeds): number {
  return 1 + Math.ceil(Math.max(length + 2 * edgeOf(needs) - size, 0) / stepOf(size, needs));
}

/** The smallest tile of which `count` suffice, so that the last has no less to do than the others. */
function evenTile(length: number, count: number, needs: TileNeeds): number {
  const { multiple } = needs;
  const ends = 2 * unused(needs);
  const least = Math.ceil((length + 2 * edgeOf(needs) - ends) / count) + ends;
  let size = roundUp(Math.max(least, ends + alignment(needs)), multiple);
  while (countOf(length, size, needs) > count) size += multiple;
  return size;
}

function leastCommonMultiple(a: number, b: number): number {
  let [divisor, rest] = [a, b];
  while (rest > 0) [divisor, rest] = [rest, divisor % rest];
  return (a / divisor) * b;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function roundDown(value: number, multiple: number): number {
  return Math.floor(value / multiple) * multiple;
}
