import { describe, expect, test } from '@jest/globals';
import { ResultMemory } from '../src/host/results.js';
import { nextTask } from '../src/base/environment.js';

const mebibyte = 2 ** 20;

describe('memory for results', () => {
  const filled = (size: number, value: number) => new Uint8Array(size).fill(value);

  test('gives every result memory of its own', async () => {
    const results = new ResultMemory();
    const copies: Uint8Array[] = [];
    for (const [index, size] of [1, 1, 1, 1, 2, 2, 2, 1].entries()) {
      const source = filled(size * mebibyte, index + 1);
      copies.push(results.copyOf(source));
      source.fill(0);
      await nextTask();
    }
    const contents = copies.map((copy) => [copy.byteLength / mebibyte, copy[0], copy.at(-1)]);
    expect(contents).toEqual([1, 1, 1, 1, 2, 2, 2, 1].map((size, i) => [size, i + 1, i + 1]));
    expect(new Set(copies.map(({ buffer }) => buffer)).size).toBe(copies.length);
  });

  test('copies no more than the bytes of a view', () => {
    const memory = filled(3 * mebibyte, 1).fill(2, mebibyte, 2 * mebibyte);
    const copy = new ResultMemory().copyOf(memory.subarray(mebibyte, 2 * mebibyte));
    expect(copy.buffer.byteLength).toBe(mebibyte);
    expect(copy.every((byte) => byte === 2)).toBe(true);
  });

  test('is kept ready once two results have been of one size', async () => {
    const results = new ResultMemory();
    const readyAfter = async (size: number) => {
      results.copyOf(filled(size, 1));
      await nextTask();
      return results.readyBytes;
    };
    expect(await readyAfter(mebibyte)).toBe(0);
    expect(await readyAfter(mebibyte)).toBe(mebibyte);
    expect(await readyAfter(mebibyte)).toBe(mebibyte);
    expect(await readyAfter(2 * mebibyte)).toBe(0);
    expect(await readyAfter(2 * mebibyte)).toBe(2 * mebibyte);
    results.clear();
    expect(results.readyBytes).toBe(0);
    expect(await readyAfter(2 * mebibyte)).toBe(0);
  });

  test.each([
    ['small ones, which allocators keep', 4096],
    ['very large ones', 32 * mebibyte],
  ])('is not kept for %s', async (_, size) => {
    const results = new ResultMemory();
    for (let i = 0; i < 3; ++i) {
      expect(Buffer.compare(results.copyOf(filled(size, i)), filled(size, i))).toBe(0);
      await nextTask();
    }
    expect(results.readyBytes).toBe(0);
  });
});
