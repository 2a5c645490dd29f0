import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Upscaler } from 'fovea';
import { evaluationAbsent, evaluationFolder } from '../support/evaluation.js';
import { decodePng } from '../support/pictures.js';

const maybe = evaluationAbsent === undefined ? test : test.skip;

maybe('SRCNN makes of a face what it does in onnxruntime, to a level', async () => {
  const picture = (name: string) => decodePng(readFileSync(join(evaluationFolder, 'images', name)));
  const expected = picture('mm_deploy_face_ort.png');
  const model = join(evaluationFolder, 'models/srcnn_x3.onnx');
  const upscaler = await Upscaler.create(model, { order: 'bgr', range: 255 });
  const actual = await upscaler.upscale(picture('face.png'));
  await upscaler.release();
  expect([actual.width, actual.height]).toEqual([expected.width, expected.height]);
  // The expected one was cut off to integers, ours is rounded.
  const differences = actual.data.map((value, i) => Math.abs(value - expected.data[i]!));
  expect(Math.max(...new Set(differences))).toBeLessThanOrEqual(1);
});
