// Measures contenders in turns, as the address says: ?set=speed&networks=espcn,rrdb&warm-up=6&rounds=9

import { contenderSets } from '../contenders/sets.js';
import { measure, type Rounds } from '../measure.js';
import { makeNetwork, type Network, networkNames } from '../networks/index.js';
import { type NetworkReport, problemsOf, tableRows } from '../report.js';
import { formatRows } from '../rows.js';
import { publish } from './publish.js';

export interface Turns {
  userAgent: string;
  rounds: Rounds;
  reports: NetworkReport[];
  table: string;
  problems: string[];
}

const query = new URLSearchParams(location.search);
const set = contenderSets[query.get('set') ?? 'speed']!;
const rounds: Rounds = {
  warmUp: Number(query.get('warm-up') ?? 6),
  measured: Number(query.get('rounds') ?? 9),
  rest: set.rest,
};
const output = document.querySelector('output')!;

const reports: NetworkReport[] = [];
for (const name of query.get('networks')?.split(',') ?? networkNames) {
  console.log(`measuring ${name}`);
  reports.push(await report(name));
  output.textContent = table();
}
const { userAgent } = navigator;
const problems = problemsOf(reports);
publish({ userAgent, rounds, reports, table: table(), problems } satisfies Turns);
output.textContent += `\n\n${problems.join('\n') || 'All outputs agree.'}`;

async function report(name: string): Promise<NetworkReport> {
  try {
    const network = makeNetwork(name);
    const able = set.contenders.filter((contender) => contender.canRun(network));
    const results = await measure(network, able, roundsFor(network));
    return { network: name, title: network.title, results };
  } catch (error) {
    return { network: name, title: name, results: [], failure: String(error) };
  }
}

/** Those asked for, unless a round takes very long. */
function roundsFor({ dims: [, , height, width] }: Network): Rounds {
  if (height * width < 1024 ** 2) return rounds;
  return { ...rounds, warmUp: Math.min(rounds.warmUp, 2), measured: Math.min(rounds.measured, 5) };
}

function table(): string {
  return formatRows(tableRows(reports, set));
}
