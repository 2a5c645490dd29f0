import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Upscaler } from 'fovea';
import { evaluationAbsent, evaluationFolder } from '../support/evaluation.js';
import { decodePng } from '../support/pictures.js';

const maybe = evaluationAbsent === undefined ? test : test.skip;

/** How far the zeros show that onnxruntime sees beyond the picture, in pixels of the result. */
const border = 12;

maybe('SRCNN makes of a face what it does in onnxruntime inside, to a level', async () => {
  const picture = (name: string) => decodePng(readFileSync(join(evaluationFolder, 'images', name)));
  const expected = picture('mm_deploy_face_ort.png');
  const model = join(evaluationFolder, 'models/srcnn_x3.onnx');
  const upscaler = await Upscaler.create(model, { order: 'bgr', range: 255 });
  const actual = await upscaler.upscale(picture('face.png'));
  await upscaler.release();
  expect([actual.width, actual.height]).toEqual([expected.width, expected.height]);
  // The expected one was cut off to integers, ours is rounded.
  const { width, height } = expected;
  const isInside = (at: number, length: number) => at >= border && at < length - border;
  const differences = actual.data.map((value, i) => {
    const [x, y] = [Math.floor(i / 4) % width, Math.floor(i / 4 / width)];
    const compared = isInside(x, width) && isInside(y, height);
    return compared ? Math.abs(value - expected.data[i]!) : 0;
  });
  expect(Math.max(...new Set(differences))).toBeLessThanOrEqual(1);
});
