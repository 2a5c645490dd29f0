// From TypeScript to what runs: the benchmark's pages, and what Node does for them.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildDir, distDir, projectDir } from '../tools/lib/project.mjs';

const outdir = join(buildDir, 'bench');

/** What the pages of the cold start are served from. */
export const coldStartDir = join(outdir, 'cold-start');

/** @type {import('esbuild').BuildOptions} */
const common = { outdir, bundle: true, format: 'esm', target: 'es2022', logLevel: 'warning' };

/** @param {import('esbuild').BuildOptions} options */
async function bundle(options) {
  // Imported only now: the benchmark may have to install it first.
  const { build } = await import('esbuild');
  await build({ ...common, ...options });
}

/** The scripts of the pages that measure in an ordinary way, into build/bench. */
export async function bundlePages() {
  await bundle({
    entryPoints: ['turns', 'alone', 'models', 'operators', 'pictures', 'int8', 'zoo'].map((name) =>
      join(projectDir, `bench/pages/${name}.ts`),
    ),
    // Measured as a page gets it: the built package.
    external: ['fovea', 'fovea/models', 'fovea/quantize', 'fovea/edit'],
  });
}

/** The pages of the cold start, as a site ships them: complete in themselves, and minified. */
export async function bundleColdStart() {
  await bundle({
    outdir: coldStartDir,
    entryPoints: ['fovea', 'onnxruntime-web'].map((name) =>
      join(projectDir, `bench/cold-start/${name}.ts`),
    ),
    alias: { fovea: join(distDir, 'index.js') },
    minify: true,
  });
}

/** The benchmark's modules that run in Node. @typedef {typeof import('./node.js')} Library */

/** @returns {Promise<Library>} */
export async function bundleForNode() {
  await bundle({
    entryPoints: [join(projectDir, 'bench/node.ts')],
    platform: 'node',
    packages: 'external',
  });
  return import(pathToFileURL(join(outdir, 'node.js')).href);
}
