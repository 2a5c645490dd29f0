// What the documents say of the command line and the service is so.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { defaultLimits } from '../../node/serve/options.js';
import { smallNetwork } from '../support/small-network.js';
import { installPackage, type UserProject } from './support/installed.js';
import { ended, linkPackages, runFovea } from './support/programs.js';
import { noise } from './support/services.js';

const commandLine = readFileSync('docs/command-line.md', 'utf8');
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

const examples = [...commandLine.matchAll(/^npx (fovea .*)$/gm)].map(([, example]) => example!);

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(7);
});

test.each(examples)('%s', async (example) => {
  const program = 'fovea() { node node_modules/fovea/dist/cli/main.js "$@"; }';
  const { folder } = project;
  const shell = spawn('sh', ['-c', `${program}\n${example}`], { cwd: folder, stdio: 'pipe' });
  const { status, stderr } = await ended(shell);
  if (status !== 0) throw new Error(`It ended with ${status}: ${stderr}`);
});

test('the flags of the service are those that it has, with their defaults', async () => {
  const rows = [...service.matchAll(/^\| `(--max-\S+)` \| `(\w+)` \| (\d+)/gm)];
  const told = Object.fromEntries(rows.map(([, , option, value]) => [option!, Number(value)]));
  expect(told).toEqual(defaultLimits);
  const help = (await runFovea(project, ['serve', '--help'])).stdout.toString();
  const flags = [...help.matchAll(/--max-[a-z-]+/g)].map(([flag]) => flag);
  expect(rows.map(([, flag]) => flag)).toEqual(flags);
});
