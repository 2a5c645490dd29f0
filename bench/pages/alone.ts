// One library on one network in a page that has done nothing before, as the address says:
// ?contender=fovea&network=espcn&runs=10

import { memoryBytes } from './memory-hook.js';
import type { Contender } from '../contenders/contender.js';
import { foveaInPage, foveaRelaxed } from '../contenders/fovea.js';
import { onnxruntimeWeb } from '../contenders/onnxruntime.js';
import { inputFor, makeNetwork, tinyNetwork } from '../networks/index.js';
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
}

const contenders: Record<string, Contender> = {
  'onnxruntime-web': onnxruntimeWeb(1),
  fovea: foveaRelaxed,
  'fovea-in-page': foveaInPage,
};

const query = new URLSearchParams(location.search);
const contender = contenders[query.get('contender')!]!;
const network = makeNetwork(query.get('network')!);

const [, startMilliseconds] = await load(tinyNetwork());
const [loaded, createMilliseconds] = await load(network);
const runMilliseconds: number[] = [];
for (let i = 0; i < Number(query.get('runs')); ++i) runMilliseconds.push(await loaded.run());

publish({
  startMilliseconds,
  createMilliseconds,
  runMilliseconds,
  memoryBytes: memoryBytes(),
} satisfies Alone);

async function load(what: typeof network) {
  const input = inputFor(what);
  const start = performance.now();
  const loaded = await contender.load(what, input);
  return [loaded, performance.now() - start] as const;
}
