// The compiler to WebAssembly: the user's own emcc, or the one in the Debian 13 root.

import { inDebian, setUpDebian } from './debian13.mjs';
import { outputOf } from './process.mjs';
import { messageOf } from './steps.mjs';

/**
 * The oldest Emscripten the tests run with. Relaxed SIMD has its final opcodes in it, and embind
 * needs no code generation at run time (-sEMBIND_AOT), which a strict Content-Security-Policy forbids.
 */
const oldest = '3.1.69';

/** The version of the emcc on the PATH when it is new enough, else undefined. */
export function emccOnPath() {
  onPath ??= { version: usableVersion() };
  return onPath.version;
}

/** @type {{version: string | undefined} | undefined} */
let onPath;

function usableVersion() {
  const version = /\b(\d+\.\d+\.\d+)\b/.exec(outputOf(['emcc', '--version']) ?? '')?.[1];
  return version !== undefined && compareVersions(version, oldest) >= 0 ? version : undefined;
}

/**
 * Finds Emscripten, setting it up first where there is none.
 *
 * @param {string} [log]
 * @returns {Promise<{id: string, wrap: (argv: string[]) => string[]}>} `id` changes with the
 *   compiler; `wrap` turns a command into one that runs where the compiler is
 */
export async function emscripten(log) {
  const version = emccOnPath();
  if (version !== undefined) return { id: `emcc ${version} from the PATH`, wrap: (argv) => argv };
  if (process.platform !== 'linux') {
    throw new Error(`Install Emscripten ${oldest} or newer (emsdk) and put emcc on the PATH.`);
  }
  try {
    await setUpDebian('emscripten', log);
  } catch (error) {
    const advice =
      'Emscripten could not be set up in a Debian root, which needs root, debootstrap and the right' +
      ` to mount. Install Emscripten ${oldest} or newer (emsdk) and put emcc on the PATH instead.`;
    throw new Error(`${messageOf(error)}\n${advice}`, { cause: error });
  }
  return { id: 'Debian 13', wrap: inDebian };
}

/**
 * @param {string} a
 * @param {string} b
 * @returns {number} less than 0 where a is the older
 */
function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}
