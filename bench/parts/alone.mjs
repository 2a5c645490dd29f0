// One library on one network in a page that has done nothing before.

import { inTurns, measureInPage } from './page.mjs';

/** @typedef {import('../run.mjs').Bench} Bench */
/** @typedef {import('../bundle.mjs').Library} Library */

/**
 * What bench/pages/alone.ts measures.
 *
 * @typedef {object} Alone
 * @property {number} memoryBytes
 * @property {number} modelBytes
 * @property {{weights: number, activations: number}} [told]
 * @property {number} startMilliseconds
 * @property {number} createMilliseconds
 * @property {number[]} runMilliseconds
 */

/** @typedef {{network: string, theirs: Alone, ours: Alone, ratio: number}} MemoryReport */

/** @typedef {{network: string, results: ReturnType<typeof firstRun>[]}} NetworkReport */

const memoryNetwork = 'compact-64x16-256';
const runs = 10;
/** Of these runs, how many at the end tell the time that it stays at. */
const steadyRuns = 5;

/**
 * The most WebAssembly memory that networks take, and what of ours the engine can tell.
 *
 * @param {Bench} bench
 */
export async function measureMemory(bench) {
  const { library, options } = bench;
  const chosen = options.networks ?? (options.quick ? memoryNetwork : allNetworks(library));
  /** @type {MemoryReport[]} */
  const reports = [];
  for (const network of chosen.split(',')) {
    console.log(`measuring ${network}`);
    const theirs = await measureAlone(bench, 'onnxruntime-web', network, 3);
    const ours = await measureAlone(bench, 'fovea-in-page', network, 3);
    reports.push({ network, theirs, ours, ratio: ours.memoryBytes / theirs.memoryBytes });
  }
  return { reports, table: memoryTable(reports, library), problems: [] };
}

/** @param {Library} library */
function allNetworks({ networkNames, zooNames }) {
  return [memoryNetwork, ...networkNames, ...zooNames].join();
}

/**
 * @param {MemoryReport[]} reports
 * @param {Library} library
 */
function memoryTable(reports, { formatRows }) {
  const header = [
    'peak WebAssembly memory, MB',
    'model',
    'onnxruntime-web',
    'fovea',
    'ours / theirs',
    'weights',
    'activations',
  ];
  const rows = reports.map(({ network, theirs, ours, ratio }) => [
    network,
    ...[ours.modelBytes, theirs.memoryBytes, ours.memoryBytes].map(toMegabytes),
    ratio.toFixed(2),
    ...[ours.told?.weights ?? NaN, ours.told?.activations ?? NaN].map(toMegabytes),
  ]);
  return formatRows([header, ...rows]);
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
