import { formatRows } from '../rows.js';
import type { Measured } from './measure.js';

/** Operators that are slower, in times of onnxruntime-web's speed, fail. */
export const lowestRatio = 0.5;

/** Results that differ by more, relative to the greatest, are named. */
const tolerance = 1e-2;

type Complete = Measured & Required<Pick<Measured, 'ours' | 'theirs' | 'ratio' | 'error'>>;

function isComplete(row: Measured): row is Complete {
  return row.ratio !== undefined;
}

/** The slowest against onnxruntime-web first; then what there is to say of all. */
export function operatorsTable(rows: readonly Measured[]): string {
  const measured = rows.filter(isComplete).toSorted((a, b) => a.ratio - b.ratio);
  const lines = measured.map(({ operator, size, ours, theirs, ratio }) => [
    operator,
    size,
    ours.toPrecision(3),
    theirs.toPrecision(3),
    ratio.toFixed(2),
  ]);
  const header = ['ms, median', 'size', 'fovea', 'onnxruntime-web', 'times as fast'];
  const left = rows.filter(({ failure }) => failure !== undefined);
  return [
    formatRows([header, ...lines]),
    '',
    ...left.map(({ operator, size, failure }) => `${operator}, ${size}: not measured: ${failure}`),
    summary(measured),
  ].join('\n');
}

function summary(measured: readonly Complete[]): string {
  const logarithms = measured.map(({ ratio }) => Math.log(ratio));
  const mean = Math.exp(logarithms.reduce((sum, x) => sum + x, 0) / measured.length);
  const operators = new Set(measured.map(({ operator }) => operator));
  const below = measured.filter(({ ratio }) => ratio < lowestRatio).length;
  return (
    `${operators.size} operators, ${measured.length} measured: ${mean.toFixed(2)} times as fast ` +
    `(geometric mean); ${below} below ${lowestRatio}`
  );
}

/** Operators that are too slow, and results that differ. */
export function operatorProblems(rows: readonly Measured[]): string[] {
  return rows
    .filter(isComplete)
    .flatMap(({ operator, size, ratio, error }) => [
      ...(ratio < lowestRatio
        ? [`${operator}, ${size}: ${ratio.toFixed(2)} times as fast as onnxruntime-web`]
        : []),
      ...(error > tolerance
        ? [`${operator}, ${size}: results differ by ${error.toExponential(1)}`]
        : []),
    ]);
}
