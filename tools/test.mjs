// npm test: sets up, builds, and runs every suite; the last line is `N passed, N failed`. A suite is
// not run again while nothing has changed that it depends on, except where CI=true.
// npm test -- SUITE...: these, in any case, like `lint`, `cpp:native`, `cpp`, `jest`, `browser`.
// npm run test:full: all of them, in any case, and what takes too long for every day.

import { parseArgs } from 'node:util';
import { forgetPassed, keyOf, passedBefore, rememberPassed } from './lib/passed.mjs';
import { total } from './lib/runners.mjs';
import { compilerSteps, demoSteps, packagesSteps, packageSteps } from './lib/setup.mjs';
import { runSteps } from './lib/steps.mjs';
import { suites } from './lib/suites.mjs';

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false } },
});

const all = suites({ full: values.full });
const chosen = all.filter(({ name }) => wanted.length === 0 || wanted.some(covers(name)));
if (!wanted.every((want) => all.some(({ name }) => covers(name)(want)))) {
  console.error(`Suites: ${all.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const always = wanted.length > 0 || values.full || process.env.CI === 'true';

const needs = new Set(chosen.flatMap((suite) => suite.needs));
const needNothing = (/** @type {import('./lib/suites.mjs').Suite} */ suite) => !suite.needs.length;

/** @type {import('./lib/runners.mjs').Result[]} */
const results = [];
// What needs no compiler runs while compilers are downloaded.
const succeeded = await runSteps([
  ...packagesSteps({ forTests: true }),
  ...chosen.filter(needNothing).flatMap(suiteSteps),
  ...(needs.has('compilers') ? compilerSteps({ forTests: true }) : []),
  ...(needs.has('package') ? packageSteps() : []),
  ...(needs.has('demo') ? demoSteps() : []),
  ...chosen.filter((suite) => !needNothing(suite)).flatMap(suiteSteps),
]);
const { passed, failed } = total(results);
// A step that is no suite may have failed.
const broken = failed === 0 && !succeeded ? 1 : failed;
console.log(`\n${passed} passed, ${broken} failed`);
process.exit(broken === 0 ? 0 : 1);

/**
 * @param {import('./lib/suites.mjs').Suite} suite
 * @returns {import('./lib/steps.mjs').Step[]}
 */
function suiteSteps({ name, narrow, prepare, ...suite }) {
  const preparation = prepare && { title: `${name}: set-up`, run: prepare, early: true };
  const run = (/** @type {string} */ log) => runSuite({ name, ...suite }, log);
  return [...(preparation ? [preparation] : []), { title: name, narrow, optional: true, run }];
}

/**
 * @param {import('./lib/suites.mjs').Suite} suite
 * @param {string} log
 * @returns {Promise<string>} a note
 */
async function runSuite({ name, inputs, run }, log) {
  const key = keyOf(inputs());
  const before = always ? undefined : passedBefore(name, key);
  if (before !== undefined) {
    results.push({ passed: before, failed: 0 });
    return `${before} passed, nothing has changed since`;
  }
  forgetPassed(name);
  /** @type {import('./lib/runners.mjs').Result} */
  const result = await run(log, always).catch((error) => ({ passed: 0, failed: 1, error }));
  results.push(result);
  if (result.failed > 0) throw result.error ?? new Error(`${result.failed} failed in ${name}`);
  // What was changed while the suite ran has not been tested.
  if (key !== undefined && keyOf(inputs()) === key) rememberPassed(name, key, result.passed);
  return [`${result.passed} passed`, result.note].filter(Boolean).join('; ');
}

/** @param {string} name */
function covers(name) {
  return (/** @type {string} */ want) => name === want || name.startsWith(`${want}:`);
}
