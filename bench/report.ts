import type { ContenderSet, Quotient } from './contenders/sets.js';
import type { Result } from './measure.js';
import { formatMilliseconds } from './rows.js';

export interface NetworkReport {
  network: string;
  title: string;
  results: Result[];
  /** The fault that kept the network from being measured. */
  failure?: string;
}

/** Contenders whose output is further than this from the first one's, relative to its maximum, are wrong. */
export const tolerance = 1e-4;

/** What is wrong: networks that failed and outputs that disagree. */
export function problemsOf(reports: readonly NetworkReport[]): string[] {
  return reports.flatMap(({ network, results, failure }) => [
    ...(failure === undefined ? [] : [`${network}: ${failure}`]),
    ...results
      .filter(({ error }) => !(error <= tolerance))
      .map(({ contender, error }) => `${network}: the output of ${contender} is off by ${error}`),
  ]);
}

/**
 * The table as rows of text: for each network, every contender's median and how many times the
 * time of the last one it is; then the quotients of the set, and errors.
 */
export function tableRows(reports: readonly NetworkReport[], set: ContenderSet): string[][] {
  const contenders = set.contenders.map(({ name }) => name);
  const quotients = set.quotients.map(({ title }) => title);
  const rough = set.rough.map((name) => `error, ${name}`);
  const header = ['ms, median (times ours)', ...contenders, ...quotients, 'error', ...rough];
  const rows = reports.map(({ title, results, failure }) => {
    if (failure !== undefined) return [title, ...header.slice(2).map(() => 'failed'), ''];
    const ours = results.at(-1)!.milliseconds;
    const others = results.filter(({ contender }) => !set.rough.includes(contender));
    return [
      title,
      ...contenders.map((name) => timeCell(timeOf(results, name), ours)),
      ...set.quotients.map((quotient) => quotientCell(results, quotient)),
      errorCell(others),
      ...set.rough.map((name) => errorCell(results.filter(({ contender }) => contender === name))),
    ];
  });
  return [header, ...rows];
}

function timeOf(results: readonly Result[], name: string): number | undefined {
  return results.find(({ contender }) => contender === name)?.milliseconds;
}

function timeCell(milliseconds: number | undefined, ours: number): string {
  if (milliseconds === undefined) return '';
  return `${formatMilliseconds(milliseconds)} (${(milliseconds / ours).toFixed(2)}x)`;
}

function errorCell(results: readonly Result[]): string {
  return Math.max(...results.map(({ error }) => error)).toExponential(1);
}

function quotientCell(results: readonly Result[], { numerator, denominator }: Quotient): string {
  const [over, under] = [timeOf(results, numerator), timeOf(results, denominator)];
  return over === undefined || under === undefined ? '' : (over / under).toFixed(2);
}
