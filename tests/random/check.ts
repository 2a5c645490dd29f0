import type { LoadOptions } from 'fovea';
import { firstDifference, type Difference } from './compare.js';
import { computeByFovea, computeByOnnxruntime, everyValue, type Refusal } from './compute.js';
import type { Graph } from './graph.js';
import { knownReason, knownRefusal } from './known.js';
import { measureNoise } from './noise.js';
import { shrink } from './shrink.js';

/** What comes of one graph. */
export type Verdict =
  | { kind: 'equal' }
  /** onnxruntime does not take the graph: there is nothing to compare with. */
  | { kind: 'invalid'; message: string }
  | { kind: 'refused'; refusal: Refusal }
  | { kind: 'different'; difference: Difference }
  /** Different where onnxruntime is known to be. */
  | { kind: 'known'; reason: string };

/** Runs a graph in both and compares. */
export async function check(graph: Graph, options: LoadOptions): Promise<Verdict> {
  const expected = await computeByOnnxruntime(graph);
  if ('refusal' in expected) return { kind: 'invalid', message: expected.refusal.message };
  const feeds = graph.feeds.slice(0, expected.runs.length);
  const actual = await computeByFovea({ ...graph, feeds }, options);
  if ('refusal' in actual) return { kind: 'refused', refusal: actual.refusal };
  for (const [run, values] of expected.runs.entries()) {
    const compare = (tolerances = {}) =>
      firstDifference(actual.runs[run]!, values, run, tolerances, graph.rounded);
    if (!compare()) continue;
    const difference = compare(await measureNoise(graph, run));
    if (difference) return { kind: 'different', difference };
  }
  return { kind: 'equal' };
}

/** A graph that is not equal, and the smallest one found of the same verdict. */
export interface Finding {
  verdict: Verdict;
  graph: Graph;
  /** Whether it is gone where no pass changes the graph. */
  needsPasses: boolean;
}

/** Checks a graph; where it is not equal, looks for a smaller one. */
export async function investigate(graph: Graph, options: LoadOptions): Promise<Finding> {
  const verdict = await check(graph, options);
  if (verdict.kind !== 'different' && verdict.kind !== 'refused') {
    return { verdict, graph, needsPasses: false };
  }
  const isSame = (other: Verdict) => keyOf(other) === keyOf(verdict);
  const small = await shrink(graph, async (smaller) => isSame(await check(smaller, options)));
  const known = await explained(small, options);
  if (!known) return report(small, options, isSame);
  // What is known may hide what is not.
  const other = await shrink(graph, async (smaller) => {
    return isSame(await check(smaller, options)) && !(await explained(smaller, options));
  });
  const found = other !== graph;
  return found
    ? report(other, options, isSame)
    : { verdict: known, graph: small, needsPasses: false };
}

/** The verdict on a small graph whose difference or refusal is onnxruntime's. */
async function explained(graph: Graph, options: LoadOptions): Promise<Verdict | undefined> {
  const verdict = await check(graph, options);
  if (verdict.kind === 'refused') {
    const reason = knownRefusal(graph, verdict.refusal.message);
    return reason === undefined ? undefined : { kind: 'known', reason };
  }
  if (verdict.kind !== 'different') return undefined;
  const { difference } = verdict;
  const values = await everyValue({ ...graph, feeds: [graph.feeds[difference.run]!] });
  const reason = values && knownReason(graph, values, difference);
  return reason === undefined ? undefined : { kind: 'known', reason };
}

async function report(
  graph: Graph,
  options: LoadOptions,
  isSame: (verdict: Verdict) => boolean,
): Promise<Finding> {
  const plain = await check(graph, { ...options, disabledPasses: ['*'] });
  return { verdict: await check(graph, options), graph, needsPasses: !isSame(plain) };
}

/** What makes two verdicts the same to whoever looks for the cause. */
export function keyOf(verdict: Verdict): string {
  if (verdict.kind === 'different') return `different ${verdict.difference.what}`;
  if (verdict.kind === 'refused') return `refused ${withoutNames(verdict.refusal.message)}`;
  return verdict.kind;
}

/** A message without what is of one graph alone: names, sizes, types. */
function withoutNames(message: string): string {
  return message
    .replace(/'[^']*'/g, "'..'")
    .replace(/\[[^\]]*\]/g, '[..]')
    .replace(/-?\d+(\.\d+)?/g, 'N');
}
