// Doing work once: a stamp file remembers the key the work was last finished for.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { projectDir } from './project.mjs';

/**
 * Runs `work` unless `stamp` already records `key`.
 *
 * The stamp is removed first and written last, so work that was interrupted is done again.
 *
 * @param {string} stamp the stamp's file
 * @param {string} key
 * @param {() => unknown} work
 * @returns {Promise<boolean>} whether there was anything to do
 */
export async function once(stamp, key, work) {
  if (isDone(stamp, key)) return false;
  rmSync(stamp, { force: true });
  await work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, key);
  return true;
}

/**
 * Whether `stamp` records `key`.
 *
 * @param {string} stamp
 * @param {string} key
 */
export function isDone(stamp, key) {
  try {
    return readFileSync(stamp, 'utf8') === key;
  } catch {
    return false;
  }
}

/**
 * A key for the names and contents of files; folders count with everything below them. Checkouts in
 * different folders get the same key for the same files, since they may share what is made of them.
 *
 * @param {string[]} paths
 */
export function contentKey(...paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap(filesBelow)) {
    hash.update(`${relative(projectDir, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesBelow(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return [];
  if (!entry.isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .filter((name) => name !== 'node_modules')
    .flatMap((name) => filesBelow(join(path, name)));
}
