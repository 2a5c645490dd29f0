import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as timeout } from 'node:timers/promises';
import { headlessShellLaunchOptions } from '../../tools/lib/chromium.mjs';
import { projectDir } from '../../tools/lib/project.mjs';
import { bundleColdStart, coldStartDir } from '../bundle.mjs';
import { serveFromMemory } from './memory-server.mjs';
import { inTurns, settlingMilliseconds } from './page.mjs';

/** @typedef {import('../run.mjs').Bench} Bench */
/** @typedef {import('../bundle.mjs').Library} Library */
/** @typedef {{name: string, begin: number, end: number}} Span */

/**
 * What a page reports: bench/cold-start/page.ts.
 *
 * @typedef {object} Load
 * @property {number} milliseconds
 * @property {number[]} [sample] some of the pixels
 * @property {Span[]} [steps]
 * @property {Span[]} [fetches]
 */

/** Opens an address and gives what closes the tab. @typedef {(url: string) => Promise<() => Promise<unknown>>} OpenTab */

/** By the names of the pages. @typedef {Record<string, Load[]>} Samples */

// Unless told otherwise, onnxruntime-web computes in the page itself and ours in a worker.
/** @type {Record<string, string>} */
const pages = {
  'onnxruntime-web': 'onnxruntime-web.html',
  'onnxruntime-web, in a worker': 'onnxruntime-web.html?worker=yes',
  fovea: 'fovea.html',
  'fovea, without a worker': 'fovea.html?worker=no',
};

/** When a page that reports nothing is given up. */
const mostMilliseconds = 60_000;

/**
 * From the start of a navigation to the first enlarged pixels, nothing being cached: in Chromium,
 * which without a graphics processor draws its own window on the cores that load the page, and in
 * its headless shell, which has none; or in another browser.
 *
 * @param {Bench} bench
 */
export async function measureColdStart(bench) {
  const { library } = bench;
  const model = library.coldStartModel();
  await bundleColdStart();
  writeFileSync(join(coldStartDir, 'model.onnx'), model);
  const measured = await (bench.other
    ? measureInTabsOf(bench.other, bench)
    : measureInChromiums(bench));
  const task = `128x128 pixels, twice as large, by ${Math.round(model.length / 1000)} KB`;
  return {
    modelBytes: model.length,
    samples: Object.fromEntries(measured.map(({ name, samples }) => [name, samples])),
    table: measured.map(({ name, table }) => `${task}, in ${name}\n\n${table}`).join('\n\n\n'),
    problems: measured.flatMap(({ problems }) => problems),
  };
}

/** @param {Bench} bench */
async function measureInChromiums({ browser, library, options }) {
  const measured = [await measureIn(await chromiumTabs(browser), 'Chromium', library, options)];
  const shell = await launchHeadlessShell();
  if (shell) {
    const tabs = await chromiumTabs(shell);
    measured.push(await measureIn(tabs, "Chromium's headless shell", library, options));
    await shell.close();
  }
  return measured;
}

/**
 * @param {NonNullable<Bench['other']>} other
 * @param {Bench} bench
 */
async function measureInTabsOf(other, { library, options }) {
  /** @type {OpenTab} */
  const openTab = async (url) => {
    const window = await other.openWindow();
    await window.goto(url);
    return () => window.close();
  };
  return [await measureIn(openTab, `${options.browser} ${other.version}`, library, options)];
}

/**
 * @param {OpenTab} openTab
 * @param {string} name
 * @param {Library} library
 * @param {Bench['options']} options
 */
async function measureIn(openTab, name, library, options) {
  const load = pageLoader(openTab);
  const samples = await inTurns(Object.keys(pages), samplesWanted(options), (page) =>
    load(pages[page]),
  );
  const problems = differences(samples, name);
  // The pixels have served.
  for (const loaded of Object.values(samples).flat()) delete loaded.sample;
  const table = `${timesTable(samples, library)}\n\n${stepsTable(samples, library)}`;
  return { name, samples, table, problems };
}

async function launchHeadlessShell() {
  const launchOptions = headlessShellLaunchOptions();
  if (!launchOptions) return undefined;
  // Imported only now: the benchmark may have to install it first.
  const { chromium } = await import('@playwright/test');
  return chromium.launch(launchOptions);
}

