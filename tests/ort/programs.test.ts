/** @jest-environment ./tools/jest/environment.mjs */

import { expect, test } from '@jest/globals';
import * as fovea from 'fovea/ort';
import * as onnxruntime from 'onnxruntime-node';
import type { Ort } from './program.js';
import { programs } from './programs/index.js';

const inNode = programs.filter(({ where }) => where.includes('node'));

test('programs have names of their own', () => {
  const names = programs.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

test.each(inNode)('a program for onnxruntime-node gives the same: $name', async (program) => {
  const expected = await program.run(onnxruntime);
  expect(await program.run(fovea as unknown as Ort)).toEqual(expected);
});
