// Where bench_kernels runs. Each host calls `onLine` for every line the program writes.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromiumLaunchOptions } from '../../tools/lib/chromium.mjs';
import { buildDir, projectDir } from '../../tools/lib/project.mjs';
import { launcher } from '../../tools/lib/runners.mjs';
import { bundleForNode } from '../bundle.mjs';
import { launchOther } from '../parts/others.mjs';
import { measureInOther, measureInPage } from '../parts/page.mjs';

/**
 * Runs bench_kernels of a preset, on the kernels whose names contain `filter`.
 *
 * @typedef {(preset: string, filter: string, onLine: (line: string) => void) => Promise<void>} Host
 */

/** @type {Record<string, Host>} */
export const hosts = {
  chromium: runInChromium,
  firefox: inOther('firefox'),
  webkit: inOther('webkit'),
  node: runAsProcess,
};

/** @type {Host} */
async function runInChromium(preset, filter, onLine) {
  // Imported only now: it is a package that the benchmark may have to install first.
  const { chromium } = await import('@playwright/test');
  const url = await servePage(preset, filter);
  const browser = await chromium.launch(chromiumLaunchOptions());
  try {
    /** @type {Ended} */
    const ended = await measureInPage(browser, url, { onConsole: onLine });
    mustHaveSucceeded(preset, ended);
  } finally {
    await browser.close();
  }
}

/**
 * In a browser whose console nobody sees: all lines come at the end.
 *
 * @param {import('../parts/others.mjs').OtherName} name
 * @returns {Host}
 */
function inOther(name) {
  return async (preset, filter, onLine) => {
    const url = await servePage(preset, filter);
    const browser = await launchOther(name, await bundleForNode());
    try {
      /** @type {Ended} */
      const ended = await measureInOther(browser, url);
      ended.lines.forEach(onLine);
      mustHaveSucceeded(preset, ended);
    } finally {
      await browser.close();
    }
  };
}

/** What bench/kernels.html leaves. @typedef {{status: number, lines: string[]}} Ended */

/**
 * @param {string} preset
 * @param {string} filter
 * @returns {Promise<URL>} of the page that runs the program
 */
async function servePage(preset, filter) {
  // Imported only now: it needs a package that the benchmark may have to install first.
  const { serve } = await import('../../tools/lib/serve.mjs');
  const query = new URLSearchParams({ preset, filter });
  return new URL(`bench/kernels.html?${query}`, await serve(projectDir, { port: 4380 }));
}

/**
 * @param {string} preset
 * @param {Ended} ended
 */
function mustHaveSucceeded(preset, { status }) {
  if (status !== 0) throw new Error(`bench_kernels of ${preset} ended with ${status}`);
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
