// Configuring and building CMake presets.

import { readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { inDebian, setUpDebian } from './debian13.mjs';
import { emccOnPath, emscripten } from './emscripten.mjs';
import { buildDir, projectDir } from './project.mjs';
import { findProgram, run } from './process.mjs';
import { contentKey, once } from './stamp.mjs';

const nodeForEmscripten = join(projectDir, 'tools/lib/emscripten-node.sh');

/** @typedef {{configurePresets: {name: string, hidden?: boolean}[]}} Presets */

/**
 * How a preset is configured, and how commands run where its compiler is.
 *
 * @typedef {object} Toolchain
 * @property {string} id changes with the compiler
 * @property {(argv: string[]) => string[]} wrap
 * @property {(preset: string) => string[]} configure
 */

/** The names of the presets of CMakePresets.json that can be built. */
export function presetNames() {
  const { configurePresets } = /** @type {Presets} */ (
    JSON.parse(readFileSync(join(projectDir, 'CMakePresets.json'), 'utf8'))
  );
  return configurePresets.filter((preset) => !preset.hidden).map((preset) => preset.name);
}

/**
 * Builds targets of a preset (all when none is named), configuring it first when needed.
 *
 * @param {string} preset as in CMakePresets.json; `wasm-*` is built by Emscripten
 * @param {{targets?: string[], log?: string}} [options]
 */
export async function buildPreset(preset, { targets = [], log } = {}) {
  const toolchain = await toolchainOf(preset, log);
  const folder = join(buildDir, preset);
  const presets = contentKey(join(projectDir, 'CMakePresets.json'));
  await once(join(folder, '.configured'), `${toolchain.id}\n${presets}`, async () => {
    // Objects of another compiler or of other flags are of no use.
    rmSync(folder, { recursive: true, force: true });
    await run(toolchain.configure(preset), { log });
  });
  const jobs = process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? `${availableParallelism()}`;
  const build = ['cmake', '--build', folder, '--parallel', jobs];
  if (targets.length > 0) build.push('--target', ...targets);
  await run(toolchain.wrap(build), { log });
}

/** Presets with sanitizers: clang compiles them in half of g++'s time. */
const sanitized = ['native', 'native-threads'];

/** The sanitizers' clang is the Debian root's, where Emscripten is in that root too. */
const clangInDebian = () => emccOnPath() === undefined && process.platform === 'linux';

/**
 * Whether a preset's programs are compiled for this machine, but inside the Debian root.
 *
 * @param {string} preset
 */
export function isNativeInDebian(preset) {
  return sanitized.includes(preset) && clangInDebian();
}

/** Sets up the compiler of the presets with sanitizers. @param {string} [log] */
export async function setUpSanitizers(log) {
  if (!clangInDebian()) return "this machine's own compiler";
  await setUpDebian('clang', log);
  return 'Debian 13';
}

/** @param {string} preset @param {string} [log] @returns {Promise<Toolchain>} */
async function toolchainOf(preset, log) {
  if (preset.startsWith('wasm')) return wasmToolchain(log);
  return isNativeInDebian(preset) ? debianToolchain(log) : nativeToolchain();
}

/** @param {string} [log] @returns {Promise<Toolchain>} */
async function debianToolchain(log) {
  await setUpSanitizers(log);
  const compiler = ['-DCMAKE_CXX_COMPILER=clang++-19', '-DCMAKE_CXX_COMPILER_LAUNCHER=ccache'];
  const configure = ['cmake', '-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld', ...compiler, '--preset'];
  return {
    id: 'clang of Debian 13',
    wrap: inDebian,
    configure: (preset) => inDebian([...configure, preset]),
  };
}

/** @param {string} [log] @returns {Promise<Toolchain>} */
async function wasmToolchain(log) {
  const { id, wrap: toCompiler } = await emscripten(log);
  /** @param {string[]} argv */
  const wrap = (argv) => toCompiler(['env', `EM_NODE_JS=${nodeForEmscripten}`, ...argv]);
  return { id, wrap, configure: (preset) => wrap(['emcmake', 'cmake', '--preset', preset]) };
}

/** @returns {Toolchain} */
function nativeToolchain() {
  const launcher = findProgram('ccache') ? ['-DCMAKE_CXX_COMPILER_LAUNCHER=ccache'] : [];
  return {
    id: `native ${launcher}`,
    wrap: (argv) => argv,
    configure: (preset) => ['cmake', '--preset', preset, ...launcher],
  };
}
