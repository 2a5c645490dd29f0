import { rmSync } from 'node:fs';
import { Option, type Command } from 'commander';
import type { SizeOptions } from 'fovea';
import { formatNames, type Format } from '../base/formats.js';
import { positiveNumber, wholeNumber, word } from '../base/values.js';
import type { Enlarged, Outcome } from './enlarging.js';
import { findPictures, standard } from './inputs.js';
import { jsonOption, modelOption, read } from './option-kinds.js';
import { planOutputs, temporaryName, type Task } from './outputs.js';
import { openPool } from './pool.js';
import { printJson, tellUser } from './print.js';
import { ProgressBar } from './progress-bar.js';
import { UsageError } from './usage-error.js';

interface UpscaleFlags extends SizeOptions {
  output: string;
  model: string;
  format?: Format;
  quality?: number;
  jobs: number;
  threads?: number;
  overwrite?: true;
  json?: true;
}

const help = `
Files keep their place below the folder that is named, and their name. A picture's orientation (EXIF) is
applied, its colours become sRGB; of animations the first picture counts. Without a format, the output
is PNG, WebP or JPEG as its name or the input's says, else PNG.

Examples:
  fovea upscale photo.jpg -o photo-large.jpg
  fovea upscale photos/ -o large/ --width 1920 --jobs 2
  fovea upscale 'photos/**/*.png' -o large/ --model x4 --format webp --quality 90
  curl -s https://example.org/a.png | fovea upscale - -o - > large.png`;

/** `fovea upscale`. */
export function addUpscale(program: Command): void {
  program
    .command('upscale')
    .description('enlarge pictures by a network')
    .argument('<inputs...>', 'files, folders (with all below), globs in quotes, or - for stdin')
    .requiredOption('-o, --output <path>', 'a file, a folder, or - for stdout')
    .addOption(modelOption())
    .addOption(
      new Option('-s, --scale <factor>', "times larger; the network's own unless given")
        .argParser(read(positiveNumber))
        .conflicts(['width', 'height']),
    )
    .option('--width <pixels>', 'of the result', read(wholeNumber(1)))
    .option('--height <pixels>', 'of the result', read(wholeNumber(1)))
    .option(
      '--fit <how>',
      'within width and height: contain, cover or fill',
      read(word('contain', 'cover', 'fill')),
    )
    .option('-f, --format <format>', formatNames.join(', '), read(word(...formatNames)))
    .option('-q, --quality <1-100>', 'of WebP and JPEG', read(wholeNumber(1, 100)))
    .option('-j, --jobs <count>', 'pictures at a time', read(wholeNumber(1, 64)), 1)
    .option('--threads <count>', 'threads of each picture', read(wholeNumber(1, 64)))
    .option('--overwrite', 'replace files that exist')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (inputs: string[], flags: UpscaleFlags) => {
      process.exitCode = await upscale(inputs, flags);
    });
}

interface Failure {
  input: string;
  error: { code: string; message: string };
}

type Result = (Enlarged & { input: string; output: string }) | Failure;

/** Enlarges pictures; gives the exit code. */
async function upscale(inputs: readonly string[], flags: UpscaleFlags): Promise<number> {
  checkStreams(inputs, flags);
  const found = await findPictures(inputs, flags.output);
  const { format, output, overwrite = false } = flags;
  const { tasks, refused } = planOutputs(found, { output, format, overwrite });
  const failures: Failure[] = [
    ...found.missing.map((each) => failure(each, 'NotFound')),
    ...refused.map((each) => failure(each, 'Exists')),
  ];
  failures.forEach((each) => tellResult(each, flags));
  const results: Result[] = [...failures];
  if (tasks.length > 0) results.push(...(await enlargeAll(tasks, flags)));
  const failed = results.filter((result) => 'error' in result).length;
  const done = results.length - failed;
  if (flags.json) printJson({ done, failed, results });
  else if (results.length > 1) tellUser(`${done} enlarged, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

async function enlargeAll(tasks: readonly Task[], flags: UpscaleFlags): Promise<Result[]> {
  const { model, threads, quality } = flags;
  const { scale, width, height, fit } = flags;
  const size = { scale, width, height, fit };
  const settings = { model, threads, quality, size, worker: true };
  const removing = removeWhenStopped(tasks);
  const pool = await openPool(Math.min(flags.jobs, tasks.length), settings);
  const bar = new ProgressBar(tasks.length);
  try {
    return await Promise.all(
      tasks.map(async (task) => {
        const show = (fraction: number) => bar.update(task.input, Math.min(fraction, 0.99));
        const result = resultOf(task, await pool.enlarge(task, show));
        bar.update(task.input, 1);
        tellResult(result, flags);
        return result;
      }),
    );
  } finally {
    bar.end();
    removing.end();
    await pool.close();
  }
}

function resultOf({ input, output }: Task, outcome: Outcome): Result {
  return 'error' in outcome ? { input, ...outcome } : { input, output, ...outcome };
}

function failure({ input, message }: { input: string; message: string }, code: string): Failure {
  return { input, error: { code, message } };
}

function tellResult(result: Result, { json }: UpscaleFlags): void {
  if ('error' in result) tellUser(`${result.input}: ${result.error.message}`);
  else if (!json && !process.stderr.isTTY) {
    const { input, output, width, height, milliseconds } = result;
    const seconds = (milliseconds / 1000).toFixed(2);
    tellUser(`${input} -> ${output} (${width} x ${height}, ${seconds} s)`);
  }
}

function checkStreams(
  inputs: readonly string[],
  { output, json, fit, width, height }: UpscaleFlags,
) {
  if (inputs.length > 1 && inputs.includes(standard)) {
    throw new UsageError('- is the only input where it is one');
  }
  if (output === standard && json) {
    throw new UsageError('--json and the picture would both go to standard output');
  }
  if (output === standard && process.stdout.isTTY) {
    throw new UsageError('standard output is a terminal: redirect it to a file');
  }
  if (fit !== undefined && (width === undefined || height === undefined)) {
    throw new UsageError(
      '--fit says what becomes of a picture within --width and --height: give both',
    );
  }
}

/** When the program is stopped, no half picture is left. */
function removeWhenStopped(tasks: readonly Task[]): { end(): void } {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stop = (signal: 'SIGINT' | 'SIGTERM') => {
    for (const { output } of tasks) {
      if (output !== standard) rmSync(temporaryName(output), { force: true });
    }
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  signals.forEach((signal) => process.once(signal, stop));
  return { end: () => signals.forEach((signal) => process.off(signal, stop)) };
}
