import { formatMilliseconds, formatRows } from './rows.js';

/** Median milliseconds of a network and of its quantised twin. */
export interface Int8Times {
  ours: number;
  oursInt8: number;
  theirs: number;
  theirsInt8: number;
  /** How many layers compute with bytes, of how many. */
  layers: string;
  /** What the twin loses by the quantiser's own account, in dB. */
  lossDb: number;
}

export type Int8Row = { name: string; title: string } & (
  (Int8Times & { failure?: never }) | ({ failure: string } & Partial<Int8Times>)
);

/** The times, how many times as fast the twin is, and how much further ahead of onnxruntime-web. */
export function int8Table(rows: readonly Int8Row[]): string {
  const header = ['ms, median', 'float', 'int8', 'times as fast', 'layers', 'loss, dB'].concat([
    'onnxruntime-web',
    'int8',
    'further ahead',
  ]);
  return formatRows([
    header,
    ...rows.map((row) => {
      if (row.failure !== undefined) return [row.title, ...header.slice(1).map(() => 'failed')];
      const { ours, oursInt8, theirs, theirsInt8, layers, lossDb } = row;
      const further = theirsInt8 / oursInt8 / (theirs / ours);
      return [
        row.title,
        formatMilliseconds(ours),
        formatMilliseconds(oursInt8),
        (ours / oursInt8).toFixed(2),
        layers,
        lossDb.toFixed(3),
        formatMilliseconds(theirs),
        formatMilliseconds(theirsInt8),
        further.toFixed(2),
      ];
    }),
  ]);
}
