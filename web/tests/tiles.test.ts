import { describe, expect, test } from '@jest/globals';
import { fewestPixels, tilesAlong, type TileRules } from '../src/upscale/tiles.js';

const rules: TileRules = { tile: 32, fixed: false, multiple: 1, overlap: 4, margin: 0 };

const cases: [string, TileRules][] = [
  ['free tiles', rules],
  ['one fixed size', { ...rules, fixed: true }],
  ['sizes of multiples', { ...rules, multiple: 8 }],
  ['valid convolutions', { ...rules, margin: 3, overlap: 0 }],
  ['valid convolutions of one size', { ...rules, margin: 3, overlap: 0, fixed: true }],
  ['valid convolutions and multiples', { ...rules, margin: 3, overlap: 2, multiple: 4 }],
];

describe.each(cases)('tiles: %s', (_, { tile, fixed, multiple, overlap, margin }) => {
  const lengths = Array.from({ length: 60 }, (_, i) => (i < 40 ? i + 1 : 6 * i - 200));
  const tiled = lengths.map(
    (length) => [length, tilesAlong(length, { tile, fixed, multiple, overlap, margin })] as const,
  );

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

  test('have inputs inside the picture, of sizes the network takes', () => {
    for (const [length, spans] of tiled) {
      for (const { start, size, extended } of spans) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(start + size).toBeLessThanOrEqual(length + 2 * margin);
        expect(extended).toBeGreaterThanOrEqual(size);
        expect(extended % multiple).toBe(0);
        if (fixed) expect(extended).toBe(tile);
        else expect(extended).toBeLessThanOrEqual(tile);
      }
    }
  });

  test('see the overlap on both sides, or the border', () => {
    for (const [length, spans] of tiled) {
      for (const { start, size, from, length: part, inset } of spans) {
        expect(inset).toBe(from - start);
        const end = start + size - 2 * margin;
        expect(start === 0 || inset >= overlap).toBe(true);
        expect(end === length || end - (from + part) >= overlap).toBe(true);
      }
    }
  });
});

test('a picture that fits is one tile', () => {
  expect(tilesAlong(32, rules)).toHaveLength(1);
  expect(tilesAlong(33, rules)).toHaveLength(2);
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
  const pixels = 64 ** 2;
  const lengths = [1, 20, 63, 64, 65, 90, 200, 511];
  const sizes = lengths.flatMap((width) => lengths.map((height) => [width, height] as const));

  test('have no more pixels than they may, and are never more work than squares', () => {
    for (const size of sizes) {
      const [columns, rows] = fewestPixels(size, rules, pixels);
      const [column, row] = [columns[0]!, rows[0]!];
      expect(column.extended * row.extended).toBeLessThanOrEqual(pixels);
      const squares = size.map((length) => tilesAlong(length, { ...rules, tile: 64 }));
      const work = [...squares, columns, rows].map((spans) => spans.length * spans[0]!.extended);
      expect(work[2]! * work[3]!).toBeLessThanOrEqual(work[0]! * work[1]!);
    }
  });

  test.each([
    [[100, 40], 1, 1],
    [[4096, 1], 1, 1],
    [[120, 64], 2, 1],
    [[64, 200], 1, 4],
  ] as const)('of %p are %d by %d', (size, columns, rows) => {
    const grid = fewestPixels(size, rules, pixels);
    expect(grid.map((spans) => spans.length)).toEqual([columns, rows]);
  });

  test('are found wherever squares are, however wide the overlap', () => {
    for (const overlap of [16, 24, 30, 31]) {
      for (const size of sizes) {
        const [columns, rows] = fewestPixels(size, { ...rules, overlap }, pixels);
        expect(columns[0]!.extended * rows[0]!.extended).toBeLessThanOrEqual(pixels);
      }
    }
    const wide = () => fewestPixels([200, 200], { ...rules, overlap: 32 }, pixels);
    expect(wide).toThrow('too small to overlap by 32');
  });

  test('keep to multiples', () => {
    const grid = fewestPixels([150, 151], { ...rules, multiple: 8 }, pixels);
    for (const spans of grid) expect(spans[0]!.extended % 8).toBe(0);
  });
});
