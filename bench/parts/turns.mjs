import { measureInPage } from './page.mjs';

/** Whole networks, one thread: ours against the others, and native onnxruntime. */
export function measureSpeed(bench) {
  const runner = new bench.library.NativeRunner();
  const callNative = (method, ...args) => runner[method](...args);
  const { networkNames, largeNetworkNames } = bench.library;
  const networks = bench.options.quick ? networkNames : [...networkNames, ...largeNetworkNames];
  return measureSet('speed', bench, networks, { functions: { callNative } });
}

/** Whole networks with two threads, and how much faster that is than one: ours, then the other's. */
export async function measureThreads(bench) {
  const sets = [];
  for (const set of ['threads', 'peer-threads']) {
    sets.push(await measureSet(set, bench, bench.library.networkNames));
  }
  const [ours, peer] = sets;
  const table = sets.map((set) => set.table).join('\n\n');
  return { ours, peer, table, problems: sets.flatMap(({ problems }) => problems) };
}

function measureSet(set, { browser, server, options }, networks, pageOptions) {
  const { rounds, 'warm-up': warmUp, quick } = options;
  const chosen = {
    set,
    networks: options.networks ?? networks.join(),
    rounds: rounds ?? (quick && '3'),
    'warm-up': warmUp ?? (quick && '2'),
  };
  const query = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value));
  return measureInPage(browser, new URL(`bench/index.html?${query}`, server), pageOptions);
}
