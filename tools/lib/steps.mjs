// Progress a person can follow: one line a step, quiet output in a log that is shown on failure.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { buildDir, projectDir } from './project.mjs';

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {(log: string) => unknown} run may append output to the file `log` and may return, or
 *   promise, a note for the step's line
 * @property {boolean} [early] starts together with the first step, because it mostly waits: for the
 *   network or the disk
 * @property {boolean} [narrow] keeps one processor busy: such steps in a row run side by side
 * @property {boolean} [optional] a failure leaves the later steps to run
 */

/**
 * How a step ended.
 *
 * @typedef {object} Outcome
 * @property {string} time
 * @property {unknown} note
 * @property {{reason: unknown}} [failure]
 */

/**
 * Runs steps one after the other, each on a line `[2/5] Title ... 12 s`.
 *
 * A failed step shows the end of its log.
 *
 * @param {Step[]} steps
 * @returns {Promise<boolean>} whether all succeeded
 */
export async function runSteps(steps) {
  const started = performance.now();
  const running = new Map(steps.filter((step) => step.early).map((step) => [step, runStep(step)]));
  let succeeded = true;
  for (const [index, step] of steps.entries()) {
    process.stdout.write(`[${index + 1}/${steps.length}] ${step.title} ... `);
    if (step.narrow) startSideBySide(steps.slice(index), running);
    const outcome = await (running.get(step) ?? runStep(step));
    if (report(outcome, logOf(step.title))) continue;
    succeeded = false;
    if (!step.optional) break;
  }
  await Promise.all(running.values());
  console.log(`All of it: ${secondsSince(started)}`);
  return succeeded;
}

/**
 * Starts the narrow steps that `steps` begins with, no more at a time than there are processors.
 *
 * @param {Step[]} steps
 * @param {Map<Step, Promise<Outcome>>} running
 */
function startSideBySide(steps, running) {
  const wide = steps.findIndex((step) => !step.narrow);
  const narrow = steps.slice(0, wide < 0 ? undefined : wide).filter((step) => !running.has(step));
  const queue = narrow.map((step) => {
    /** @type {(value?: unknown) => void} */
    let start = () => {};
    const turn = new Promise((resolve) => (start = resolve));
    const outcome = turn.then(() => runStep(step));
    running.set(step, outcome);
    return { start, outcome };
  });
  const lane = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      next.start();
      await next.outcome;
    }
  };
  for (let lanes = availableParallelism(); lanes > 0; --lanes) void lane();
}

/**
 * @param {Step} step
 * @returns {Promise<Outcome>}
 */
async function runStep({ title, run }) {
  const started = performance.now();
  const log = logOf(title);
  mkdirSync(join(buildDir, 'logs'), { recursive: true });
  rmSync(log, { force: true });
  try {
    const note = await run(log);
    return { time: secondsSince(started), note };
  } catch (reason) {
    return { time: secondsSince(started), note: undefined, failure: { reason } };
  }
}

/**
 * @param {Outcome} outcome
 * @param {string} log
 * @returns {boolean} whether the step succeeded
 */
function report({ time, note, failure }, log) {
  if (!failure) {
    console.log([time, note].filter(Boolean).join(', '));
    return true;
  }
  console.log(`${time}, FAILED`);
  if (existsSync(log)) {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    console.error(lines.slice(-40).join('\n'));
    console.error(`\nThe whole output: ${relative(projectDir, log)}`);
  }
  console.error(messageOf(failure.reason));
  return false;
}

/** What an exception says. @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {string} title */
function logOf(title) {
  const name = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return join(buildDir, 'logs', `${name}.log`);
}

/** @param {number} started */
function secondsSince(started) {
  const elapsed = (performance.now() - started) / 1000;
  return elapsed < 10 ? `${elapsed.toFixed(1)} s` : `${Math.round(elapsed)} s`;
}
