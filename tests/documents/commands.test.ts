// What the documents say of the command line and the service is so.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { defaultLimits } from '../../node/serve/options.js';
import { smallNetwork } from '../support/small-network.js';
import { installPackage, type UserProject } from '../package/support/installed.js';
import { ended, linkPackages, runFovea } from '../package/support/programs.js';
import { noise } from '../package/support/services.js';
import { blocksOf, documents } from './support.js';

const program = 'node node_modules/fovea/dist/cli/main.js';
const service = readFileSync('docs/service.md', 'utf8');

let project: UserProject;
beforeAll(async () => {
  project = installPackage();
  linkPackages(project, 'sharp');
  mkdirSync(join(project.folder, 'photos/holidays'), { recursive: true });
  project.write('photo.jpg', await noise(40, 30).jpeg().toBuffer());
  project.write('photos/holidays/b.png', await noise(20, 30).png().toBuffer());
  project.write('network.onnx', smallNetwork().model);
});
afterAll(() => project.remove());

/** Every line of every block of `sh`, in their order: later ones may need files of earlier ones. */
const commands = documents
  .flatMap((document) => blocksOf(document))
  .filter(({ language }) => language === 'sh')
  .flatMap(({ document, code }) =>
    code
      .trim()
      .split('\n')
      .map((command) => [document, command] as const),
  );

test('there are commands', () => {
  expect(commands.length).toBeGreaterThan(12);
});

test.each(commands)('%s: %s', async (_, command) => {
  expect(command).toMatch(/^npx fovea /);
  const shell = spawn('sh', ['-c', `npx() { shift; ${program} "$@"; }\n${command}`], {
    cwd: project.folder,
    stdio: 'pipe',
  });
  const { status, stderr } = await ended(shell);
  if (status !== 0) throw new Error(`It ended with ${status}: ${stderr}`);
});

test('npm has the scripts that documents name', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Record<string, string>;
  };
  const text = documents.map((document) => readFileSync(document, 'utf8')).join('\n');
  const named = [...text.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test('the flags of the service are those that it has, with their defaults', async () => {
  const rows = [...service.matchAll(/^\| `(--max-\S+)` \| `(\w+)` \| (\d+)/gm)];
  const told = Object.fromEntries(rows.map(([, , option, value]) => [option!, Number(value)]));
  expect(told).toEqual(defaultLimits);
  const help = (await runFovea(project, ['serve', '--help'])).stdout.toString();
  const flags = [...help.matchAll(/--max-[a-z-]+/g)].map(([flag]) => flag);
  expect(rows.map(([, flag]) => flag)).toEqual(flags);
});
