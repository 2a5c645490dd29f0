import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectDir } from '../../tools/lib/project.mjs';
import { evaluate } from '../evaluate.mjs';
import { listImages, readImage } from '../images.mjs';
import { imresize } from '../imresize.mjs';
import { measure, meanScores } from '../measure.mjs';
import { measuredLuma, psnr, shaved, ssim } from '../metrics.mjs';
import { bicubic } from '../upscalers.mjs';
import { benchmarks, needsBenchmarks } from './support/benchmarks.mjs';
import { disks, makeFolder, pngOf } from './support/folders.mjs';

/** @type {import('fovea').Variant} */
const variant = 'simd';
const doubling = join(projectDir, 'models/fovea-x2-fast.onnx');

test('a model is measured against bicubic, on a table and in figures', async (t) => {
  const folder = makeFolder(t, { 'disks.png': await pngOf(disks(121, 96)) });
  /** @type {string[]} */
  const lines = [];
  const crops = join(folder, 'crops');
  const options = { images: [folder], models: [doubling], crops, variant };
  const [report] = await evaluate(options, (line) => lines.push(line));
  const { bicubic: theirs, 'fovea-x2-fast': ours } = report.mean;
  assert.ok(ours.psnr > theirs.psnr + 1, lines.join('\n'));
  assert.ok(ours.ssim > theirs.ssim, lines.join('\n'));
  assert.equal(report.scale, 2);
  assert.deepEqual(report.images, [{ name: 'disks', width: 120, height: 96, scores: report.mean }]);
  const mean = lines.find((line) => line.startsWith('mean'));
  assert.match(mean ?? '', new RegExp(`${ours.psnr.toFixed(2)}.*\\+`));
  assert.ok(existsSync(crops));
});

test('without a model of that scale bicubic is alone; a model that does not fit is named', async (t) => {
  const folder = makeFolder(t, { 'disks.png': await pngOf(disks(60, 60)) });
  const options = { images: [folder], variant };
  const [report] = await evaluate({ ...options, scale: 8 }, () => {});
  assert.deepEqual(Object.keys(report.mean), ['bicubic']);
  /** @param {Partial<import('../options.mjs').Options>} more */
  const run = (more) => evaluate({ ...options, ...more }, () => {});
  await assert.rejects(run({ models: [doubling], scale: 3 }), /enlarges 2 times, not 3/);
  await assert.rejects(run({ models: [doubling, doubling] }), /two models called fovea-x2-fast/);
  await assert.rejects(run({ models: ['no.onnx'] }), /cannot use the model no.onnx: ENOENT/);
});

test('a folder of pairs says its scale', async (t) => {
  const [large, small] = await Promise.all([disks(90, 90), disks(30, 30)].map(pngOf));
  const folder = makeFolder(t, { 'a_HR.png': large, 'a_LR.png': small });
  const [report] = await evaluate({ images: [folder], models: undefined, variant }, () => {});
  assert.equal(report.scale, 3);
  const run = evaluate({ images: [folder], models: [doubling], variant }, () => {});
  await assert.rejects(run, /is for scale 3; the models are for 2/);
});

test('an image that the protocol cannot measure is named', async (t) => {
  const folder = makeFolder(t, { 'tiny.png': await pngOf(disks(14, 40)) });
  const run = evaluate({ images: [folder], scale: 2, variant }, () => {});
  await assert.rejects(run, /tiny.png of 14 x 40 pixels is too small/);
});

/**
 * Y-PSNR in dB of bicubic and its SSIM, as papers have them (Kim, Lee, Lee, VDSR, CVPR 2016).
 *
 * @type {Record<string, Record<number, number[]>>}
 */
const published = {
  Set5: { 2: [33.66, 0.9299], 3: [30.39, 0.8682], 4: [28.42, 0.8104] },
  Set14: { 2: [30.24, 0.8688], 3: [27.55, 0.7742], 4: [26.0, 0.7027] },
};

for (const { set, scale, folder } of benchmarks) {
  const [decibel, similarity] = published[set][scale];
  test(`bicubic on ${set} x${scale} is as published`, needsBenchmarks, async () => {
    /** @type {Pick<import('../measure.mjs').Measured, 'scores'>[]} */
    const rgb = [];
    /** @type {Pick<import('../measure.mjs').Measured, 'scores'>[]} */
    const luma = [];
    for (const source of await listImages(folder)) {
      rgb.push(await measure(source, [bicubic(scale)], { scale }));
      luma.push({ scores: { bicubic: await scoreOfLumaAlone(source, scale) } });
    }
    const [ours, theirs] = [rgb, luma].map((images) => meanScores(images).bicubic);
    assert.ok(Math.abs(ours.psnr - decibel) < 0.02, `${ours.psnr}`);
    assert.ok(Math.abs(theirs.psnr - decibel) < 0.01, `${theirs.psnr}`);
    assert.ok(Math.abs(theirs.ssim - similarity) < 0.001, `${theirs.ssim}`);
  });
}

/**
 * As the papers had it: luma alone reduced and enlarged, in double precision, and rounded once.
 *
 * @param {import('../images.mjs').Source} source
 * @param {number} scale
 */
async function scoreOfLumaAlone({ high }, scale) {
  const { image, grey } = await readImage(high);
  const truth = measuredLuma(image, grey);
  const [width, height] = [truth.width / scale, truth.height / scale];
  const small = imresize({ ...truth, channels: 1 }, width, height);
  const { data } = imresize(small, truth.width, truth.height);
  const result = { ...truth, data: Float64Array.from(Uint8ClampedArray.from(data)) };
  const [a, b] = [result, truth].map((plane) => shaved(plane, scale));
  return { psnr: psnr(a, b), ssim: ssim(a, b) };
}
