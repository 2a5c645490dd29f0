import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from '../../tools/lib/project.mjs';
import { bundleColdStart, coldStartDir } from '../bundle.mjs';
import { serveFromMemory } from './memory-server.mjs';
import { inTurns, measureInPage } from './page.mjs';

// Unless told otherwise, onnxruntime-web computes in the page itself and ours in a worker.
const pages = {
  'onnxruntime-web': 'onnxruntime-web.html',
  'onnxruntime-web, in a worker': 'onnxruntime-web.html?worker=yes',
  fovea: 'fovea.html',
  'fovea, without a worker': 'fovea.html?worker=no',
};

/** From the start of a navigation to the first enlarged pixels, nothing being cached. */
export async function measureColdStart({ browser, library, options }) {
  const model = library.coldStartModel();
  await bundleColdStart();
  writeFileSync(join(coldStartDir, 'model.onnx'), model);
  // As most sites, not cross-origin isolated.
  const server = await serveFromMemory(projectDir);
  const samples = await inTurns(Object.keys(pages), samplesWanted(options), (name) => {
    const url = new URL(`bench/cold-start/${pages[name]}`, server);
    return measureInPage(browser, url, { inspect: findFetches });
  });
  const problems = differences(samples);
  // The pixels have served.
  for (const load of Object.values(samples).flat()) delete load.sample;
  const table = `${timesTable(samples, model, library)}\n\n${stepsTable(samples, library)}`;
  return { modelBytes: model.length, samples, table, problems };
}

function samplesWanted({ rounds, quick }) {
  return Number(rounds ?? (quick ? 3 : 9));
}

function timesTable(samples, model, { formatMilliseconds, formatRows, median }) {
  const medians = Object.entries(samples).map(([name, loads]) => [
    name,
    median(loads.map(millisecondsOf)),
  ]);
  const [[, inPage], [, inWorker]] = medians;
  const task = `128x128 pixels, twice as large, by ${Math.round(model.length / 1000)} KB`;
  return formatRows([
    [`${task}: ms from navigation to first pixels`, 'ms', 'times sooner', 'than in a worker'],
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

/** When the page and its workers fetched which files, in milliseconds from the page's start. */
async function findFetches(page) {
  const origin = await page.evaluate(() => performance.timeOrigin);
  const entries = await Promise.all([page, ...page.workers()].map(fetchesOf));
  // Chromium notes no right times for the script of a worker.
  const timed = entries.flat().filter(({ begin, end }) => begin <= end);
  const fetches = timed.map(({ url, begin, end }) => ({
    name: `fetch ${url.slice(url.lastIndexOf('/') + 1)}`,
    begin: begin - origin,
    end: end - origin,
  }));
  return { fetches };
}

function fetchesOf(pageOrWorker) {
  return pageOrWorker.evaluate(() =>
    performance.getEntriesByType('resource').map(({ name, startTime, responseEnd }) => ({
      url: name,
      begin: performance.timeOrigin + startTime,
      end: performance.timeOrigin + responseEnd,
    })),
  );
}

/** All must have computed the same picture, to a level. */
function differences(samples) {
  const [theirs, ...others] = Object.entries(samples);
  return others.flatMap(([name, loads]) => {
    const greatest = Math.max(
      ...theirs[1][0].sample.map((value, i) => Math.abs(value - loads[0].sample[i])),
    );
    return greatest <= 1 ? [] : [`cold start: the pixels of ${name} differ by ${greatest} levels`];
  });
}
