import { tolerance } from '../report.js';
import { formatMilliseconds, formatRows } from '../rows.js';
import { median } from '../statistics.js';
import type { ZooFailure, ZooRow } from './measure.js';

/** What one load of the page measured. */
export type ZooLoad = readonly (ZooRow | ZooFailure)[];

/** Results in float16 may differ by so many of its roundings, relative to the greatest element. */
const halfTolerance = 8 * 2 ** -11;

type Times = Pick<ZooRow, 'peer' | 'simd' | 'relaxed'>;

const kinds = {
  chain: 'chains',
  depthwise: 'depthwise and 1x1',
  other: 'others',
} as const;

/**
 * Of each network the medians over the loads, how many times as fast as onnxruntime-web ours is (and the least and
 * the most of a load), and geometric means, in which runs of less than a millisecond count as they are in the page:
 * in a worker, messages are most of what they take.
 */
export function zooTable(loads: readonly ZooLoad[]): string {
  const networks = byNetwork(loads);
  const header = ['ms, medians', 'MACs, M', 'parameters, K', 'relaxed', 'simd', 'onnxruntime-web'];
  const rows = networks.map((rows) => {
    const [{ title, type, macs, parameters }] = rows as [ZooRow];
    const short = inPage(rows);
    return [
      type === 'float16' ? `${title}, float16` : title,
      (macs / 1e6).toPrecision(3),
      (parameters / 1e3).toPrecision(3),
      ...(['relaxed', 'simd', 'peer'] as const).map((who) =>
        milliseconds(rows.flatMap((row) => row[who] ?? [])),
      ),
      spread(ratios(rows, 'relaxed')),
      spread(ratios(rows, 'simd')),
      spread(ratios(short, 'relaxed')),
      spread(ratios(short, 'simd')),
      Math.max(...rows.map(({ error }) => error)).toExponential(1),
    ];
  });
  const ahead = ['times as fast', 'simd', 'in the page', 'simd', 'error'];
  return [formatRows([[...header, ...ahead], ...rows]), '', ...means(networks)].join('\n');
}

/** Networks that failed, and results that differ. */
export function zooProblems(loads: readonly ZooLoad[]): string[] {
  const problems = loads.flat().flatMap((row) => {
    if ('failure' in row) return row.failure;
    const allowed = row.type === 'float16' ? halfTolerance : tolerance;
    return row.error <= allowed ? [] : `${row.name}: results differ by ${row.error}`;
  });
  return [...new Set(problems)];
}

/** Of each network that no load failed on, what each load measured. */
function byNetwork(loads: readonly ZooLoad[]): ZooRow[][] {
  const names = loads[0]!.map(({ name }) => name);
  return names
    .map((name) => loads.flatMap((rows) => rows.filter((row) => row.name === name)))
    .filter((rows): rows is ZooRow[] => rows.every((row) => !('failure' in row)));
}

function inPage(rows: readonly ZooRow[]): Times[] {
  return rows.flatMap((row) => row.inPage ?? []);
}

/** Of the rows that have a time of ours. */
function ratios(rows: readonly Times[], ours: 'relaxed' | 'simd'): number[] {
  return rows.flatMap(({ peer, [ours]: time }) => (time === undefined ? [] : peer / time));
}

function spread(values: readonly number[]): string {
  if (values.length === 0) return '';
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`;
}

/** The median; short runs are told to the microsecond. */
function milliseconds(values: readonly number[]): string {
  if (values.length === 0) return '';
  const value = median(values);
  return value < 10 ? value.toFixed(3) : formatMilliseconds(value);
}

function means(networks: readonly ZooRow[][]): string[] {
  const lines = (['float32', 'float16'] as const).flatMap((type) => {
    const ofType = networks.filter(([row]) => row!.type === type);
    const groups = Object.entries(kinds).map(
      ([kind, title]) => [title, ofType.filter(([row]) => row!.kind === kind)] as const,
    );
    return [...groups, ['all', ofType] as const].flatMap(([title, rows]) =>
      rows.length === 0 ? [] : [[`${type}, ${title} (${rows.length})`, ...meansOf(rows)]],
    );
  });
  const header = ['geometric means, times as fast as onnxruntime-web', 'relaxed', 'simd'];
  return [formatRows([header, ...lines])];
}

function meansOf(networks: readonly ZooRow[][]): string[] {
  return (['relaxed', 'simd'] as const).map((ours) => {
    const each = networks.map((rows) => {
      const short = inPage(rows);
      return ratios(short.length > 0 ? short : rows, ours);
    });
    if (each.some((values) => values.length === 0)) return '';
    const logarithms = each.map((values) => Math.log(median(values)));
    return Math.exp(logarithms.reduce((sum, x) => sum + x, 0) / logarithms.length).toFixed(2);
  });
}
