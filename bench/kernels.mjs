// npm run bench:kernels [-- --variant relaxed,simd,native] [--filter conv] [--json FILE]
// Measures kernels by themselves, in Node and natively; the results go to build/bench-kernels.json.

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { buildDir, variants } from '../tools/lib/project.mjs';
import { launcher } from '../tools/lib/runners.mjs';
import { presetSteps, setupSteps } from '../tools/lib/setup.mjs';
import { runSteps } from '../tools/lib/steps.mjs';

/** The build of each variant, and the program in it. */
const builds = {
  native: { preset: 'native-release', program: 'bench_kernels' },
  ...Object.fromEntries(
    variants.map((name) => [name, { preset: `wasm-${name}`, program: 'bench_kernels.js' }]),
  ),
};

const { values: options } = parseArgs({
  options: {
    variant: { type: 'string', default: 'relaxed' },
    filter: { type: 'string', default: '' },
    json: { type: 'string', default: join(buildDir, 'bench-kernels.json') },
  },
});
const chosen = options.variant.split(',');
const unknown = chosen.filter((name) => !Object.hasOwn(builds, name));
if (unknown.length > 0) {
  console.error(`No variant ${unknown.join(', ')}; there are ${Object.keys(builds).join(', ')}`);
  process.exit(2);
}

const presets = chosen.map((name) => builds[name].preset);
const built = await runSteps([...setupSteps(), ...presetSteps(presets, ['bench_kernels'])]);
if (!built) process.exit(1);

const results = {};
for (const name of chosen) results[name] = await measureVariant(name);
const file = resolve(options.json);
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
console.log(`\nWritten to ${file}`);

/** Runs a variant's program and prints its lines, which bench/kernels/main.cpp explains. */
async function measureVariant(name) {
  const { preset, program } = builds[name];
  const argv = [...launcher(preset), join(buildDir, preset, 'bench/kernels', program)];
  const child = spawn(argv[0], [...argv.slice(1), options.filter], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', done);
  });
  const result = { cases: [] };
  for await (const line of createInterface({ input: child.stdout })) {
    const [kind, ...fields] = line.split('\t');
    if (kind === 'machine') Object.assign(result, printMachine(name, fields.map(Number)));
    if (kind === 'case') result.cases.push(printCase(fields, result));
  }
  const status = await ended;
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}`);
  return result;
}

function printMachine(name, [peakGflops, copyGigabytes]) {
  console.log(`\n--- ${name}, one thread`);
  console.log(`multiply-adds: ${peakGflops} GFLOP/s; copies: ${copyGigabytes} GB/s\n`);
  printRow('kernel', 'ms', 'GFLOP/s', 'of peak', 'GB/s', 'of copies');
  return { peakGflops, copyGigabytes };
}

function printCase([name, ...numbers], { peakGflops, copyGigabytes }) {
  const [milliseconds, operations, bytes] = numbers.map(Number);
  const gflops = operations / milliseconds / 1e6;
  const gigabytes = bytes / milliseconds / 1e6;
  const arithmetic = [gflops.toFixed(1), percent(gflops / peakGflops)];
  printRow(
    name,
    milliseconds.toFixed(3),
    ...(operations > 0 ? arithmetic : ['', '']),
    gigabytes.toFixed(1),
    percent(gigabytes / copyGigabytes),
  );
  return { name, milliseconds, operations, bytes, gflops, gigabytes };
}

function percent(share) {
  return `${Math.round(100 * share)}%`;
}

function printRow(name, ...cells) {
  console.log(name.padEnd(46) + cells.map((cell) => cell.padStart(11)).join(''));
}
