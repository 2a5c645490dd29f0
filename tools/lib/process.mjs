// Running other programs.

import { execFileSync, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { projectDir } from './project.mjs';

/** A program ended with a status other than 0. */
export class CommandError extends Error {
  /** @override */
  name = 'CommandError';

  /**
   * @param {string[]} argv
   * @param {string} status
   */
  constructor(argv, status) {
    super(`${argv.slice(0, 12).join(' ')}${argv.length > 12 ? ' ...' : ''} ended with ${status}`);
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} [log] the file that output is appended to; without, it goes to the terminal
 * @property {Record<string, string>} [env] variables besides those of this process
 * @property {number} [timeout] in milliseconds
 */

/**
 * Runs a program to its end, in the checkout.
 *
 * @param {string[]} argv program and arguments
 * @param {RunOptions} [options]
 * @returns {Promise<void>}
 * @throws CommandError when it fails
 */
export async function run(argv, { log, env = {}, timeout } = {}) {
  const output = log === undefined ? undefined : openLog(log);
  const child = spawn(argv[0], argv.slice(1), {
    cwd: projectDir,
    env: { ...process.env, ...env },
    timeout,
    stdio: output === undefined ? 'inherit' : ['ignore', output, output],
  });
  if (output !== undefined) closeSync(output);
  /** @type {number | NodeJS.Signals | null} */
  const status = await new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', (code, signal) => done(signal ?? code));
  });
  if (status === 0) return;
  throw new CommandError(argv, typeof status === 'string' ? status : `status ${status}`);
}

/**
 * What a program prints, or undefined when it cannot be run or fails.
 *
 * @param {string[]} argv program and arguments
 */
export function outputOf(argv) {
  try {
    return execFileSync(argv[0], argv.slice(1), {
      cwd: projectDir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 64 << 20,
    }).trim();
  } catch {
    return undefined;
  }
}

/**
 * The full path of the first of `names` on the PATH, or undefined.
 *
 * @param {string[]} names
 */
export function findProgram(...names) {
  // Administrators' programs (debootstrap) are not on every user's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => isExecutable(file));
}

/**
 * `argv` as the administrator runs it: itself for root, through sudo for others.
 *
 * @param {string[]} argv
 */
export function asRoot(argv) {
  if (process.getuid?.() === 0) return argv;
  if (findProgram('sudo')) return ['sudo', ...argv];
  throw new Error(`This needs root or sudo: ${argv.join(' ')}`);
}

/** @param {string} log */
function openLog(log) {
  mkdirSync(dirname(log), { recursive: true });
  return openSync(log, 'a');
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
