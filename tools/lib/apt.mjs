// Debian's package manager on this machine.

import { asRoot, findProgram, run } from './process.mjs';

/** Installations wait for each other: apt's locks would make the second fail. @type {Promise<unknown>} */
let last = Promise.resolve();

/**
 * Installs Debian packages.
 *
 * @param {string[]} names
 * @param {string} [log]
 * @returns {Promise<void>}
 * @throws where there is no apt-get, naming what to install by other means
 */
export function installWithApt(names, log) {
  const installed = last.then(() => install(names, log));
  last = installed.catch(() => undefined);
  return installed;
}

/** @param {string[]} names @param {string} [log] */
async function install(names, log) {
  if (!findProgram('apt-get')) {
    throw new Error(`Please install what these Debian packages contain: ${names.join(', ')}`);
  }
  await run(asRoot(['apt-get', 'update']), { log });
  const argv = ['apt-get', 'install', '--yes', '--no-install-recommends', ...names];
  await run(asRoot(['env', 'DEBIAN_FRONTEND=noninteractive', ...argv]), { log });
}
