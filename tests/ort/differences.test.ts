/** @jest-environment ./tools/jest/environment.mjs */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import * as fovea from 'fovea/ort';
import * as onnxruntime from 'onnxruntime-node';
import { differences } from './differences.js';

const shown = differences.filter(({ shows }) => shows !== undefined);

describe('what is said to differ from onnxruntime', () => {
  // Both say on the console what providers they do not have.
  beforeAll(() => void jest.spyOn(console, 'warn').mockImplementation(() => {}));
  afterAll(() => void jest.restoreAllMocks());

  test.each(shown)('does: $what', async ({ shows }) => {
    const there = await shows!(onnxruntime);
    const here = await shows!(fovea);
    expect(here).not.toEqual(there);
  });
});

test('docs/onnxruntime.md lists what differs', () => {
  const document = readFileSync('docs/onnxruntime.md', 'utf8');
  const [, section] = document.split('## What differs in `fovea/ort`\n');
  const rows = section!
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  // After the heading and the line below it.
  expect(rows.slice(2)).toEqual(differences.map(({ what, here }) => [what, here]));
});
