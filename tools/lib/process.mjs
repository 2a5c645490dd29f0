// Running other programs.

import { execFileSync, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { projectDir } from './project.mjs';

/** A program ended with a status other than 0. */
export class CommandError extends Error {
  constructor(argv, status) {
    super(`${argv.slice(0, 12).join(' ')}${argv.length > 12 ? ' ...' : ''} ended with ${status}`);
    this.name = 'CommandError';
  }
}

/**
 * Runs a program to its end, in the checkout.
 *
 * @param {string[]} argv program and arguments
 * @param {{log?: string, env?: Record<string, string>, timeout?: number}} options with `log`, output
 *   is appended to that file; without, it goes to the terminal; `timeout` in ms
 * @throws CommandError when it fails
 */
export function run(argv, { log, env = {}, timeout } = {}) {
  const output = log === undefined ? 'inherit' : openLog(log);
  const child = spawn(argv[0], argv.slice(1), {
    cwd: projectDir,
    env: { ...process.env, ...env },
    timeout,
    stdio: [log === undefined ? 'inherit' : 'ignore', output, output],
  });
  if (log !== undefined) closeSync(output);
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', (status, signal) =>
      status === 0 ? done() : fail(new CommandError(argv, signal ?? `status ${status}`)),
    );
  });
}

/** What a program prints, or undefined when it cannot be run or fails. */
export function outputOf(argv) {
  try {
    return execFileSync(argv[0], argv.slice(1), {
      cwd: projectDir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** The full path of the first of `names` on the PATH, or undefined. */
export function findProgram(...names) {
  // Administrators' programs (debootstrap) are not on every user's PATH.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => isExecutable(file));
}

/** `argv` as the administrator runs it: itself for root, through sudo for others. */
export function asRoot(argv) {
  if (process.getuid?.() === 0) return argv;
  if (findProgram('sudo')) return ['sudo', ...argv];
  throw new Error(`This needs root or sudo: ${argv.join(' ')}`);
}

function openLog(log) {
  mkdirSync(dirname(log), { recursive: true });
  return openSync(log, 'a');
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
