// What the package owes to others: their notices and licences, in one file of it.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { distDir, projectDir } from './project.mjs';

/** Node packages of which parts are in dist/*.js. */
const bundledPackages = ['comlink', 'wasm-feature-detect'];

const rule = `\n${'-'.repeat(80)}\n\n`;

/** The name of the file of dist/. */
export const noticesFile = 'THIRD-PARTY-NOTICES.txt';

/**
 * The notices of all that is in the package and is not the project's own: of Node packages, of what
 * is linked into the engine (notices/), and of the networks.
 */
export function notices() {
  const scripts = bundledPackages.map((name) => {
    const licence = read('node_modules', name, 'LICENSE');
    return `${name}: parts of it are in dist/index.js and dist/worker.js.\n\n${licence}`;
  });
  const folder = join(projectDir, 'notices');
  const engine = readdirSync(folder).map((file) => read('notices', file));
  return [
    'Fovea is under the MIT licence, in the file LICENSE. Parts of others come with it, under these.\n',
    ...scripts,
    ...engine,
    read('models', 'LICENSE'),
  ].join(rule);
}

/** Writes them into dist/. */
export function writeNotices() {
  writeFileSync(join(distDir, noticesFile), notices());
}

/** @param {string[]} path */
function read(...path) {
  return readFileSync(join(projectDir, ...path), 'utf8');
}
