// npm run bench [-- --networks espcn,rrdb] [--rounds N] [--warm-up N] [--quick] [--json FILE]
// Measures the package in dist/ against others in Chromium; the results go to build/bench.json.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { build } from 'esbuild';
import { chromiumLaunchOptions } from '../tools/lib/chromium.mjs';
import { buildDir, projectDir } from '../tools/lib/project.mjs';
import { serve } from '../tools/lib/serve.mjs';
import { engineSizes } from './sizes.mjs';

const { values } = parseArgs({
  options: {
    networks: { type: 'string' },
    rounds: { type: 'string' },
    'warm-up': { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string', default: join(buildDir, 'bench.json') },
  },
});

await bundlePage();
const server = await serve(projectDir, { port: 4180 });
const benchmark = await measureInChromium(new URL(`bench/index.html?${query(values)}`, server));
const sizes = engineSizes();
console.log(`\n${benchmark.table}\n\n${sizes.text}\n`);
for (const problem of benchmark.problems) console.error(problem);

const file = resolve(values.json);
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ ...benchmark, sizes: sizes.files }, null, 2)}\n`);
console.log(`Written to ${file}`);
process.exit(benchmark.problems.length === 0 ? 0 : 1);

function query({ networks, rounds, 'warm-up': warmUp, quick }) {
  const chosen = {
    networks,
    rounds: rounds ?? (quick && '3'),
    'warm-up': warmUp ?? (quick && '2'),
  };
  return new URLSearchParams(Object.entries(chosen).filter(([, value]) => value));
}

async function bundlePage() {
  await build({
    entryPoints: [join(projectDir, 'bench/page.ts')],
    outfile: join(buildDir, 'bench/page.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    // Measured as a page gets it: the built package.
    external: ['fovea'],
    logLevel: 'warning',
  });
}

async function measureInChromium(url) {
  const browser = await chromium.launch(chromiumLaunchOptions());
  try {
    const page = await browser.newPage();
    page.on('console', (message) => console.log(message.text()));
    page.on('pageerror', (error) => console.error(error));
    await page.goto(url.href);
    const done = await page.waitForFunction(() => window.benchmark, undefined, { timeout: 0 });
    return await done.jsonValue();
  } finally {
    await browser.close();
  }
}
