import { describe, expect, test } from '@jest/globals';
import { tilesAlong, type TileRules } from '../src/upscale/tiles.js';

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
