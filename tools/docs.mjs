// npm run docs: builds the documents as a static site, in build/docs/site.
// npm run docs -- --serve [--port 8081] [--base /fovea/]: and serves it; `--base`: the path it will lie at.

import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildDir, projectDir } from './lib/project.mjs';
import { run } from './lib/process.mjs';
import { nodePackagesStep, nodeTool } from './lib/setup.mjs';
import { sitePages } from './lib/site-pages.mjs';
import { runSteps } from './lib/steps.mjs';

const { values } = parseArgs({
  options: {
    serve: { type: 'boolean', default: false },
    port: { type: 'string', default: '8081' },
    base: { type: 'string', default: '/' },
  },
});

const folder = join(buildDir, 'docs');
const source = join(folder, 'source');
const env = { FOVEA_DOCS_BASE: values.base };
const typedoc = nodeTool('typedoc/bin/typedoc', '--options', 'docs/typedoc.json');
const vitepress = nodeTool('vitepress/bin/vitepress.js', 'build', 'docs');
const isInstalled = existsSync(join(projectDir, 'node_modules/vitepress'));

const done = await runSteps([
  ...(isInstalled ? [] : [nodePackagesStep]),
  { title: 'Put the pages together', run: copyPages },
  { title: 'API reference', run: (log) => run(typedoc, { log }) },
  { title: 'The site', run: (log) => run(vitepress, { log, env }) },
]);
if (!done) process.exit(1);

if (values.serve) {
  // Imported only now: the server is one of the packages that may just have been installed.
  const { serve } = await import('./lib/serve.mjs');
  console.log(
    `\nThe documents: ${await serve(join(folder, 'site'), { port: Number(values.port) })}`,
  );
}

/** Pages lie as in the repository, so that links between them are the same. */
function copyPages() {
  rmSync(source, { recursive: true, force: true });
  for (const file of sitePages()) copy(file, file);
  copy('docs/.vitepress/home.md', 'index.md');
  // VitePress takes from elsewhere what no page of text shows.
  copy('docs/images/before-after.png', 'public/docs/images/before-after.png');
  copy('demo/public/icon.svg', 'public/icon.svg');
}

/**
 * @param {string} from in the checkout
 * @param {string} to in the site's source
 */
function copy(from, to) {
  mkdirSync(dirname(join(source, to)), { recursive: true });
  cpSync(join(projectDir, from), join(source, to));
}
