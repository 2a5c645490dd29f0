import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as timeout } from 'node:timers/promises';
import { headlessShellLaunchOptions } from '../../tools/lib/chromium.mjs';
import { projectDir } from '../../tools/lib/project.mjs';
import { bundleColdStart, coldStartDir } from '../bundle.mjs';
import { serveFromMemory } from './memory-server.mjs';
import { inTurns, settlingMilliseconds } from './page.mjs';

// Unless told otherwise, onnxruntime-web computes in the page itself and ours in a worker.
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
 * its headless shell, which has none.
 */
export async function measureColdStart({ browser, library, options }) {
  const model = library.coldStartModel();
  await bundleColdStart();
  writeFileSync(join(coldStartDir, 'model.onnx'), model);
  const measured = [await measureIn(browser, 'Chromium', library, options)];
  const shell = await launchHeadlessShell();
  if (shell) {
    measured.push(await measureIn(shell, "Chromium's headless shell", library, options));
    await shell.close();
  }
  const task = `128x128 pixels, twice as large, by ${Math.round(model.length / 1000)} KB`;
  return {
    modelBytes: model.length,
    samples: Object.fromEntries(measured.map(({ name, samples }) => [name, samples])),
    table: measured.map(({ name, table }) => `${task}, in ${name}\n\n${table}`).join('\n\n\n'),
    problems: measured.flatMap(({ problems }) => problems),
  };
}

async function measureIn(browser, name, library, options) {
  const load = await pageLoader(browser);
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
 * What loads one of the pages in a browser context of its own, and waits for its report. DevTools,
 * which Playwright attaches to pages that it opens itself, would take 8% of the time.
 */
async function pageLoader(browser) {
  let settle;
  // As most sites, not cross-origin isolated.
  const server = await serveFromMemory(projectDir, (report) => settle?.(report));
  const devTools = await browser.newBrowserCDPSession();
  return async (page) => {
    const { browserContextId } = await devTools.send('Target.createBrowserContext');
    const url = new URL('bench/cold-start/link.html', server);
    url.searchParams.set('to', page);
    url.searchParams.set('after', settlingMilliseconds);
    const reported = new Promise((resolve) => (settle = resolve));
    await devTools.send('Target.createTarget', { url: url.href, browserContextId });
    const report = await Promise.race([reported, timeout(mostMilliseconds, {}, { ref: false })]);
    await devTools.send('Target.disposeBrowserContext', { browserContextId });
    if (report.milliseconds === undefined) {
      throw new Error(`${page} ${report.error ?? 'reports nothing'}`);
    }
    return report;
  };
}

function samplesWanted({ rounds, quick }) {
  return Number(rounds ?? (quick ? 3 : 9));
}

function timesTable(samples, { formatMilliseconds, formatRows, median }) {
  const medians = Object.entries(samples).map(([name, loads]) => [
    name,
    median(loads.map(millisecondsOf)),
  ]);
  const [[, inPage], [, inWorker]] = medians;
  return formatRows([
    ['from navigation to first pixels', 'ms', 'times sooner', 'than in a worker'],
    ...medians.map(([name, ours]) => [
      name,
      formatMilliseconds(ours),
      ...[inPage, inWorker].map((theirs) => (theirs / ours).toFixed(2)),
    ]),
  ]);
}

/** What our page did, and what it and its workers fetched, in the page load of median length. */
function stepsTable({ fovea }, { formatRows }) {
  const byLength = fovea.toSorted((a, b) => millisecondsOf(a) - millisecondsOf(b));
  const { steps, fetches } = byLength[byLength.length >> 1];
  const rows = [...steps, ...fetches].sort((a, b) => a.begin - b.begin);
  return formatRows([
    ['our median page load, ms', 'begins', 'ends', 'takes'],
    ...rows.map(({ name, begin, end }) => [
      name,
      ...[begin, end, end - begin].map((time) => time.toFixed(1)),
    ]),
  ]);
}

function millisecondsOf({ milliseconds }) {
  return milliseconds;
}

/** All must have computed the same picture, to a level. */
function differences(samples, browser) {
  const [theirs, ...others] = Object.entries(samples);
  return others.flatMap(([name, loads]) => {
    const greatest = Math.max(
      ...theirs[1][0].sample.map((value, i) => Math.abs(value - loads[0].sample[i])),
    );
    const problem = `cold start in ${browser}: the pixels of ${name} differ by ${greatest} levels`;
    return greatest <= 1 ? [] : [problem];
  });
}
