// Which suites have passed, and with what in front of them: what has not changed since is not tested
// again.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildDir } from './project.mjs';
import { absolute, sourceFiles } from './sources.mjs';
import { contentKey } from './stamp.mjs';

/**
 * What a suite's result depends on.
 *
 * @typedef {object} Inputs
 * @property {string[]} sources files and folders of the checkout, or endings like `.py`
 * @property {string[]} [built] folders that the project builds
 * @property {(string | undefined)[]} [programs] versions of programs that take part
 */

/**
 * A key of everything that a suite depends on, the tools that run it included; undefined where the
 * project's files cannot be listed.
 *
 * @param {Inputs} inputs
 * @returns {string | undefined}
 */
export function keyOf({ sources, built = [], programs = [] }) {
  const always = ['tools', 'package.json', 'package-lock.json'];
  const wanted = [...always, ...sources];
  const files = sourceFiles().filter((file) => wanted.some((source) => covers(source, file)));
  if (files.length === 0) return undefined;
  const hash = createHash('sha256').update([process.version, ...programs].join('\n'));
  return hash.update(contentKey(...[...files, ...built].map(absolute))).digest('hex');
}

/**
 * @param {string} source
 * @param {string} file
 */
function covers(source, file) {
  const isEnding = source.startsWith('.');
  return isEnding ? file.endsWith(source) : file === source || file.startsWith(`${source}/`);
}

/**
 * How many tests of a suite passed when it last ran with this key and all of them did; else undefined.
 *
 * @param {string} suite
 * @param {string | undefined} key
 * @returns {number | undefined}
 */
export function passedBefore(suite, key) {
  if (key === undefined || !existsSync(stampOf(suite))) return undefined;
  const [passedKey, passed] = readFileSync(stampOf(suite), 'utf8').split('\n');
  return passedKey === key ? Number(passed) : undefined;
}

/** Forgets that a suite has passed. @param {string} suite */
export function forgetPassed(suite) {
  rmSync(stampOf(suite), { force: true });
}

/**
 * @param {string} suite
 * @param {string} key
 * @param {number} passed
 */
export function rememberPassed(suite, key, passed) {
  mkdirSync(dirname(stampOf(suite)), { recursive: true });
  writeFileSync(stampOf(suite), `${key}\n${passed}`);
}

/** @param {string} suite */
function stampOf(suite) {
  return join(buildDir, 'passed', suite.replaceAll(':', '-'));
}
