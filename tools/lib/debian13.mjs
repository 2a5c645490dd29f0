// Debian 13 in a folder of its own: it packages Emscripten and PyTorch, and its root needs no trust
// in anything but the distribution's signed archive.

import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { installWithApt } from './apt.mjs';
import { cacheDir, projectDir } from './project.mjs';
import { asRoot, findProgram, run } from './process.mjs';
import { isDone } from './stamp.mjs';

/** The root directory of the Debian 13 system. */
export const debianRoot = join(cacheDir, 'debian13');

/** @typedef {'emscripten' | 'clang' | 'python'} SetName */

/**
 * What the root can hold, each set installed when it is first asked for. `writable` is a folder its
 * programs write to.
 *
 * @type {Record<SetName, {packages: string[], writable?: string}>}
 */
const sets = {
  emscripten: {
    packages: ['emscripten', 'cmake', 'ninja-build', 'libonnx-dev'],
    // Emscripten builds system libraries into its cache as they are needed.
    writable: 'usr/share/emscripten/cache',
  },
  clang: {
    // Emscripten's clang, as a compiler for this machine: sanitizers, and what a test compares with.
    packages: ['clang-19', 'lld-19', 'libclang-rt-19-dev', 'cmake', 'ninja-build', 'ccache'].concat(
      ['protobuf-compiler', 'libprotobuf-dev'],
    ),
  },
  python: {
    // Node compares what the engine computes.
    packages: ['torch', 'onnx', 'onnxruntime', 'numpy', 'pil', 'scipy', 'matplotlib', 'tqdm']
      .map((name) => `python3-${name}`)
      .concat('nodejs'),
  },
};

const toolsDir = join(projectDir, 'tools/lib');
const enterRoot = join(toolsDir, 'enter-root.sh');

/** Whether the root is there with everything of a set in it. @param {SetName} set */
export function debianHas(set) {
  return isDone(stampOf(set), keyOf(set));
}

/**
 * Sets the root up with a set of packages, unless that has been done: about a minute each and 3 GB
 * for `emscripten`, 1.3 GB more for `python`, little more for `clang`.
 *
 * @param {SetName} set
 * @param {string} [log]
 * @returns {Promise<void>}
 */
export function setUpDebian(set, log) {
  const done = last.then(() => install(set, log));
  last = done.catch(() => undefined);
  return done;
}

/** Sets are installed one after the other. @type {Promise<unknown>} */
let last = Promise.resolve();

/** @param {SetName} set @param {string} [log] */
async function install(set, log) {
  if (debianHas(set)) return;
  if (!existsSync(debianRoot)) await makeRoot(log);
  const { packages, writable } = sets[set];
  await run(inRoot('0:0', toolsDir, ['./install-packages.sh', ...packages]), { log });
  if (writable) await run(asRoot(['chown', '-R', owner(), join(debianRoot, writable)]), { log });
  await run(asRoot(['sh', '-c', 'printf %s "$1" > "$2"', 'sh', keyOf(set), stampOf(set)]), { log });
}

/**
 * `argv` as it runs inside the root, in the checkout, which has the same path there.
 *
 * @param {string[]} argv
 */
export function inDebian(argv) {
  return inRoot(owner(), projectDir, argv);
}

/**
 * The bare system. It grows under another name and is renamed when complete, so an interrupted or a
 * second concurrent set-up does no harm.
 *
 * @param {string} [log]
 */
async function makeRoot(log) {
  mkdirSync(cacheDir, { recursive: true });
  await removeLeftovers(log);
  if (!findProgram('debootstrap')) await installWithApt(['debootstrap'], log);
  const partial = `${debianRoot}.partial.${process.pid}`;
  const debootstrap = ['debootstrap', '--variant=minbase', 'trixie', partial];
  await run(asRoot(['unshare', '--mount', ...debootstrap]), { log });
  if (existsSync(debianRoot)) await removeTree(partial, log);
  else renameSync(partial, debianRoot);
}

/**
 * @param {string} user user and group, like `0:0`
 * @param {string} directory
 * @param {string[]} argv
 */
function inRoot(user, directory, argv) {
  return asRoot(['unshare', '--mount', enterRoot, debianRoot, user, directory, ...argv]);
}

/** @param {SetName} set */
function stampOf(set) {
  return join(debianRoot, `fovea-${set}`);
}

/** @param {SetName} set */
function keyOf(set) {
  return sets[set].packages.join(' ');
}

function owner() {
  return `${process.getuid?.()}:${process.getgid?.()}`;
}

/** @param {string} [log] */
async function removeLeftovers(log) {
  const prefix = `${basename(debianRoot)}.partial.`;
  for (const name of readdirSync(dirname(debianRoot))) {
    if (name.startsWith(prefix) && !isRunning(Number(name.slice(prefix.length)))) {
      await removeTree(join(dirname(debianRoot), name), log);
    }
  }
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * @param {string} path
 * @param {string} [log]
 */
function removeTree(path, log) {
  return run(asRoot(['rm', '-rf', '--one-file-system', path]), { log });
}
