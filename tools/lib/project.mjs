// Where things are: the checkout, what is built in it, and what outlives it.

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const projectDir = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Everything made here except `dist/` and `node_modules/`; deleting it is always safe. */
export const buildDir = join(projectDir, 'build');

/** Third-party headers and test data, copied so that the compiler finds them inside any root. */
export const depsDir = join(buildDir, 'deps');

/** The installable npm package. */
export const distDir = join(projectDir, 'dist');

/** What several checkouts share: the Debian root with Emscripten. */
export const cacheDir = resolve(
  process.env.FOVEA_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'fovea'),
);

/** The engine variants, in the order of `capabilities`: each is a CMake preset `wasm-<variant>`. */
export const variants = ['simd', 'relaxed', 'simd-threads', 'relaxed-threads'];
