import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bestWindow, writeCrop, writeSheet } from '../crops.mjs';
import { readImage } from '../images.mjs';
import { scoreTable } from '../table.mjs';
import { disks, makeFolder } from './support/folders.mjs';

test('the columns of a table are aligned, however long the names', () => {
  const upscalers = ['bicubic', 'a', 'a-model-with-quite-a-long-name'];
  const { head, row } = scoreTable(['short', 'a longer name'], upscalers);
  const scores = (/** @type {number} */ psnr) => ({ psnr, ssim: 0.5 });
  const [bicubic, first, second] = upscalers;
  const some = row('short', { bicubic: scores(30), a: scores(31.25), [second]: scores(9.5) });
  const all = row('a longer name', { bicubic: scores(8), [first]: scores(8), [second]: scores(8) });
  assert.equal(new Set([...head, some, all].map((line) => line.length)).size, 1);
  assert.deepEqual(some.split(/\s+/), [
    'short',
    ...['30.00', '0.5000'],
    ...['31.25', '0.5000', '+1.25'],
    ...['9.50', '0.5000', '-20.50'],
  ]);
  assert.equal(bicubic, 'bicubic');
});

test('the detail shown is where the model gains most', () => {
  const plane = (/** @type {(x: number, y: number) => number} */ value) => ({
    width: 30,
    height: 20,
    data: Float64Array.from({ length: 600 }, (_, i) => value(i % 30, Math.floor(i / 30))),
  });
  const truth = plane(() => 100);
  // Off everywhere, and by far in two places: the model mends the one, and not the other.
  const theirs = plane((x, y) => ((x === 21 && y === 13) || (x === 3 && y === 3) ? 200 : 101));
  const ours = plane((x, y) => (x === 3 && y === 3 ? 200 : 101));
  const best = (/** @type {number} */ size, /** @type {number} */ margin) =>
    bestWindow(truth, theirs, ours, { size, margin });
  const { left, top, width, height } = best(4, 2);
  assert.deepEqual([width, height], [4, 4]);
  assert.ok(left <= 21 && 21 < left + 4 && top <= 13 && 13 < top + 4);
  const whole = { left: 0, top: 0, width: 30, height: 20 };
  assert.deepEqual(best(64, 16), whole);
  // So far from the border that the place is out of reach.
  assert.deepEqual([best(4, 7).left, best(4, 7).top], [7, 7]);
});

test('details lie side by side, each pixel as a square; one sheet has them all', async (t) => {
  const truth = disks(100, 80);
  const grey = (/** @type {number} */ level) => ({ ...truth, data: truth.data.map(() => level) });
  const results = { bicubic: grey(50), model: grey(90) };
  const folder = join(makeFolder(t), 'new');
  /** @type {import('../crops.mjs').Picture[]} */
  const crops = [];
  for (const name of ['a', 'b']) {
    crops.push(await writeCrop(folder, { name, truth, grey: false, results }));
  }
  await writeSheet(folder, crops, ['bicubic', 'model']);
  assert.deepEqual(readdirSync(folder).sort(), [
    'a_bicubic_model_original.png',
    'all_bicubic_model_original.png',
    'b_bicubic_model_original.png',
  ]);

  const { image } = await readImage(join(folder, 'a_bicubic_model_original.png'));
  assert.deepEqual([image.width, image.height], [3 * 192 + 2 * 4, 192]);
  const at = (/** @type {number} */ x, /** @type {number} */ y) =>
    image.data[3 * (y * image.width + x)];
  assert.deepEqual(
    [0, 191, 192, 195, 196, 387, 388].map((x) => at(x, 100)),
    [...[50, 50, 255], ...[255, 90, 90, 255]],
  );
  for (const [x, y] of [
    [392, 0],
    [500, 90],
  ]) {
    assert.deepEqual(
      [at(x, y), at(x + 1, y), at(x, y + 1)],
      [at(x + 2, y + 2), at(x, y), at(x, y)],
    );
  }
  const sheet = (await readImage(join(folder, 'all_bicubic_model_original.png'))).image;
  assert.deepEqual([sheet.width, sheet.height], [584, 2 * 192 + 16]);
});
