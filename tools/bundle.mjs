// node tools/bundle.mjs ENGINE...
// Bundles the TypeScript of web/src into dist/, for the engines named: one module for the page, one for
// the worker, each complete in itself, and one that imports the page's. Emscripten's glue is a file of its
// own as well, for pages without a worker and for threads, which start from it.
// Then what Node runs, of node/: the command line and the service, with the libraries they need.

import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { eagerCompilation, includedGlue } from './lib/engine-files.mjs';
import { bundledPackages, writeNotices } from './lib/notices.mjs';
import { distDir, projectDir } from './lib/project.mjs';

/** @type {import('esbuild').BuildOptions} */
const common = {
  outdir: distDir,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  external: ['./wasm/*', 'node:*'],
  sourcemap: true,
  metafile: true,
  logLevel: 'warning',
};
/** One file less to fetch before an engine starts. */
const glue = includedGlue(process.argv.slice(2));
const networks = ['x2', 'x2-fast', 'x2-web', 'x3', 'x4'].flatMap((name) => [name, `${name}-int8`]);
const source = (/** @type {string} */ name) => join(projectDir, `web/src/${name}.ts`);

/** Has a module import the page's instead of containing it: Tensor is one class in both. */
const besideIndex = {
  name: 'beside-index',
  setup: (/** @type {import('esbuild').PluginBuild} */ { onResolve }) =>
    onResolve({ filter: /^\.\.\/index\.js$/ }, () => ({ path: './index.js', external: true })),
};

/**
 * Keeps in a script of its own what only some programs import, when they need it.
 *
 * @type {import('esbuild').Plugin}
 */
const apart = {
  name: 'apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\.\/(remote|node-worker)\.js$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path: path.slice(1), external: true } : undefined,
    ),
};

const scripts = await build({
  ...common,
  plugins: [glue, apart],
  entryPoints: ['index', 'static', 'remote', 'node-worker', 'encryption', 'edit'].map(source),
});
const beside = await build({
  ...common,
  entryPoints: ['ort', 'quantize'].map(source),
  plugins: [besideIndex, apart],
});
await build({
  ...common,
  outbase: join(projectDir, 'web/src'),
  entryPoints: ['models', ...networks.map((name) => `models/${name}`)].map(source),
});
// Bundlers take the worker's script as it is.
const worker = await build({
  ...common,
  entryPoints: ['worker', 'tools-worker', 'quantiser-worker'].map(source),
  plugins: [glue],
  minify: true,
  banner: { js: eagerCompilation },
});

// Libraries in CommonJS ask for Node's modules by a function that modules do not have.
const requiring = [
  "import { createRequire } from 'node:module';",
  'const require = createRequire(import.meta.url);',
].join('\n');
const programs = await build({
  outdir: distDir,
  outbase: join(projectDir, 'node'),
  entryPoints: ['cli/main', 'cli/thread', 'serve/index'].map((name) =>
    join(projectDir, `node/${name}.ts`),
  ),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // The package itself, by its own name, and what its user installs.
  external: ['fovea', 'fovea/*', 'sharp'],
  minify: true,
  keepNames: true,
  banner: { js: requiring },
  metafile: true,
  logLevel: 'warning',
});
chmodSync(join(distDir, 'cli/main.js'), 0o755);
writeNotices([
  {
    files: 'dist/index.js, dist/worker.js and others',
    packages: bundledPackages(scripts, beside, worker),
  },
  { files: 'dist/cli and dist/serve', packages: bundledPackages(programs) },
]);
