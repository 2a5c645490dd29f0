// Checks the Python files with Ruff by training/ruff.toml; with --write, formats them instead.

import { readFileSync, writeFileSync } from 'node:fs';
import { PositionEncoding, Workspace } from '@astral-sh/ruff-wasm-nodejs';
import { parse } from 'smol-toml';
import { absolute, sourceFiles } from './lib/sources.mjs';

const files = sourceFiles('.py');
const ruff = new Workspace(options(), PositionEncoding.Utf16);

if (process.argv.includes('--write')) {
  for (const file of files) writeFileSync(absolute(file), ruff.format(read(file)));
} else {
  const problems = files.flatMap(check);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** This Ruff sees no files: it has to be told which modules are the project's. */
function options() {
  const settings = parse(read('training/ruff.toml'));
  const { lint = {} } = /** @type {{lint?: object}} */ (settings);
  const modules = files.flatMap((file) => file.replace(/\.py$/, '').split('/'));
  return { ...settings, lint: { ...lint, isort: { 'known-first-party': modules } } };
}

/**
 * @param {string} file
 * @returns {string[]} what is wrong with it
 */
function check(file) {
  const text = read(file);
  /** @type {import('@astral-sh/ruff-wasm-nodejs').Diagnostic[]} */
  const diagnostics = ruff.check(text);
  const found = diagnostics.map(({ code, message, start_location: { row, column } }) => {
    return `${file}:${row}:${column}: ${code} ${message}`;
  });
  return ruff.format(text) === text ? found : [...found, `${file}: not formatted`];
}

/** @param {string} file */
function read(file) {
  return readFileSync(absolute(file), 'utf8');
}
