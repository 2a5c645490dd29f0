// Which file each picture becomes.

import { basename, dirname, extname, join, resolve } from 'node:path';
import { extensionOf, formatOfExtension, type Format } from '../base/formats.js';
import { exists, isFile, isFolder, standard, type Found } from './inputs.js';
import { UsageError } from './usage-error.js';

/** A picture and what it is to become. */
export interface Task {
  /** A path, or `-`. */
  input: string;
  /** A path, or `-`. */
  output: string;
  format: Format;
}

export interface OutputOptions {
  /** A file, a folder, or `-`. */
  output: string;
  format: Format | undefined;
  /** Whether files that exist are replaced. */
  overwrite: boolean;
}

export interface Planned {
  tasks: Task[];
  /** Pictures whose file exists. */
  refused: { input: string; message: string }[];
}

/**
 * Says what becomes of each picture.
 *
 * @throws UsageError where the output cannot hold what is found
 */
export function planOutputs({ pictures, single }: Found, options: OutputOptions): Planned {
  const { output, overwrite } = options;
  const tasks = intoFolder(output, single)
    ? pictures.map((picture) => folderTask(picture.input, picture.relative, options))
    : pictures.map(({ input }) => fileTask(input, single, options));
  checkDistinct(tasks);
  const refuses = (task: Task) => !overwrite && task.output !== standard && exists(task.output);
  const message = (task: Task) => `${task.output} exists: --overwrite replaces it`;
  return {
    tasks: tasks.filter((task) => !refuses(task)),
    refused: tasks.filter(refuses).map((task) => ({ input: task.input, message: message(task) })),
  };
}

function intoFolder(output: string, single: boolean): boolean {
  if (output === standard) return false;
  if (isFolder(output) || /[/\\]$/.test(output)) return true;
  if (single) return false;
  if (isFile(output)) {
    throw new UsageError(`'${output}' is a file: several pictures become files of a folder`);
  }
  return true;
}

/** A picture below the output folder, as it lies below its own. */
function folderTask(input: string, path: string, { output, format }: OutputOptions): Task {
  const extension = extname(path);
  const own = formatOfExtension(extension);
  const chosen = format ?? own ?? 'png';
  const stem = path.slice(0, path.length - extension.length);
  const ending = chosen === own ? extension : extensionOf(chosen);
  return { input, output: join(output, `${stem}${ending}`), format: chosen };
}

function fileTask(input: string, single: boolean, { output, format }: OutputOptions): Task {
  if (!single) throw new UsageError('one picture goes to standard output, not several');
  if (output === standard) {
    return { input, output, format: format ?? formatOfExtension(extname(input)) ?? 'png' };
  }
  const named = formatOfExtension(extname(output));
  if (named === undefined && format === undefined) {
    const message = `'${output}' tells no format: end it in .png, .webp or .jpg, or in / for a folder,`;
    throw new UsageError(`${message} or give --format`);
  }
  if (named !== undefined && format !== undefined && named !== format) {
    throw new UsageError(`--format ${format} and the name '${output}' contradict each other`);
  }
  return { input, output, format: (format ?? named)! };
}

function checkDistinct(tasks: readonly Task[]): void {
  const inputs = new Map<string, string>();
  for (const { input, output } of tasks) {
    if (output === standard) continue;
    const path = resolve(output);
    const other = inputs.get(path);
    if (other !== undefined) {
      throw new UsageError(`'${other}' and '${input}' would both become '${output}'`);
    }
    inputs.set(path, input);
  }
}

/** Where a result is written before it gets its name, in the same folder. */
export function temporaryName(output: string): string {
  return join(dirname(output), `.${basename(output)}.${process.pid}.tmp`);
}
