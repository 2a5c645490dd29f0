import { median } from './statistics.js';

/** What onnxruntime-common's API and ours have in common, as far as it is needed here. */
interface Session {
  run(feeds: Record<string, never>): Promise<Record<string, { data: unknown }>>;
  release(): Promise<void>;
}

/** A library, or one of our variants. */
export interface Runtime {
  name: string;
  create(model: Uint8Array): Promise<Session>;
  tensor(type: string, data: unknown, dims: readonly number[]): unknown;
}

/** Inputs by name; float16 as its bits. */
export type Feeds = Readonly<
  Record<string, { type: string; data: unknown; dims: readonly number[] }>
>;

/** A model ready to run on its feeds. */
export interface Loaded {
  runtime: Runtime;
  session: Session;
  feeds: Record<string, never>;
}

export interface Timing {
  /** Run before measuring, so that the browser's optimising compiler has done its work; three times at least. */
  warmUpMilliseconds: number;
  /** A batch of short runs takes at least so long. */
  batchMilliseconds: number;
  rounds: number;
}

/** @throws Error that names the runtime */
export async function load(runtime: Runtime, model: Uint8Array, feeds: Feeds): Promise<Loaded> {
  return named(runtime, async () => {
    const session = await runtime.create(model);
    const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      runtime.tensor(type, data, dims),
    ]);
    return { runtime, session, feeds: Object.fromEntries(tensors) as Loaded['feeds'] };
  });
}

/**
 * All outputs of one run.
 *
 * @throws Error that names the runtime
 */
export function outputsOf({ runtime, session, feeds }: Loaded) {
  return named(runtime, () => session.run(feeds));
}

async function named<T>(runtime: Runtime, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Error(`${runtime.name}: ${String((cause as Error).message ?? cause)}`, { cause });
  }
}

/** Median milliseconds of a run of each: each round runs a batch of everyone's once, in turns. */
export async function timesOf(
  loaded: readonly Loaded[],
  { warmUpMilliseconds, batchMilliseconds, rounds }: Timing,
): Promise<number[]> {
  const first: number[] = [];
  for (const one of loaded) first.push(await warmUp(one, warmUpMilliseconds));
  const batch = Math.max(1, Math.ceil(batchMilliseconds / Math.max(Math.min(...first), 0.005)));
  const times: number[][] = loaded.map(() => []);
  for (let round = 0; round < rounds; ++round) {
    for (const [at, one] of loaded.entries()) times[at]!.push(await timeOf(one, batch));
  }
  return times.map(median);
}

async function warmUp(one: Loaded, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds;
  const times: number[] = [];
  do {
    times.push(await timeOf(one, 1));
  } while (performance.now() < end || times.length < 3);
  return median(times);
}

/** Milliseconds of a run: of several, one after the other. */
async function timeOf({ session, feeds }: Loaded, runs: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < runs; ++i) await session.run(feeds);
  return (performance.now() - start) / runs;
}
