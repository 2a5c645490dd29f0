/** @jest-environment ./tools/jest/environment.mjs */

import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectClose } from '../support/compare.js';
import { OnnxBuilder } from '../support/onnx-builder.js';
import { computeByOnnxruntime } from '../support/onnxruntime.js';
import { roundingBound, smallNetwork } from '../support/small-network.js';
import { installPackage, type UserProject } from './support/installed.js';

let project: UserProject;
beforeAll(() => {
  project = installPackage();
});
afterAll(() => project.remove());

const userCode = (file: string) => join('tests/package/user-code', file);

/** Runs a program of tests/package/user-code by plain Node, as in a user's shell. */
function runProgram(file: string): unknown {
  copyFileSync(userCode(file), join(project.folder, file));
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
    cwd: project.folder,
    env: { PATH: process.env.PATH },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    timeout: 30_000,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

test('a program in Node gets the right numbers, no warnings, and ends by itself', async () => {
  const { model, input } = smallNetwork();
  project.write('network.onnx', model);
  project.write('input.json', JSON.stringify({ dims: input.dims, data: [...input.data] }));
  const { dims, data } = runProgram('run.mjs') as { dims: number[]; data: number[] };
  const expected = await computeByOnnxruntime(model, { input });
  const actual = { output: { dims, data: Float32Array.from(data) } };
  expectClose(actual, expected, roundingBound(expected.output!));
});

test('a program in Node checks a model, enlarges by the bundled one, and ends by itself', () => {
  project.write('luma.onnx', readFileSync('models/fovea-x2-fp16.onnx'));
  expect(runProgram('upscale.mjs')).toEqual({ supported: true, size: [60, 40], white: true });
});

test('a program in Node has an operator of its own, as the documentation shows it', () => {
  const builder = new OnnxBuilder();
  const image = builder.input('image', [1, 1, 'h', 'w']);
  builder.foreign('com.example', 'BlockMean', [image], { size: 2 }, ['means']);
  builder.output('means');
  project.write('block-means.onnx', builder.build({ domains: { 'com.example': 1 } }));
  const operator = readFileSync(userCode('block-mean.js'), 'utf8');
  project.write('block-mean.js', operator);
  expect(readFileSync('docs/custom-operators.md', 'utf8')).toContain(operator);
  const means = { dims: [1, 1, 1, 2], data: [3.5, 5.75] };
  expect(runProgram('custom-operator.mjs')).toEqual(means);
});

test.each([
  ['bundler', 'esnext'],
  ['nodenext', 'nodenext'],
])('the types satisfy a strict program that resolves modules as %s', (resolution, module) => {
  copyFileSync(userCode('types.ts'), join(project.folder, 'types.ts'));
  const compiler = [resolve('node_modules/typescript/bin/tsc'), '--noEmit', '--strict'];
  const platform = ['--target', 'es2022', '--lib', 'es2022,dom'];
  const resolving = ['--module', module, '--moduleResolution', resolution];
  const argv = [...compiler, ...platform, ...resolving, 'types.ts'];
  const options = { cwd: project.folder, encoding: 'utf8' } as const;
  const { status, stdout } = spawnSync(process.execPath, argv, options);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
});
