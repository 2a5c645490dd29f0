// One library on one network in a page that has done nothing before, as the address says:
// ?contender=fovea&network=espcn&runs=10

import { memoryBytes } from './memory-hook.js';
import { checkModel } from 'fovea';
import { load as loadOnnxruntime } from '../contenders/onnxruntime.js';
import { inputFor, tinyNetwork } from '../networks/index.js';
import { findNetwork, type NetworkFile } from '../networks/named.js';
import { fovea, foveaInPage, onnxruntime } from '../runtimes.js';
import { load, outputsOf, type Runtime } from '../sessions.js';
import { publish } from './publish.js';

/** How a library does from its first run on. */
export interface Alone {
  /** Of loading the library: a session of a network without layers. */
  startMilliseconds: number;
  /** Of the network's session, with the library there. */
  createMilliseconds: number;
  runMilliseconds: number[];
  /** Of all WebAssembly memories of the page's main thread, after the last run. */
  memoryBytes: number;
  modelBytes: number;
  /** Of these, what our engine tells of. */
  told: { weights: number; activations: number } | undefined;
}

const contenders: Record<string, () => Promise<Runtime>> = {
  'onnxruntime-web': async () => onnxruntime(await loadOnnxruntime(1)),
  fovea: async () => fovea('fovea', { variant: 'relaxed' }),
  'fovea-in-page': async () => foveaInPage,
};

const query = new URLSearchParams(location.search);
const contender = contenders[query.get('contender')!]!;
const network = findNetwork(query.get('network')!);

const [startMilliseconds, runtime] = await timed(async () => {
  const started = await contender();
  await loadOn(started, tinyNetwork());
  return started;
});
const [createMilliseconds, loaded] = await timed(() => loadOn(runtime, network));
const runMilliseconds: number[] = [];
for (let i = 0; i < Number(query.get('runs')); ++i) {
  runMilliseconds.push((await timed(() => outputsOf(loaded)))[0]);
}

const bytes = memoryBytes();

publish({
  startMilliseconds,
  createMilliseconds,
  runMilliseconds,
  memoryBytes: bytes,
  modelBytes: network.model.byteLength,
  told: await told(),
} satisfies Alone);

async function told() {
  if (runtime !== foveaInPage) return undefined;
  const { memory } = await checkModel(network.model, { variant: 'relaxed', worker: false });
  return memory;
}

function loadOn(runtime: Runtime, { model, dims }: NetworkFile) {
  return load(runtime, model, { input: { type: 'float32', data: inputFor({ dims }), dims } });
}

async function timed<T>(work: () => Promise<T>) {
  const start = performance.now();
  const result = await work();
  return [performance.now() - start, result] as const;
}
