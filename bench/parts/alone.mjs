// One library on one network in a page that has done nothing before.

import { inTurns, measureInPage } from './page.mjs';

/** @typedef {import('../run.mjs').Bench} Bench */
/** @typedef {import('../bundle.mjs').Library} Library */

/**
 * What bench/pages/alone.ts measures.
 *
 * @typedef {object} Alone
 * @property {number} memoryBytes
 * @property {number} startMilliseconds
 * @property {number} createMilliseconds
 * @property {number[]} runMilliseconds
 */

/** @typedef {{network: string, results: ReturnType<typeof firstRun>[]}} NetworkReport */

const memoryNetwork = 'compact-64x16-256';
const runs = 10;
/** Of these runs, how many at the end tell the time that it stays at. */
const steadyRuns = 5;

/** The most WebAssembly memory a network takes. @param {Bench} bench */
export async function measureMemory(bench) {
  const peakOf = async (/** @type {string} */ contender) => {
    const { memoryBytes } = await measureAlone(bench, contender, memoryNetwork, 3);
    return memoryBytes;
  };
  const theirs = await peakOf('onnxruntime-web');
  const ours = await peakOf('fovea-in-page');
  const table = bench.library.formatRows([
    ['peak WebAssembly memory, MB', 'onnxruntime-web', 'fovea', 'ours / theirs'],
    [memoryNetwork, toMegabytes(theirs), toMegabytes(ours), (ours / theirs).toFixed(2)],
  ]);
  const bytes = { 'onnxruntime-web': theirs, fovea: ours };
  return { network: memoryNetwork, bytes, ratio: ours / theirs, table, problems: [] };
}

/** @param {number} bytes */
function toMegabytes(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}

/** How long a session's creation and its first run take, against the later ones. @param {Bench} bench */
export async function measureFirstRuns(bench) {
  const { library, options } = bench;
  const networks = options.networks?.split(',') ?? library.networkNames;
  /** @type {NetworkReport[]} */
  const reports = [];
  for (const network of networks) {
    console.log(`measuring ${network}`);
    const samples = await inTurns(['onnxruntime-web', 'fovea'], options.quick ? 1 : 3, (name) =>
      measureAlone(bench, name, network, runs),
    );
    const results = Object.entries(samples).map(([name, of]) => firstRun(name, of, library));
    reports.push({ network, results });
  }
  return { runs, reports, table: firstRunsTable(reports, library), problems: [] };
}

/**
 * @param {string} contender
 * @param {Alone[]} samples
 * @param {Library} library
 */
function firstRun(contender, samples, { median }) {
  const medianOf = (/** @type {(sample: Alone) => number} */ figure) => median(samples.map(figure));
  return {
    contender,
    start: medianOf(({ startMilliseconds }) => startMilliseconds),
    create: medianOf(({ createMilliseconds }) => createMilliseconds),
    first: medianOf(({ runMilliseconds }) => runMilliseconds[0]),
    later: medianOf(({ runMilliseconds }) => median(runMilliseconds.slice(-steadyRuns))),
    samples,
  };
}

/**
 * @param {NetworkReport[]} reports
 * @param {Library} library
 */
function firstRunsTable(reports, { formatRows, formatMilliseconds }) {
  const header = [
    'first runs in a fresh page, ms',
    'library',
    'session',
    'first run',
    'later runs',
  ];
  const rows = reports.flatMap(({ network, results }) =>
    results.map(({ contender, create, first, later }) => [
      network,
      contender,
      ...[create, first, later].map(formatMilliseconds),
      (first / later).toFixed(2),
    ]),
  );
  return formatRows([[...header, 'first / later'], ...rows]);
}

/**
 * @param {Bench} bench
 * @param {string} contender
 * @param {string} network
 * @param {number} count
 * @returns {Promise<Alone>}
 */
function measureAlone({ browser, server }, contender, network, count) {
  const query = new URLSearchParams({ contender, network, runs: `${count}` });
  return measureInPage(browser, new URL(`bench/alone.html?${query}`, server));
}
