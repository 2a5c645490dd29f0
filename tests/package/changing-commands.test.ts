/** @jest-environment ./tools/jest/environment.mjs */

// The commands of the command line that write models.

import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { InferenceSession } from 'fovea';
import { expectClose } from '../support/compare.js';
import { computeByOnnxruntime } from '../support/onnxruntime.js';
import { encodePng } from '../support/pictures.js';
import { smallNetwork } from '../support/small-network.js';
import { installPackage, type UserProject } from './support/installed.js';
import { ended, linkPackages, readUserFile, runFovea, startNode } from './support/programs.js';

let project: UserProject;
const { model: network, input } = smallNetwork();
beforeAll(() => {
  project = installPackage();
  linkPackages(project, 'sharp');
  project.write('network.onnx', network);
  project.write('x2.onnx', readFileSync('models/fovea-x2-fast.onnx'));
  const [width, height] = [200, 160];
  const data = Uint8Array.from({ length: 4 * width * height }, (_, i) =>
    i % 4 === 3 ? 255 : 128 + 100 * Math.sin((i >> 2) * (i % width) * 1e-4),
  );
  project.write('picture.png', encodePng({ width, height, data }));
});
afterAll(() => project.remove());

const run = (...args: string[]) => runFovea(project, args);

async function propertiesOf(file: string): Promise<Record<string, string>> {
  const session = await InferenceSession.create(readUserFile(project, file));
  await session.release();
  return { ...session.metadata.properties };
}

describe('fovea quantize', () => {
  const quantize = ['quantize', 'x2.onnx', '--images', 'picture.png', '--crops', '2'];

  test('writes a smaller model and tells of each layer', async () => {
    const { status, stdout, stderr } = await run(...quantize, '-o', 'int8.onnx');
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const text = stdout.toString();
    expect(text).toMatch(/^loss +\d\.\d{3} dB of PSNR$/m);
    expect(text).toMatch(/^size +\d+\.\d KB instead of 23\.6 KB$/m);
    expect(text).toMatch(/^\/body\/body\.0\/Conv +Conv +(bytes|float) /m);
    const before = readUserFile(project, 'x2.onnx').length;
    expect(readUserFile(project, 'int8.onnx').length).toBeLessThan(0.8 * before);
  });

  test('tells the same as JSON, and takes options', async () => {
    const more = ['-o', 'other.onnx', '--method', 'minmax', '--keep-float', '/tail/Conv', '--json'];
    const { status, stdout } = await run(...quantize, ...more);
    expect(status).toBe(0);
    const report = JSON.parse(stdout.toString()) as { layers: { node: string }[] };
    expect(report).toMatchObject({ output: 'other.onnx' });
    expect(report.layers).toContainEqual(
      expect.objectContaining({ node: '/tail/Conv', quantised: false }),
    );
    expect(report.layers).toContainEqual(
      expect.objectContaining({ quantised: true, method: 'minmax' }),
    );
  });

  test('refuses to replace files, and what is no picture', async () => {
    project.write('there.onnx', 'kept');
    const there = await run(...quantize, '-o', 'there.onnx');
    expect(there).toMatchObject({ status: 2, stderr: expect.stringContaining('--overwrite') });
    expect(readUserFile(project, 'there.onnx').toString()).toBe('kept');
    const missing = await run('quantize', 'x2.onnx', '-i', 'nothing.png', '-o', 'new.onnx');
    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('nothing.png') });
    const wrong = await run(...quantize, '-o', 'new.onnx', '--budget', 'much');
    expect(wrong.status).toBe(2);
    const twice = await run('quantize', 'int8.onnx', '-i', 'picture.png', '-o', 'new.onnx');
    expect(twice).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('quantised already'),
    });
  });
});

test('fovea edit changes metadata and the opset', async () => {
  const edits = ['--set', 'note=a=b', '--remove', 'fovea.color', '--doc', 'text'];
  const more = ['--producer', 'me', '--opset', '17', '-o', 'edited.onnx', '--json'];
  const { status, stdout } = await run('edit', 'x2.onnx', ...edits, ...more);
  expect(status).toBe(0);
  const bytes = readUserFile(project, 'edited.onnx').length;
  expect(JSON.parse(stdout.toString())).toEqual({
    ...{ input: 'x2.onnx', output: 'edited.onnx', bytes },
  });
  const properties = await propertiesOf('edited.onnx');
  expect(properties).toMatchObject({ note: 'a=b', 'fovea.scale': '2' });
  expect(properties).not.toHaveProperty('fovea.color');
  expect((await run('edit', 'x2.onnx', '--set', 'no pair', '-o', 'e.onnx')).status).toBe(2);
});

test('fovea extract cuts a part out, fovea float16 halves', async () => {
  const whole = await run(
    'extract',
    'network.onnx',
    '--from',
    'input',
    '--to',
    'output',
    '-o',
    'w.onnx',
  );
  expect(whole.status).toBe(0);
  const half = await run('float16', 'network.onnx', '-o', 'half.onnx');
  expect(half.status).toBe(0);
  expect(readUserFile(project, 'half.onnx').length).toBeLessThan(0.6 * network.length);
  const [expected, extracted, halved] = await Promise.all(
    [network, readUserFile(project, 'w.onnx'), readUserFile(project, 'half.onnx')].map((model) =>
      computeByOnnxruntime(model, { input }),
    ),
  );
  expect(extracted).toEqual(expected);
  expectClose(halved!, expected!, 0.02);
  const unknown = await run(
    'extract',
    'network.onnx',
    '--from',
    'input',
    '--to',
    'no',
    '-o',
    'n.onnx',
  );
  expect(unknown).toMatchObject({ status: 1, stderr: expect.stringContaining("'no'") });
});

test('a program in Node does all that in threads of its own, and ends by itself', async () => {
  copyFileSync('tests/package/user-code/quantize.mjs', join(project.folder, 'quantize.mjs'));
  project.write('network.onnx', readFileSync('models/fovea-x2-fast.onnx'));
  const { status, stdout, stderr } = await ended(startNode(project.folder, ['quantize.mjs']));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const told = JSON.parse(stdout.toString()) as { part: number };
  expect(told).toMatchObject({ smaller: true, longer: true, code: 'Aborted' });
  expect(told.part).toBeGreaterThan(100);
});
