// Progress a person can follow: one line a step, quiet output in a log that is shown on failure.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildDir, projectDir } from './project.mjs';

/**
 * Runs steps one after the other, each on a line `[2/5] Title ... 12 s`.
 *
 * A step is `{title, run}`; `run(log)` may append output to the file `log` and may return a note for
 * the line. A failed step shows the end of its log.
 *
 * @param {object[]} steps
 * @param {{keepGoing?: boolean}} options whether a failure leaves the later steps to run
 * @returns {Promise<boolean>} whether all succeeded
 */
export async function runSteps(steps, { keepGoing = false } = {}) {
  let succeeded = true;
  for (const [index, step] of steps.entries()) {
    process.stdout.write(`[${index + 1}/${steps.length}] ${step.title} ... `);
    if (await runStep(step)) continue;
    succeeded = false;
    if (!keepGoing) break;
  }
  return succeeded;
}

async function runStep({ title, run }) {
  const started = performance.now();
  const log = freshLog(title);
  try {
    const note = await run(log);
    console.log([seconds(started), note].filter(Boolean).join(', '));
    return true;
  } catch (error) {
    console.log(`${seconds(started)}, FAILED`);
    printFailure(error, log);
    return false;
  }
}

function printFailure(error, log) {
  if (existsSync(log)) {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    console.error(lines.slice(-40).join('\n'));
    console.error(`\nThe whole output: ${relative(projectDir, log)}`);
  }
  console.error(error.message);
}

function freshLog(title) {
  const name = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  const folder = join(buildDir, 'logs');
  mkdirSync(folder, { recursive: true });
  const log = join(folder, `${name}.log`);
  rmSync(log, { force: true });
  return log;
}

function seconds(started) {
  const elapsed = (performance.now() - started) / 1000;
  return elapsed < 10 ? `${elapsed.toFixed(1)} s` : `${Math.round(elapsed)} s`;
}
