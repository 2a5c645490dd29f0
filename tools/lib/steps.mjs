// Progress a person can follow: one line a step, quiet output in a log that is shown on failure.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildDir, projectDir } from './project.mjs';

/**
 * Runs steps one after the other, each on a line `[2/5] Title ... 12 s`.
 *
 * A step is `{title, run}`; `run(log)` may append output to the file `log` and may return a note for
 * the line. The first failure ends the program with status 1 and the end of that log.
 */
export async function runSteps(steps) {
  for (const [index, { title, run }] of steps.entries()) {
    process.stdout.write(`[${index + 1}/${steps.length}] ${title} ... `);
    const started = performance.now();
    const log = freshLog(title);
    try {
      const note = await run(log);
      console.log([seconds(started), note].filter(Boolean).join(', '));
    } catch (error) {
      console.log('failed');
      printFailure(error, log);
      process.exit(1);
    }
  }
}

/** Why something failed: the end of its log, if it wrote one, and where to find the rest. */
export function printFailure(error, log) {
  if (existsSync(log)) {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    console.error(lines.slice(-40).join('\n'));
    console.error(`\nThe whole output: ${relative(projectDir, log)}`);
  }
  console.error(error.message);
}

/** An empty log named after a step. */
export function freshLog(title) {
  const name = title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  const folder = join(buildDir, 'logs');
  mkdirSync(folder, { recursive: true });
  const log = join(folder, `${name}.log`);
  rmSync(log, { force: true });
  return log;
}

/** Time since `started`, a value of performance.now(), as a person says it. */
export function seconds(started) {
  const elapsed = (performance.now() - started) / 1000;
  return elapsed < 10 ? `${elapsed.toFixed(1)} s` : `${Math.round(elapsed)} s`;
}
