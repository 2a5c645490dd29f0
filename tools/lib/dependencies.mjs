// Copies third-party headers to build/deps: there they have the same path on the host
// and inside the Debian root, and a compiler searching them sees nothing else of the system.

import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { emccOnPath } from './emscripten.mjs';
import { debianRoot } from './debian13.mjs';
import { depsDir } from './project.mjs';
import { once } from './stamp.mjs';

const hostPrefixes = ['/usr', '/usr/local', '/opt/homebrew'];

/** Copies whatever is missing from build/deps. */
export async function copyDependencies() {
  await copy('include/protozero', hostPrefixes, 'include/protozero');
  await copy('src/googletest/googletest', hostPrefixes, 'googletest');
  const onnxPrefixes = emccOnPath() === undefined ? [join(debianRoot, 'usr')] : hostPrefixes;
  await copy('include/onnx/onnx.proto', onnxPrefixes, 'onnx/onnx.proto');
}

/**
 * @param {string} source path below a prefix
 * @param {string[]} prefixes
 * @param {string} target path in build/deps
 */
async function copy(source, prefixes, target) {
  const from = prefixes.map((prefix) => join(prefix, source)).find((path) => existsSync(path));
  if (from === undefined) throw new Error(`${source} is in none of ${prefixes.join(', ')}`);
  const to = join(depsDir, target);
  await once(join(depsDir, `.${target.replaceAll('/', '-')}`), from, () => {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
  });
}
