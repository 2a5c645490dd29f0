import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvaluationError } from '../errors.mjs';
import { readOptions } from '../options.mjs';

test('everything that can be asked for', () => {
  const line = '--images a --images b --model m.onnx --scale 3 --jpeg 50 --crops c --json j';
  assert.deepEqual(readOptions([...line.split(' '), '--variant', 'simd']), {
    images: ['a', 'b'],
    models: ['m.onnx'],
    scale: 3,
    jpeg: 50,
    crops: 'c',
    json: 'j',
    variant: 'simd',
  });
});

test('folders are all that is needed', () => {
  const { images, models, scale, jpeg } = readOptions(['--images', 'a']);
  assert.deepEqual([images, models, scale, jpeg], [['a'], undefined, undefined, undefined]);
});

/** @type {[line: string, complaint: RegExp][]} */
const mistakes = [
  ['', /--images is missing/],
  ['--images a --scale 1.5', /--scale must be a whole number of 2..8, not '1.5'/],
  ['--images a --jpeg 0', /--jpeg must be a whole number of 1..100/],
  ['--images a --variant avx', /--variant must be one of simd, relaxed/],
  ['--images a --modle m.onnx', /Unknown option '--modle'/],
];
for (const [line, complaint] of mistakes) {
  test(`what is wrong is said: '${line}'`, () => {
    const args = line.split(' ').filter(Boolean);
    assert.throws(
      () => readOptions(args),
      (error) => error instanceof EvaluationError && complaint.test(error.message),
    );
  });
}
