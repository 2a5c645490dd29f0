import type { Result } from './measure.js';

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
 * time of the last one it is.
 */
export function tableRows(
  reports: readonly NetworkReport[],
  contenders: readonly string[],
): string[][] {
  const header = ['ms, median (times ours)', ...contenders, 'error'];
  const rows = reports.map(({ title, results, failure }) => {
    if (failure !== undefined) return [title, ...contenders.map(() => 'failed'), ''];
    const ours = results.at(-1)!.milliseconds;
    const cells = contenders.map((name) => {
      const result = results.find(({ contender }) => contender === name);
      return result ? timeCell(result.milliseconds, ours) : '';
    });
    const error = Math.max(...results.map((result) => result.error));
    return [title, ...cells, error.toExponential(1)];
  });
  return [header, ...rows];
}

function timeCell(milliseconds: number, ours: number): string {
  const ratio = (milliseconds / ours).toFixed(2);
  return `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} (${ratio}x)`;
}

/** Rows as lines with aligned columns, the first to the left and the others to the right. */
export function formatRows(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  '),
    )
    .join('\n');
}
