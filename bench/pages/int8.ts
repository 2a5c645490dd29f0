// Networks and their quantised twins, ours and onnxruntime-web's, one thread each: ?rounds=9&warm-up=6

import { Tensor } from 'fovea';
import { models } from 'fovea/models';
import { quantize, type QuantizeOptions } from 'fovea/quantize';
import { foveaRelaxed } from '../contenders/fovea.js';
import { onnxruntimeWeb } from '../contenders/onnxruntime.js';
import { inputFor, makeNetwork, type Network } from '../networks/index.js';
import { bodyNetwork } from '../networks/body.js';
import { timesInTurns, type Rounds } from '../measure.js';
import { int8Table, type Int8Row } from '../int8-report.js';
import { median } from '../statistics.js';
import { publish } from './publish.js';

const query = new URLSearchParams(location.search);
const rounds: Rounds = {
  warmUp: Number(query.get('warm-up') ?? 6),
  measured: Number(query.get('rounds') ?? 9),
  rest: 0,
};
const contenders = [foveaRelaxed, onnxruntimeWeb(1)] as const;
const output = document.querySelector('output')!;

/** What the quantiser is given, and the network as it is. */
interface Subject {
  network: Network;
  options: QuantizeOptions;
}

const rows: Int8Row[] = [];
for (const subject of await subjects()) {
  console.log(`measuring ${subject.network.name}`);
  rows.push(await measureTwins(subject));
  output.textContent = int8Table(rows);
}
publish({ rows, table: int8Table(rows), problems: rows.flatMap(({ failure }) => failure ?? []) });

async function subjects(): Promise<Subject[]> {
  // The training's generated pictures, side by side.
  const images = await (await fetch('/docs/images/generated.jpg')).blob();
  const bodies = [32, 48, 64, 128].map((channels) => inBytes(bodyNetwork(channels)));
  const whole = (['x2', 'x4', 'x2Fast'] as const).map(async (name): Promise<Subject> => {
    const model = new Uint8Array(await (await fetch(models[name])).arrayBuffer());
    const network = { name, title: `${name}, 256x256`, dims: [1, 1, 256, 256] as const, model };
    return { network, options: { images } };
  });
  return [...bodies, ...(await Promise.all(whole)), inBytes(makeNetwork('compact-64x16'))];
}

/** Weights are random, so that nothing is to be learnt from pictures: all layers are quantised. */
function inBytes(network: Network): Subject {
  const input = new Tensor('float32', inputFor(network), network.dims);
  return { network, options: { feeds: [{ input }], keepFloat: [], rounding: 'nearest' } };
}

async function measureTwins({ network, options }: Subject): Promise<Int8Row> {
  const { name, title } = network;
  try {
    const { model, report } = await quantize(network.model, { ...options, variant: 'relaxed' });
    const twin = { ...network, model };
    const input = inputFor(network);
    const loaded = [];
    for (const contender of contenders) {
      loaded.push(await contender.load(network, input), await contender.load(twin, input));
    }
    const times = await timesInTurns(
      loaded.map((one) => () => one.run()),
      rounds,
    );
    for (const one of loaded) await one.release();
    const [ours, oursInt8, theirs, theirsInt8] = times.map(median) as [
      number,
      number,
      number,
      number,
    ];
    const quantised = report.layers.filter((layer) => layer.quantised).length;
    const layers = `${quantised} of ${report.layers.length}`;
    return { name, title, ours, oursInt8, theirs, theirsInt8, layers, lossDb: report.lossDb };
  } catch (error) {
    return { name, title, failure: `${name}: ${String(error)}` };
  }
}
