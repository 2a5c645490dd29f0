import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadOptions } from 'fovea';
import { investigate, keyOf, type Finding, type Verdict } from './check.js';
import { Coverage } from './coverage.js';
import { generate } from './generate.js';
import { encode, wantedValues } from './graph.js';
import { describeDifference, describeGraph } from './report.js';

export interface Options {
  graphs: number;
  seed: number;
  /** Where models of findings are written to. */
  folder: string;
  /** The operators that graphs begin with; any unless given. */
  only?: readonly string[] | undefined;
  load: LoadOptions;
}

/** How many graphs came to which end. */
export type Counts = Record<Verdict['kind'], number>;

/** Compares random graphs and prints what is found; true where nothing is different. */
export async function run(options: Options, print = console.log): Promise<boolean> {
  const { graphs, seed, folder, only, load } = options;
  mkdirSync(folder, { recursive: true });
  const counts: Counts = { equal: 0, invalid: 0, refused: 0, different: 0, known: 0 };
  const seen = new Map<string, number>();
  const coverage = new Coverage();
  const started = performance.now();
  for (let i = 0; i < graphs; ++i) {
    // Should a runtime die, this tells on which graph.
    writeFileSync(join(folder, 'current'), String(seed + i));
    const graph = generate(seed + i, only);
    const finding = await investigate(graph, load);
    const { kind } = finding.verdict;
    ++counts[kind];
    if (kind !== 'invalid' && kind !== 'refused') await coverage.add(graph, load);
    if (kind === 'equal') continue;
    const group = groupOf(finding);
    const before = seen.get(group) ?? 0;
    seen.set(group, before + 1);
    if (finding.verdict.kind === 'invalid' || finding.verdict.kind === 'known' || before > 0)
      continue;
    writeFileSync(
      join(folder, `${seed + i}.onnx`),
      encode(finding.graph, wantedValues(finding.graph)),
    );
    print(describeFinding(finding, seed + i));
  }
  const rate = graphs / ((performance.now() - started) / 1000);
  for (const [group, count] of [...seen].sort((a, b) => b[1] - a[1])) print(`${count} x ${group}`);
  for (const line of coverage.lines(20, 100)) print(line);
  const summary = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  print(
    `${graphs} graphs from seed ${seed} on: ${summary.join(', ')}; ${rate.toFixed(0)} a second`,
  );
  return counts.different === 0;
}

/** What findings have in common that are likely to have one cause. */
function groupOf({ verdict, graph }: Finding): string {
  if (verdict.kind === 'invalid')
    return `invalid: ${verdict.message.replace(/\d+/g, 'N').slice(0, 240)}`;
  if (verdict.kind === 'known') return `known: ${verdict.reason}`;
  return `${keyOf(verdict)}: ${graph.nodes.map(({ opType }) => opType).join(' ')}`;
}

function describeFinding({ verdict, graph, needsPasses }: Finding, seed: number): string {
  const what =
    verdict.kind === 'different'
      ? describeDifference(verdict.difference)
      : verdict.kind === 'refused'
        ? `${verdict.refusal.crashed ? 'CRASHED' : 'refused'}: ${verdict.refusal.message}`
        : verdict.kind;
  const passes = needsPasses ? '; not with disabledPasses: ["*"]' : '';
  return `seed ${seed}: ${what}${passes}\n${describeGraph(graph)}\n`;
}
