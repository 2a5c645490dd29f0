import { measureInChosen } from './page.mjs';

/** @typedef {import('../run.mjs').Bench} Bench */

/**
 * Whole networks, one thread: ours against the others, and native onnxruntime; in other browsers than Chromium
 * against onnxruntime-web alone.
 *
 * @param {Bench} bench
 */
export function measureSpeed(bench) {
  if (bench.other) return measureSet('engines', bench, bench.library.networkNames);
  /** @type {Record<string, Function>} */
  const runner = Object(new bench.library.NativeRunner());
  const callNative = (/** @type {string} */ method, /** @type {unknown[]} */ ...args) =>
    runner[method](...args);
  return measureSet('speed', bench, networksOf(bench), { functions: { callNative } });
}

/** This package against another commit's in build/before. @param {Bench} bench */
export function measureBefore(bench) {
  return measureSet('before', bench, networksOf(bench));
}

/**
 * Whole networks with two threads, and how much faster that is than one: ours, then the other's.
 *
 * @param {Bench} bench
 */
export async function measureThreads(bench) {
  const sets = [];
  for (const set of ['threads', 'peer-threads']) {
    sets.push(await measureSet(set, bench, bench.library.networkNames));
  }
  const [ours, peer] = sets;
  const table = sets.map((set) => set.table).join('\n\n');
  return { ours, peer, table, problems: sets.flatMap(({ problems }) => problems) };
}

/** @param {Bench} bench */
function networksOf({ library, options }) {
  const { networkNames, largeNetworkNames } = library;
  return options.quick ? networkNames : [...networkNames, ...largeNetworkNames];
}

/**
 * @param {string} set
 * @param {Bench} bench
 * @param {readonly string[]} networks
 * @param {import('./page.mjs').PageOptions} [pageOptions]
 * @returns {Promise<import('../run.mjs').Report>}
 */
function measureSet(set, bench, networks, pageOptions) {
  const { server, options } = bench;
  const { rounds, 'warm-up': warmUp, quick } = options;
  const chosen = {
    set,
    networks: options.networks ?? networks.join(),
    rounds: rounds ?? (quick && '3'),
    'warm-up': warmUp ?? (quick && '2'),
  };
  const given = Object.entries(chosen).flatMap(([name, value]) => (value ? [[name, value]] : []));
  const query = new URLSearchParams(given);
  const url = new URL(`bench/index.html?${query}`, server);
  return measureInChosen(bench, url, pageOptions);
}
