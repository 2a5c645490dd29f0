// Bundles the TypeScript of web/src into dist/: one module for the page, one for the worker, each
// complete in itself. Emscripten's glue stays outside, because it finds its .wasm by its own address.

import { join } from 'node:path';
import { build } from 'esbuild';
import { singleThreadedGlue } from './lib/engine-files.mjs';
import { distDir, projectDir } from './lib/project.mjs';

await build({
  entryPoints: ['index', 'worker'].map((name) => join(projectDir, `web/src/${name}.ts`)),
  outdir: distDir,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  // One file less to fetch before an engine starts.
  alias: { 'fovea-glue': singleThreadedGlue() },
  external: ['./wasm/*', 'node:*', 'module'],
  sourcemap: true,
  logLevel: 'warning',
});
