import type { Command } from 'commander';
import { InferenceSession, type NodeProfile } from 'fovea';
import { ValueError, wholeNumber } from '../base/values.js';
import { randomFeeds } from './feeds.js';
import { modelFile } from './model-file.js';
import { jsonOption, read, readPairs } from './option-kinds.js';
import { print, printJson, table, type Cell } from './print.js';

interface ProfileFlags {
  shape?: Record<string, number[]>;
  runs: number;
  threads?: number;
  json?: true;
}

const help = `
Nodes are those of the optimised model; times are medians. Inputs are random numbers, integers zeros.

Example:
  fovea profile network.onnx --shape image=1,3,64,64`;

/** `fovea profile`. */
export function addProfile(program: Command): void {
  program
    .command('profile')
    .description('run a model and tell how long each node takes')
    .argument('<model>', 'an ONNX file, a URL, or a network of the package')
    .option('--shape <name=n,n,...>', 'of an input whose sizes are free', readPairs(readShape))
    .option('--runs <count>', 'runs that count, after one that does not', read(wholeNumber(1)), 5)
    .option('--threads <count>', 'threads that compute', read(wholeNumber(1, 64)))
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(profile);
}

async function profile(model: string, { shape = {}, runs, threads, json }: ProfileFlags) {
  const { source, options } = modelFile(model);
  const session = await InferenceSession.create(source, { ...options, numThreads: threads });
  try {
    const feeds = randomFeeds(session.inputMetadata, shape);
    // The first run plans.
    await session.run(feeds);
    const measured: NodeProfile[][] = [];
    for (let run = 0; run < runs; ++run) measured.push((await session.profile(feeds)).nodes);
    const nodes = medians(measured).sort((a, b) => b.milliseconds - a.milliseconds);
    const milliseconds = nodes.reduce((sum, node) => sum + node.milliseconds, 0);
    if (json) printJson({ milliseconds, runs, nodes });
    else print(asText(nodes, milliseconds));
  } finally {
    await session.release();
  }
}

function readShape(text: string): number[] {
  const sizes = text.split(',').map((size) => size.trim());
  if (sizes.every((size) => /^\d+$/.test(size))) return sizes.map(Number);
  throw new ValueError(`sizes such as 1,3,64,64, not '${text}'`);
}

/** Each node with its median time. Plans of equal inputs have equal nodes. */
function medians(measured: readonly NodeProfile[][]): NodeProfile[] {
  return measured[0]!.map((_, index) => {
    const times = measured.map((nodes) => nodes[index]!);
    times.sort((a, b) => a.milliseconds - b.milliseconds);
    return times[Math.floor(times.length / 2)]!;
  });
}

function asText(nodes: readonly NodeProfile[], total: number): string {
  const rows = nodes.map(({ node, opType, algorithm, milliseconds, gflops, dims }): Cell[] => [
    rounded(milliseconds, 3),
    rounded((100 * milliseconds) / total, 1),
    opType,
    algorithm,
    gflops === undefined ? '' : rounded(gflops, 1),
    dims?.join('x'),
    node,
  ]);
  const head = ['ms', '%', 'operator', 'algorithm', 'GFLOP/s', 'result', 'node'];
  return `${table(head, rows)}\n\n${rounded(total, 3)} ms`;
}

function rounded(value: number, digits: number): string {
  return value.toFixed(digits);
}
