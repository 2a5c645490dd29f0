// How much a page downloads for the engine.

import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { distDir } from './project.mjs';

/**
 * The most that one build of the engine may have, in bytes: little more than the largest has with all operators and
 * what pictures need. It is to come down to 1,370,000 and 355,000, and nothing else may raise it.
 */
const limit = { raw: 1_486_000, brotli: 437_500 };

/**
 * The most that a program beside the engine may have by brotli: a page fetches it when it is needed.
 */
const programLimits = new Map([
  ['fovea-tools.wasm', 51_000],
  ['fovea-quantiser.wasm', 63_500],
]);

/** The .wasm of every build in dist/. */
export function packagedEngines() {
  const folder = join(distDir, 'wasm');
  const names = readdirSync(folder).filter((name) => name.endsWith('.wasm'));
  return names.map((name) => join(folder, name));
}

/**
 * A file's bytes, as they are and by brotli.
 *
 * @typedef {{name: string, raw: number, brotli: number}} Size
 */

/** @param {string} file @returns {Size} */
export function sizeOf(file) {
  const bytes = readFileSync(file);
  return { name: basename(file), raw: bytes.length, brotli: brotliCompressSync(bytes).length };
}

/** @param {Size} size */
export function describeSize({ name, raw, brotli }) {
  return `${name}: ${kilobytes(raw)}, brotli ${kilobytes(brotli)}`;
}

/** Holds every build to the limit. @returns {Promise<import('./runners.mjs').Result>} */
export async function checkSizes() {
  const sizes = packagedEngines().map(sizeOf);
  const large = sizes.filter(({ name, raw, brotli }) => {
    const most = programLimits.get(name);
    return most === undefined ? raw > limit.raw || brotli > limit.brotli : brotli > most;
  });
  return {
    passed: sizes.length - large.length,
    failed: sizes.length > 0 ? large.length : 1,
    note: sizes.map(describeSize).join('; '),
    error: new Error(
      `At most ${describeSize({ name: 'each', ...limit })}; by brotli ${[...programLimits].join(', ')}`,
    ),
  };
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${Math.round(bytes / 1000)} KB`;
}
