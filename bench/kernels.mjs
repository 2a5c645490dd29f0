// npm run bench:kernels [-- --variant relaxed,simd,native] [--in chromium|firefox|webkit|node] [--filter conv]
//   [--json FILE]
// Sets up, builds, and measures kernels by themselves, one thread; the results go to
// build/bench-kernels.json.

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildDir, variants } from '../tools/lib/project.mjs';
import { installOtherBrowser } from '../tools/lib/packages.mjs';
import { presetSteps, setupSteps } from '../tools/lib/setup.mjs';
import { runSteps } from '../tools/lib/steps.mjs';
import { hosts } from './kernels/hosts.mjs';
import { isOther } from './parts/others.mjs';
import { writeResults } from './results.mjs';

/** A case of a program's output. @typedef {ReturnType<typeof printCase>} Case */
/** @typedef {{peakGflops: number, copyGigabytes: number}} Machine */
/** @typedef {{host: string, cases: Case[]} & Partial<Machine>} Result */

/** @type {Record<string, string>} */
const presets = {
  native: 'native-release',
  ...Object.fromEntries(variants.map((name) => [name, `wasm-${name}`])),
};

const { values: options } = parseArgs({
  options: {
    variant: { type: 'string' },
    in: { type: 'string', default: 'chromium' },
    filter: { type: 'string', default: '' },
    json: { type: 'string', default: join(buildDir, 'bench-kernels.json') },
  },
});
// WebKitGTK has no relaxed SIMD.
const chosen = (options.variant ?? (options.in === 'webkit' ? 'simd' : 'relaxed')).split(',');
mustBeOf('variant', presets, ...chosen);
mustBeOf('in', hosts, options.in);

const wanted = chosen.map((name) => presets[name]);
const host = options.in;
const built = await runSteps([
  ...(isOther(host) ? [{ title: host, run: () => installOtherBrowser(host) }] : []),
  ...setupSteps({ forBrowser: host !== 'node' }),
  ...presetSteps(wanted, ['bench_kernels']),
]);
if (!built) process.exit(1);

/** @type {Record<string, Result>} */
const results = {};
for (const name of chosen) results[name] = await measureVariant(name);
writeResults(options.json, results);
process.exit(0);

/**
 * @param {string} option
 * @param {object} known
 * @param {string[]} names
 */
function mustBeOf(option, known, ...names) {
  const unknown = names.filter((name) => !Object.hasOwn(known, name));
  if (unknown.length === 0) return;
  const all = Object.keys(known).join(', ');
  console.error(`--${option} ${unknown.join()} is unknown; there are ${all}`);
  process.exit(2);
}

/**
 * Runs a variant's program and prints its lines, which bench/kernels/main.cpp explains.
 *
 * @param {string} name
 */
async function measureVariant(name) {
  const host = name === 'native' ? 'node' : options.in;
  const machine = { peakGflops: NaN, copyGigabytes: NaN };
  /** @type {Case[]} */
  const cases = [];
  console.log(`\n--- ${name}${name === 'native' ? '' : ` in ${host}`}, one thread`);
  await hosts[host](presets[name], options.filter, (line) => {
    const [kind, ...fields] = line.split('\t');
    if (kind === 'machine') Object.assign(machine, printMachine(fields.map(Number)));
    if (kind === 'case') cases.push(printCase(fields, machine));
  });
  return { host: name === 'native' ? 'none' : host, ...machine, cases };
}

/** @param {number[]} fields @returns {Machine} */
function printMachine([peakGflops, copyGigabytes]) {
  console.log(`multiply-adds: ${peakGflops} GFLOP/s; copies: ${copyGigabytes} GB/s\n`);
  printRow('kernel', 'ms', 'GFLOP/s', 'of peak', 'GB/s', 'of copies');
  return { peakGflops, copyGigabytes };
}

/**
 * @param {string[]} fields
 * @param {Machine} machine
 */
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

/** @param {number} share */
function percent(share) {
  return `${Math.round(100 * share)}%`;
}

/**
 * @param {string} name
 * @param {string[]} cells
 */
function printRow(name, ...cells) {
  console.log(name.padEnd(46) + cells.map((cell) => cell.padStart(11)).join(''));
}
