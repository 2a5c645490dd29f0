// What the package owes to others: their notices and licences, in one file of it.

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { distDir, projectDir } from './project.mjs';

const rule = `\n${'-'.repeat(80)}\n\n`;

/** The name of the file of dist/. */
export const noticesFile = 'THIRD-PARTY-NOTICES.txt';

/** Licences of Node packages that bring none along. */
const ownNotices = join(projectDir, 'notices/packages');

/**
 * Node packages of which parts are in files of dist/.
 *
 * @typedef {object} Bundled
 * @property {string} files
 * @property {string[]} packages their folders
 */

/**
 * The folders of the Node packages that esbuild put into what it built.
 *
 * @param {{metafile?: import('esbuild').Metafile}[]} results
 * @returns {string[]}
 */
export function bundledPackages(...results) {
  return packagesOf(results.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {})));
}

/**
 * The folders of the Node packages that these files are of.
 *
 * @param {string[]} files
 * @returns {string[]}
 */
export function packagesOf(files) {
  const folders = files.flatMap(
    (file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? [],
  );
  return [...new Set(folders)].sort();
}

/**
 * The notices of all that is in the package and is not the project's own: of Node packages, of what
 * is linked into the engine (notices/), and of the networks.
 *
 * @param {Bundled[]} bundled
 * @throws for a package whose licence is nowhere
 */
export function notices(bundled) {
  const folder = join(projectDir, 'notices');
  const engine = readdirSync(folder).filter((file) => file.endsWith('.txt'));
  return [
    'Fovea is under the MIT licence, in the file LICENSE. Parts of others come with it, under these.\n',
    ...bundled.flatMap(packageNotices),
    ...engine.map((file) => readFileSync(join(folder, file), 'utf8')),
    readFileSync(join(projectDir, 'models/LICENSE'), 'utf8'),
  ].join(rule);
}

/** Writes them into dist/. @param {Bundled[]} bundled */
export function writeNotices(bundled) {
  writeFileSync(join(distDir, noticesFile), notices(bundled));
}

/** Those of packages under the same licence, with the same owner, in one. @param {Bundled} bundled */
function packageNotices({ files, packages }) {
  /** @type {Map<string, string[]>} */
  const names = new Map();
  for (const folder of packages) {
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licence = licenceOf(name, join(projectDir, folder));
    names.set(licence, [...new Set([...(names.get(licence) ?? []), name])]);
  }
  return [...names].map(([licence, sharing]) => {
    const listed = sharing.map((name) => `${name}: parts of it are in ${files}.\n`);
    return `${listed.join('')}\n${licence}`;
  });
}

/** @param {string} name @param {string} folder */
function licenceOf(name, folder) {
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)/i.test(each));
  if (file) return readFileSync(join(folder, file), 'utf8');
  const own = join(ownNotices, `${name.replaceAll('/', '-')}.txt`);
  if (existsSync(own)) return readFileSync(own, 'utf8');
  throw new Error(`${name} is bundled and brings no licence: write ${own}`);
}