/**
 * Each tab is in a browser context of its own. DevTools, which Playwright attaches to pages that it opens itself,
 * would take 8% of the time.
 *
 * @param {Bench['browser']} browser
 * @returns {Promise<OpenTab>}
 */
async function chromiumTabs(browser) {
  const devTools = await browser.newBrowserCDPSession();
  return async (url) => {
    const { browserContextId } = await devTools.send('Target.createBrowserContext');
    await devTools.send('Target.createTarget', { url, browserContextId });
    return () => devTools.send('Target.disposeBrowserContext', { browserContextId });
  };
}

/**
 * What loads one of the pages, and waits for its report.
 *
 * @param {OpenTab} openTab
 * @returns {(page: string) => Promise<Load>}
 */
function pageLoader(openTab) {
  return async (page) => {
    /** @type {(report: unknown) => void} */
    let settle = () => {};
    const reported = new Promise((resolve) => (settle = resolve));
    // As most sites, not cross-origin isolated. Of an origin of its own, so that nothing is cached.
    const server = await serveFromMemory(projectDir, settle);
    const url = new URL('bench/cold-start/link.html', server);
    url.searchParams.set('to', page);
    url.searchParams.set('after', `${settlingMilliseconds}`);
    const closeTab = await openTab(url.href);
    const report = /** @type {Partial<Load> & {error?: string}} */ (
      await Promise.race([reported, timeout(mostMilliseconds, {}, { ref: false })])
    );
    await closeTab();
    if (report.milliseconds === undefined) {
      throw new Error(`${page} ${report.error ?? 'reports nothing'}`);
    }
    return { ...report, milliseconds: report.milliseconds };
  };
}

/** @param {Bench['options']} options */
function samplesWanted({ rounds, quick }) {
  return Number(rounds ?? (quick ? 3 : 9));
}

/**
 * @param {Samples} samples
 * @param {Library} library
 */
function timesTable(samples, { formatMilliseconds, formatRows, median }) {
  const medians = Object.entries(samples).map(([name, loads]) => ({
    name,
    ours: median(loads.map(millisecondsOf)),
  }));
  const [{ ours: inPage }, { ours: inWorker }] = medians;
  return formatRows([
    ['from navigation to first pixels', 'ms', 'times sooner', 'than in a worker'],
    ...medians.map(({ name, ours }) => [
      name,
      formatMilliseconds(ours),
      ...[inPage, inWorker].map((theirs) => (theirs / ours).toFixed(2)),
    ]),
  ]);
}

/**
 * What our page did, and what it and its workers fetched, in the page load of median length.
 *
 * @param {Samples} samples
 * @param {Library} library
 */
function stepsTable({ fovea }, { formatRows }) {
  const byLength = fovea.toSorted((a, b) => millisecondsOf(a) - millisecondsOf(b));
  const { steps = [], fetches = [] } = byLength[byLength.length >> 1];
  const rows = [...steps, ...fetches].sort((a, b) => a.begin - b.begin);
  return formatRows([
    ['our median page load, ms', 'begins', 'ends', 'takes'],
    ...rows.map(({ name, begin, end }) => [
      name,
      ...[begin, end, end - begin].map((time) => time.toFixed(1)),
    ]),
  ]);
}

/** @param {Load} load */
function millisecondsOf({ milliseconds }) {
  return milliseconds;
}

/**
 * All must have computed the same picture, to a level.
 *
 * @param {Samples} samples
 * @param {string} browser
 */
function differences(samples, browser) {
  const [[, theirs], ...others] = Object.entries(samples);
  const expected = sampleOf(theirs);
  return others.flatMap(([name, loads]) => {
    const sample = sampleOf(loads);
    const greatest = Math.max(...expected.map((value, i) => Math.abs(value - sample[i])));
    const problem = `cold start in ${browser}: the pixels of ${name} differ by ${greatest} levels`;
    return greatest <= 1 ? [] : [problem];
  });
}

/** @param {Load[]} loads */
function sampleOf([{ sample }]) {
  if (!sample) throw new Error('A page has reported no pixels');
  return sample;
}
