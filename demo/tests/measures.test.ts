import { describe, expect, test } from '@jest/globals';
import { Comparison, sharedRows, type Strip } from '../src/enlarge/comparing/measures.js';

/** JavaScript, of whose types nothing is told elsewhere. */
const file: string = '../../evaluation/metrics.mjs';
const { compare } = (await import(file)) as {
  compare: (result: object, truth: object, options: object) => { psnr: number; ssim: number };
};

interface Pixels {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

/** RGBA of waves with noise that is the same in each run. */
function picture(width: number, height: number, noise: number): Pixels {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < data.length; ++i) {
    const hash = Math.abs(Math.sin(i * 12.9898) * 43758.5453) % 1;
    data[i] = 128 + 90 * Math.sin(i / 37) + noise * (hash - 0.5);
  }
  return { width, height, data };
}

function strip({ width, data }: Pixels, from: number, to: number): Strip {
  return { width, data: data.slice(4 * width * from, 4 * width * to) };
}

/** Compares in strips of so many new rows. */
function compareInStrips(a: Pixels, b: Pixels, rows: number) {
  const comparison = new Comparison();
  for (let y = 0; y < a.height; y += rows) {
    const [from, to] = [Math.max(0, y - sharedRows), Math.min(y + rows, a.height)];
    comparison.add(strip(a, from, to), strip(b, from, to));
  }
  return comparison.result();
}

function rgb({ width, height, data }: Pixels) {
  return { width, height, channels: 3, data: data.filter((_, i) => i % 4 !== 3) };
}

describe('what is measured', () => {
  const [a, b] = [picture(61, 47, 0), picture(61, 47, 40)];

  test.each([47, 20, 11])('is what evaluation/ gives, in strips of %d rows', (rows) => {
    const expected = compare(rgb(a), rgb(b), { border: 0, grey: false });
    const { psnr, ssim } = compareInStrips(a, b, rows);
    expect(psnr).toBeCloseTo(expected.psnr, 10);
    expect(ssim).toBeCloseTo(expected.ssim, 10);
    expect(ssim).toBeLessThan(0.99);
  });

  test('of colours is the mean of red, green and blue', () => {
    const [levels, others] = [rgb(a).data, rgb(b).data];
    const squares = Array.from(levels, (level, i) => (level - others[i]!) ** 2);
    const mean = squares.reduce((sum, square) => sum + square) / squares.length;
    expect(compareInStrips(a, b, 20).psnrColours).toBeCloseTo(10 * Math.log10(255 ** 2 / mean), 10);
  });

  test('of the same picture is without end', () => {
    expect(compareInStrips(a, a, 20)).toMatchObject({ psnr: Infinity, psnrColours: Infinity });
    expect(compareInStrips(a, a, 20).ssim).toBeCloseTo(1, 12);
  });

  test('of pictures smaller than the window of SSIM is PSNR alone', () => {
    const [small, other] = [picture(8, 5, 0), picture(8, 5, 40)];
    const likeness = compareInStrips(small, other, 11);
    expect(likeness.ssim).toBeUndefined();
    expect(likeness.psnr).toBeGreaterThan(5);
  });
});
