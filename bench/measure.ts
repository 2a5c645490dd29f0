import type { Contender, Loaded } from './contenders/contender.js';
import { toNchw } from './layout.js';
import { inputFor, type Network } from './networks/index.js';
import { median } from './statistics.js';

export interface Rounds {
  /** Run before measuring, so that the browser's optimising compiler has done its work. */
  warmUp: number;
  measured: number;
  /** Milliseconds between two runs. */
  rest: number;
}

/** How one contender did on one network. */
export interface Result {
  contender: string;
  /** Median over the rounds. */
  milliseconds: number;
  /** Every round, in order. */
  all: number[];
  /** Greatest difference from the first contender's output, relative to that output's maximum. */
  error: number;
}

/**
 * Times contenders in turns: each round runs everyone once, so that a slow moment of the machine
 * hits all alike.
 */
export async function measure(
  network: Network,
  contenders: readonly Contender[],
  rounds: Rounds,
): Promise<Result[]> {
  const input = inputFor(network);
  const loaded: Loaded[] = [];
  for (const contender of contenders) loaded.push(await load(contender, network, input));
  const outputs = await outputsOf(loaded, network.dims[1]);
  const tasks = loaded.map((one) => () => one.run());
  const times = await timesInTurns(tasks, rounds);
  for (const one of loaded) await one.release();
  return contenders.map((contender, index) => {
    const all = times[index]!;
    const error = relativeError(outputs[index]!, outputs[0]!);
    return { contender: contender.name, milliseconds: median(all), all, error };
  });
}

async function load(contender: Contender, network: Network, input: Float32Array): Promise<Loaded> {
  try {
    return await contender.load(network, input);
  } catch (cause) {
    throw new Error(`${contender.name} cannot load ${network.name}: ${String(cause)}`, { cause });
  }
}

async function outputsOf(loaded: readonly Loaded[], channels: number): Promise<Float32Array[]> {
  const outputs: Float32Array[] = [];
  for (const one of loaded) {
    await one.run();
    const output = await one.output();
    outputs.push(one.layout === 'NHWC' ? toNchw(output, channels) : output.slice());
  }
  return outputs;
}

/**
 * Milliseconds of several tasks, each in every measured round: round by round, each task does its
 * work once and says how long that took.
 */
export async function timesInTurns(
  tasks: readonly (() => Promise<number>)[],
  { warmUp, measured, rest }: Rounds,
): Promise<number[][]> {
  const times: number[][] = tasks.map(() => []);
  for (let round = 0; round < warmUp + measured; ++round) {
    for (const [index, task] of tasks.entries()) {
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
      const milliseconds = await task();
      if (round >= warmUp) times[index]!.push(milliseconds);
    }
  }
  return times;
}

/** The greatest difference, relative to the greatest expected element; Infinity where lengths differ. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let error = 0;
  let greatest = 0;
  for (let at = 0; at < expected.length; ++at) {
    const difference = Math.abs(actual[at]! - expected[at]!);
    // A NaN must not compare as no error.
    error = difference <= error ? error : difference;
    greatest = Math.max(greatest, Math.abs(expected[at]!));
  }
  return error / greatest;
}
