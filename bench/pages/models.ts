// The package's own networks on one picture: the network alone, and from pixels to pixels.
// ?width=640&height=360&rounds=9

import { capabilities, InferenceSession, Tensor, Upscaler } from 'fovea';
import { models } from 'fovea/models';
import { timesInTurns } from '../measure.js';
import { Random } from '../networks/random.js';
import { median } from '../statistics.js';
import { publish } from './publish.js';

/** Median milliseconds of one network. */
export interface ModelTimes {
  model: string;
  scale: number;
  /** By `InferenceSession.run`, one thread. */
  network: number;
  /** By `Upscaler.upscale`, with one thread and with two; null where there are no threads. */
  oneThread: number;
  twoThreads: number | null;
}

const query = new URLSearchParams(location.search);
const [width, height, rounds] = ['width', 'height', 'rounds'].map((name) =>
  Number(query.get(name)),
);
const warmUp = 4;
const { threads } = await capabilities();

const measured: ModelTimes[] = [];
for (const model of Object.keys(models) as (keyof typeof models)[]) {
  console.log(`measuring ${model}`);
  measured.push(await measureModel(model));
}
publish({ times: measured });

async function measureModel(model: keyof typeof models): Promise<ModelTimes> {
  const random = new Random(3);
  const bytes = Array.from(random.pixels(4 * width! * height!), (x) => 255 * x);
  const opaque = bytes.map((byte, index) => (index % 4 === 3 ? 255 : byte));
  const picture = { data: Uint8ClampedArray.from(opaque), width: width!, height: height! };
  const luma = new Tensor('float32', random.pixels(width! * height!), [1, 1, height!, width!]);

  const session = await InferenceSession.create(models[model], { numThreads: 1 });
  const one = await Upscaler.create(models[model], { numThreads: 1 });
  const two = threads ? await Upscaler.create(models[model], { numThreads: 2 }) : undefined;
  const tasks = [
    timed(() => session.run({ [session.inputNames[0]!]: luma })),
    timed(() => one.upscale(picture)),
    ...(two ? [timed(() => two.upscale(picture))] : []),
  ];
  const times = await timesInTurns(tasks, { warmUp, measured: rounds!, rest: 0 });
  const scale = one.scale.x;
  for (const used of [session, one, two]) await used?.release();
  const [network, oneThread, twoThreads = null] = times.map(median) as [number, number, number?];
  return { model, scale, network, oneThread, twoThreads };
}

/** A task that says how many milliseconds it took. */
function timed(work: () => Promise<unknown>): () => Promise<number> {
  return async () => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
}
