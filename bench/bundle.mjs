// From TypeScript to what runs: the benchmark's pages, and what Node does for them.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { buildDir, projectDir } from '../tools/lib/project.mjs';

const outdir = join(buildDir, 'bench');
const common = { outdir, bundle: true, format: 'esm', target: 'es2022', logLevel: 'warning' };

/** The scripts of the pages that measure in an ordinary way, into build/bench. */
export async function bundlePages() {
  await build({
    ...common,
    entryPoints: ['turns', 'alone'].map((name) => join(projectDir, `bench/pages/${name}.ts`)),
    // Measured as a page gets it: the built package.
    external: ['fovea'],
  });
}

/** The benchmark's modules that run in Node. */
export async function bundleForNode() {
  await build({
    ...common,
    entryPoints: [join(projectDir, 'bench/node.ts')],
    platform: 'node',
    packages: 'external',
  });
  return import(pathToFileURL(join(outdir, 'node.js')).href);
}
