// Runs the benchmark the address asks for: ?networks=espcn,rrdb&warm-up=6&rounds=9

import type { Contender } from './contenders/contender.js';
import { foveaRelaxed, foveaSimd } from './contenders/fovea.js';
import { onnxruntime } from './contenders/onnxruntime.js';
import { tfjs } from './contenders/tfjs.js';
import { measure, type Rounds } from './measure.js';
import { makeNetwork, networkNames } from './networks/index.js';
import { formatRows, type NetworkReport, problemsOf, tableRows } from './report.js';

// The first gives the outputs that others are compared with, the last the times.
const contenders: readonly Contender[] = [onnxruntime, tfjs, foveaSimd, foveaRelaxed];

export interface Benchmark {
  userAgent: string;
  rounds: Rounds;
  reports: NetworkReport[];
  table: string;
  problems: string[];
}

declare global {
  interface Window {
    /** Set when all is done. */
    benchmark?: Benchmark;
  }
}

const query = new URLSearchParams(location.search);
const rounds: Rounds = {
  warmUp: Number(query.get('warm-up') ?? 6),
  measured: Number(query.get('rounds') ?? 9),
};
const output = document.querySelector('output')!;

const reports: NetworkReport[] = [];
for (const name of query.get('networks')?.split(',') ?? networkNames) {
  console.log(`measuring ${name}`);
  reports.push(await report(name));
  output.textContent = table();
}
const { userAgent } = navigator;
window.benchmark = { userAgent, rounds, reports, table: table(), problems: problemsOf(reports) };
output.textContent += `\n\n${window.benchmark.problems.join('\n') || 'All outputs agree.'}`;

async function report(name: string): Promise<NetworkReport> {
  try {
    const network = makeNetwork(name);
    const able = contenders.filter((contender) => contender.canRun(network));
    const results = await measure(network, able, rounds);
    return { network: name, title: network.title, results };
  } catch (error) {
    return { network: name, title: name, results: [], failure: String(error) };
  }
}

function table(): string {
  const names = contenders.map(({ name }) => name);
  return formatRows(tableRows(reports, names));
}
