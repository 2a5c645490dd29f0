import { checkModel } from 'fovea';
import { convertToFloat16 } from 'fovea/edit';
import { tensorOf, toNumbers, viewElements } from '../../tests/random/tensors.js';
import { relativeError } from '../measure.js';
import { Random } from '../networks/random.js';
import { zoo, zooModel, type Kind } from '../networks/zoo/index.js';
import { load, outputsOf, timesOf, type Loaded, type Runtime, type Timing } from '../sessions.js';

/** All are compared with the first; the others are ours, without relaxed SIMD and, where there is such, with it. */
export type Runtimes = readonly [peer: Runtime, simd: Runtime, relaxed: Runtime | undefined];

/** How one network did in one load of the page. */
export interface ZooRow {
  name: string;
  title: string;
  kind: Kind;
  type: FloatType;
  parameters: number;
  macs: number;
  /** Median milliseconds. */
  peer: number;
  simd: number;
  /** Undefined where the browser has none. */
  relaxed?: number;
  /** Where a run takes less than a millisecond, all of them again without workers. */
  inPage?: Pick<ZooRow, 'peer' | 'simd' | 'relaxed'>;
  /** Greatest difference of an output from onnxruntime-web's, relative to that output's greatest element. */
  error: number;
}

export interface ZooFailure {
  name: string;
  failure: string;
}

type FloatType = 'float32' | 'float16';

/** What a network in float16 throughout is called. */
const half = /-f16$/;

/** Below so many milliseconds, messages to a worker are what is measured. */
const shortRun = 1;

/** @param name of the zoo, with `-f16` for its twin in float16 */
export async function measureZoo(
  name: string,
  inWorkers: Runtimes,
  inPage: Runtimes,
  timing: Timing,
): Promise<ZooRow | ZooFailure> {
  console.log(`measuring ${name}`);
  try {
    const type: FloatType = half.test(name) ? 'float16' : 'float32';
    const network = zoo[name.replace(half, '')];
    if (!network) throw new Error(`there is none; there are ${Object.keys(zoo).join(', ')}`);
    const { title, kind, dims } = network;
    const float = zooModel(network, dims);
    const { parameters, macs } = await checkModel(float);
    const model =
      type === 'float16' ? (await convertToFloat16(float, { ioTypes: true })).model : float;
    const pixels = new Random(2).pixels(dims.reduce((a, b) => a * b));
    const subject = { model, feeds: { input: tensorOf(type, dims, [...pixels]) }, timing };

    const { error, ...times } = await inTurns(inWorkers, subject);
    const row = { name, title, kind, type, parameters, macs: macs!, ...times, error };
    if ((times.relaxed ?? times.simd) >= shortRun) return row;
    const { error: errorInPage, ...timesInPage } = await inTurns(inPage, subject);
    return { ...row, inPage: timesInPage, error: Math.max(error, errorInPage) };
  } catch (error) {
    return { name, failure: `${name}: ${String(error)}` };
  }
}

interface Subject {
  model: Uint8Array;
  feeds: Parameters<typeof load>[2];
  timing: Timing;
}

async function inTurns(runtimes: Runtimes, { model, feeds, timing }: Subject) {
  const loaded: Loaded[] = [];
  try {
    for (const runtime of runtimes) {
      if (runtime) loaded.push(await load(runtime, model, feeds));
    }
    const [expected, ...others] = await numbersOf(loaded);
    const [peer, simd, relaxed] = (await timesOf(loaded, timing)) as [number, number, number?];
    const error = Math.max(...others.map((actual) => differenceOf(actual, expected!)));
    return { peer, simd, ...(relaxed === undefined ? {} : { relaxed }), error };
  } finally {
    for (const { session } of loaded) await session.release();
  }
}

type Numbers = Readonly<Record<string, Float64Array>>;

async function numbersOf(loaded: readonly Loaded[]): Promise<Numbers[]> {
  const all: Numbers[] = [];
  for (const one of loaded) {
    const outputs = Object.entries(await outputsOf(one)).map(([name, output]) => {
      const { type, data } = output as unknown as { type: FloatType; data: ArrayBufferView };
      return [name, toNumbers({ type, data: viewElements(type, data) })];
    });
    all.push(Object.fromEntries(outputs) as Numbers);
  }
  return all;
}

function differenceOf(actual: Numbers, expected: Numbers): number {
  const names = Object.keys(expected);
  if (Object.keys(actual).join() !== names.join()) return Infinity;
  return Math.max(...names.map((name) => relativeError(actual[name]!, expected[name]!)));
}
