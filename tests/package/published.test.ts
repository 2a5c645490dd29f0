// What package registries and TypeScript's users find wrong with a package.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

let folder: string;
let tarball: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-packed-'));
  const argv = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const output = execFileSync('npm', argv, { encoding: 'utf8', stdio: 'pipe' });
  const [packed] = JSON.parse(output) as [{ filename: string }];
  tarball = join(folder, packed.filename);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const linters: Record<string, () => string[]> = {
  publint: () => ['run', tarball, '--strict'],
  // The package has ES modules only, which require() of older Nodes does not load.
  attw: () => [tarball, '--profile', 'esm-only', '--quiet'],
};

const patience = 240_000;

test.each(Object.entries(linters))(
  '%s finds nothing',
  (linter, argv) => {
    const program = resolve('node_modules/.bin', linter);
    const { status, stdout, stderr } = spawnSync(program, argv(), { encoding: 'utf8' });
    expect({ status, found: status === 0 ? '' : stdout + stderr }).toEqual({
      status: 0,
      found: '',
    });
  },
  patience,
);
