// Debian's package manager on this machine.

import { asRoot, findProgram, run } from './process.mjs';

/**
 * Installs Debian packages.
 *
 * @param {string[]} names
 * @param {string} [log]
 * @throws where there is no apt-get, naming what to install by other means
 */
export async function installWithApt(names, log) {
  if (!findProgram('apt-get')) {
    throw new Error(`Please install what these Debian packages contain: ${names.join(', ')}`);
  }
  await run(asRoot(['apt-get', 'update']), { log });
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...names];
  await run(asRoot(['env', 'DEBIAN_FRONTEND=noninteractive', ...install]), { log });
}
