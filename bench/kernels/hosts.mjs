// Where bench_kernels runs. Each host calls `onLine` for every line the program writes.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromiumLaunchOptions } from '../../tools/lib/chromium.mjs';
import { buildDir, projectDir } from '../../tools/lib/project.mjs';
import { launcher } from '../../tools/lib/runners.mjs';
import { measureInPage } from '../parts/page.mjs';

/**
 * Runs bench_kernels of a preset, on the kernels whose names contain `filter`.
 *
 * @typedef {(preset: string, filter: string, onLine: (line: string) => void) => Promise<void>} Host
 */

/** @type {Record<string, Host>} */
export const hosts = { chromium: runInChromium, node: runAsProcess };

/** @type {Host} */
async function runInChromium(preset, filter, onLine) {
  // Imported only now: they are, or need, packages that the benchmark may have to install first.
  const { chromium } = await import('@playwright/test');
  const { serve } = await import('../../tools/lib/serve.mjs');
  const server = await serve(projectDir, { port: 4380 });
  const browser = await chromium.launch(chromiumLaunchOptions());
  try {
    const query = new URLSearchParams({ preset, filter });
    const url = new URL(`bench/kernels.html?${query}`, server);
    /** @type {{status: number}} */
    const { status } = await measureInPage(browser, url, { onConsole: onLine });
    if (status !== 0) throw new Error(`bench_kernels of ${preset} ended with ${status}`);
  } finally {
    await browser.close();
  }
}

/** WebAssembly in Node, native programs by themselves. @type {Host} */
async function runAsProcess(preset, filter, onLine) {
  const program = preset.startsWith('wasm') ? 'bench_kernels.js' : 'bench_kernels';
  const argv = [...launcher(preset), join(buildDir, preset, 'bench/kernels', program), filter];
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', (status, signal) => done(status ?? signal));
  });
  for await (const line of createInterface({ input: child.stdout })) onLine(line);
  const status = await ended;
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}`);
}
