import { describe, expect, test } from '@jest/globals';
import { fewestPixels, tilesAlong, type TileRules } from '../src/upscale/tiles.js';

const rules: TileRules = {
  tile: 32,
  fixed: false,
  multiple: 1,
  overlap: 4,
  margin: 0,
  rim: 0,
  grid: 1,
};

const cases: [string, TileRules][] = [
  ['free tiles', rules],
  ['one fixed size', { ...rules, fixed: true }],
  ['sizes of multiples', { ...rules, multiple: 8 }],
  ['valid convolutions', { ...rules, margin: 3, overlap: 0 }],
  ['valid convolutions of one size', { ...rules, margin: 3, overlap: 0, fixed: true }],
  ['valid convolutions and multiples', { ...rules, margin: 3, overlap: 2, multiple: 4 }],
  ['a rim', { ...rules, rim: 3 }],
  ['a rim wider than the overlap', { ...rules, rim: 7 }],
  ['a rim of one size', { ...rules, rim: 3, fixed: true }],
  ['a rim, valid convolutions and multiples', { ...rules, rim: 2, margin: 2, multiple: 4 }],
  ['factors of thirds', { ...rules, rim: 2, grid: 3 }],
  ['factors of thirds, and multiples', { ...rules, rim: 2, grid: 3, multiple: 4 }],
  ['factors of thirds, of one size', { ...rules, rim: 2, grid: 3, fixed: true }],
];

describe.each(cases)('tiles: %s', (_, needs) => {
  const { tile, fixed, multiple, overlap, margin, rim, grid } = needs;
  const lengths = Array.from({ length: 60 }, (_, i) => (i < 40 ? i + 1 : 6 * i - 200));
  const tiled = lengths.map((length) => [length, tilesAlong(length, needs)] as const);

  test('cover a picture once, in order', () => {
    for (const [length, spans] of tiled) {
      let next = 0;
      for (const { from, length: part } of spans) {
        expect(from).toBe(next);
        expect(part).toBeGreaterThan(0);
        next += part;
      }
      expect(next).toBe(length);
    }
  });

  test('are of a size that the network takes, all of the same', () => {
    for (const [, spans] of tiled) {
      for (const { size } of spans) {
        expect(size % multiple).toBe(0);
        expect(size).toBe(spans[0]!.size);
        if (fixed) expect(size).toBe(tile);
        else if (spans.length > 1) expect(size).toBeLessThanOrEqual(tile);
      }
    }
  });

  test('begin where the enlarged picture has whole pixels, as windows of multiples do', () => {
    for (const [, spans] of tiled) {
      for (const { start } of spans) {
        expect(Math.abs(start % grid)).toBe(0);
        expect(Math.abs((start - spans[0]!.start) % multiple)).toBe(0);
      }
    }
  });

  test('see the overlap on both sides, or beyond the border as far as they are to', () => {
    for (const [length, spans] of tiled) {
      const beyond = fixed && spans.length === 1 ? margin : margin + rim;
      for (const { start, size, from, length: part } of spans) {
        const [before, after] = [from - start, start + size - (from + part)];
        expect(before).toBeGreaterThanOrEqual(from === 0 ? beyond : margin + overlap);
        expect(after).toBeGreaterThanOrEqual(from + part === length ? beyond : margin + overlap);
      }
    }
  });
});

test('a picture that fits is one tile', () => {
  expect(tilesAlong(32, rules)).toHaveLength(1);
  expect(tilesAlong(33, rules)).toHaveLength(2);
});

test('what lies beyond the picture does not count', () => {
  expect(tilesAlong(32, { ...rules, rim: 5 })).toEqual([
    { start: -5, size: 42, from: 0, length: 32 },
  ]);
  expect(tilesAlong(33, { ...rules, rim: 5 })).toHaveLength(2);
});

test('a network of one size sees less of it rather than being run once more', () => {
  const fixed = { ...rules, rim: 5, fixed: true };
  expect(tilesAlong(28, fixed)).toEqual([{ start: -2, size: 32, from: 0, length: 28 }]);
  expect(tilesAlong(32, fixed)).toEqual([{ start: 0, size: 32, from: 0, length: 32 }]);
});

test('tiles are of even size rather than one nearly without work', () => {
  const [first, second] = tilesAlong(33, rules);
  expect(first!.size).toBe(second!.size);
  expect(first!.size).toBeLessThan(25);
});

test('tiles that would be nothing but overlap are refused', () => {
  expect(() => tilesAlong(33, { ...rules, overlap: 16 })).toThrow('too small to overlap by 16');
});

describe('tiles of least work', () => {
  const both = (needs: TileRules) => [needs, needs] as const;
  const side = 64;
  const pixels = side ** 2;
  const lengths = [1, 20, 63, 64, 65, 90, 200, 511];
  const sizes = lengths.flatMap((width) => lengths.map((height) => [width, height] as const));

  test('have no more pixels than they may, and are never more work than squares', () => {
    for (const size of sizes) {
      const [columns, rows] = fewestPixels(size, both(rules), side);
      const [column, row] = [columns[0]!, rows[0]!];
      expect(column.size * row.size).toBeLessThanOrEqual(pixels);
      const squares = size.map((length) => tilesAlong(length, { ...rules, tile: 64 }));
      const work = [...squares, columns, rows].map((spans) => spans.length * spans[0]!.size);
      expect(work[2]! * work[3]!).toBeLessThanOrEqual(work[0]! * work[1]!);
    }
  });

  test.each([
    [[100, 40], 1, 1],
    [[4096, 1], 1, 1],
    [[120, 64], 2, 1],
    [[64, 200], 1, 4],
  ] as const)('of %p are %d by %d', (size, columns, rows) => {
    const grid = fewestPixels(size, both(rules), side);
    expect(grid.map((spans) => spans.length)).toEqual([columns, rows]);
  });

  test('are found wherever squares are, however wide the overlap', () => {
    for (const overlap of [16, 24, 30, 31]) {
      for (const size of sizes) {
        const [columns, rows] = fewestPixels(size, both({ ...rules, overlap }), side);
        expect(columns[0]!.size * rows[0]!.size).toBeLessThanOrEqual(pixels);
      }
    }
    const wide = () => fewestPixels([200, 200], both({ ...rules, overlap: 32 }), side);
    expect(wide).toThrow('too small to overlap by 32');
  });

  test('keep to multiples', () => {
    const grid = fewestPixels([150, 151], both({ ...rules, multiple: 8 }), side);
    for (const spans of grid) expect(spans[0]!.size % 8).toBe(0);
  });
});
