// The project's own source files.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from './project.mjs';
import { outputOf } from './process.mjs';

/**
 * Paths, relative to the checkout, of files git knows or would add, with one of these endings; all
 * where none is named.
 *
 * @param {string[]} endings
 */
export function sourceFiles(...endings) {
  const listed = outputOf(['git', 'ls-files', '--cached', '--others', '--exclude-standard']) ?? '';
  const wanted = (/** @type {string} */ file) =>
    endings.length === 0 || endings.some((ending) => file.endsWith(ending));
  return listed.split('\n').filter((file) => file && wanted(file) && existsSync(absolute(file)));
}

/** The project's C++ files. */
export const cppFiles = () => sourceFiles('.h', '.cpp');

/** The full path of a file of the project. @param {string} file */
export const absolute = (file) => join(projectDir, file);
