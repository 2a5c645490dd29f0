// Debian 13 in a folder of its own: it packages Emscripten, and its root needs no trust in anything
// but the distribution's signed archive.

import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheDir, projectDir } from './project.mjs';
import { asRoot, run } from './process.mjs';
import { isDone } from './stamp.mjs';

/** The root directory of the Debian 13 system. */
export const debianRoot = join(cacheDir, 'debian13');

const packages = ['emscripten', 'cmake', 'ninja-build', 'libonnx-dev', 'libonnx-testdata'];
const key = packages.join(' ');
const stampName = 'fovea-packages';
const enterRoot = join(projectDir, 'tools/lib/enter-root.sh');

/** Whether the root is there with everything in it. */
export function debianIsReady() {
  return isDone(join(debianRoot, stampName), key);
}

/**
 * Sets the root up, about a minute and 3 GB.
 *
 * It grows under another name and is renamed when complete, so an interrupted or a second concurrent
 * set-up does no harm.
 */
export async function setUpDebian(log) {
  mkdirSync(cacheDir, { recursive: true });
  await removeLeftovers(log);
  const partial = `${debianRoot}.partial.${process.pid}`;
  await run(asRoot(['unshare', '--mount', 'debootstrap', '--variant=minbase', 'trixie', partial]), {
    log,
  });
  await run(
    inRoot(partial, '0:0', '/tmp', [
      'apt-get',
      'install',
      '--yes',
      '--no-install-recommends',
      ...packages,
    ]),
    { log },
  );
  await run(inRoot(partial, '0:0', '/tmp', ['apt-get', 'clean']), { log });
  // Emscripten builds system libraries into its cache as they are needed.
  await run(asRoot(['chown', '-R', owner(), join(partial, 'usr/share/emscripten/cache')]), { log });
  await run(asRoot(['sh', '-c', 'printf %s "$1" > "$2"', 'sh', key, join(partial, stampName)]), {
    log,
  });
  if (existsSync(debianRoot) && !debianIsReady()) await removeTree(debianRoot, log);
  if (existsSync(debianRoot)) await removeTree(partial, log);
  else renameSync(partial, debianRoot);
}

/** `argv` as it runs inside the root, in the checkout, which has the same path there. */
export function inDebian(argv) {
  return inRoot(debianRoot, owner(), projectDir, argv);
}

function inRoot(root, user, directory, argv) {
  return asRoot(['unshare', '--mount', enterRoot, root, user, directory, ...argv]);
}

function owner() {
  return `${process.getuid()}:${process.getgid()}`;
}

async function removeLeftovers(log) {
  const prefix = `${basename(debianRoot)}.partial.`;
  for (const name of readdirSync(dirname(debianRoot))) {
    if (name.startsWith(prefix) && !isRunning(Number(name.slice(prefix.length)))) {
      await removeTree(join(dirname(debianRoot), name), log);
    }
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function removeTree(path, log) {
  return run(asRoot(['rm', '-rf', '--one-file-system', path]), { log });
}
