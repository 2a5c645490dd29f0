// The project's own source files.

import { join } from 'node:path';
import { projectDir } from './project.mjs';
import { outputOf } from './process.mjs';

/** Paths, relative to the checkout, of files git knows or would add, with one of these endings. */
export function sourceFiles(...endings) {
  const listed = outputOf(['git', 'ls-files', '--cached', '--others', '--exclude-standard']) ?? '';
  return listed.split('\n').filter((file) => endings.some((ending) => file.endsWith(ending)));
}

/** The project's C++ files. */
export const cppFiles = () => sourceFiles('.h', '.cpp');

/** The full path of a file of the project. */
export const absolute = (file) => join(projectDir, file);
