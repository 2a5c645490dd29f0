// What goes to standard output and to standard error.

import { errorText, messageOf } from '../base/errors.js';

/** The result, for people or programs. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What is told beside the result. */
export function tellUser(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2));
}

/** Tells why a command gave nothing: as JSON where that is what is read. */
export function printFailure(error: unknown, json: boolean): void {
  if (json) printJson({ error: errorText(error) });
  else tellUser(`fovea: ${messageOf(error)}`);
}

/** A cell of a table. */
export type Cell = string | number | undefined;

/** Rows below each other, as wide as they need to be; columns of numbers stand at the right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, ...rows].map(lineOf(columnsOf(head, rows))).join('\n');
}

/** Names and what they are, one a line; those that are not known are left out. */
export function facts(rows: readonly (readonly [string, string | undefined])[]): string {
  const known = rows.filter(([, value]) => value);
  return known.map(lineOf(columnsOf(['', ''], known))).join('\n');
}

interface Column {
  width: number;
  isNumber: boolean;
}

function columnsOf(head: readonly string[], rows: readonly (readonly Cell[])[]): Column[] {
  return head.map((title, column) => {
    const cells = rows.map((row) => text(row[column]));
    const width = Math.max(title.length, ...cells.map(({ length }) => length));
    return { width, isNumber: cells.every((cell) => /^[\d.,]*$/.test(cell)) };
  });
}

function lineOf(columns: readonly Column[]): (row: readonly Cell[]) => string {
  return (row) =>
    columns
      .map(({ width, isNumber }, column) => {
        const cell = text(row[column]);
        return isNumber ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
}

function text(cell: Cell): string {
  return String(cell ?? '');
}

/** A size of memory or of a file. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB'];
  const power = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)), 3);
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** A number with its thousands apart. */
export function countText(count: number): string {
  return count.toLocaleString('en');
}
