// Runtimes other than browsers, and users' own tests.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { endGroup, enlarged, inPlaces, Project } from './support/project.js';

for (const [runtime, ...args] of [
  ['node', 'console.mjs'],
  ['deno', 'run', '--allow-all', 'console.mjs'],
  ['bun', 'run', 'console.mjs'],
]) {
  test(`${runtime} runs a program, which ends by itself`, async () => {
    const project = new Project(runtime!, ['console.mjs']);
    expect((await project.run(runtime!, ...args)).trim()).toBe(enlarged);
  });
}

test('workerd, which compiles nothing at run time', async () => {
  const project = new Project('workerd', ['workerd']);
  cpSync(inPlaces('node_modules/fovea'), join(project.folder, 'fovea'), { recursive: true });
  const { process, found } = await project.start(
    'workerd',
    ['serve', 'config.capnp', '--verbose', '--socket-addr', 'http=127.0.0.1:18787'],
    /listening|Listening|http/,
  );
  try {
    expect(found).toBeTruthy();
    const response = await fetch('http://127.0.0.1:18787/');
    expect(await response.text()).toBe(enlarged);
  } finally {
    endGroup(process);
  }
});

test("Vitest with jsdom, as a user's project has it", async () => {
  const project = new Project('vitest', ['vitest']);
  expect(await project.run('vitest', 'run', '--environment', 'jsdom')).toContain('1 passed');
});

test("Jest with jsdom, as a user's project has it", async () => {
  const project = new Project('jest', ['jest']);
  const jest = inPlaces('node_modules/jest/bin/jest.js');
  const argv = ['--experimental-vm-modules', jest, '--env=jsdom', '--rootDir', project.folder];
  await project.run('node', ...argv);
});

test('a page made on the server imports the package without effect', async () => {
  const project = new Project('server', []);
  project.write('page.mjs', "import * as fovea from 'fovea'; console.log(typeof fovea.Upscaler);");
  expect((await project.run('node', 'page.mjs')).trim()).toBe('function');
});
