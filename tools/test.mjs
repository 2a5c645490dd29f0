// npm test: sets up, builds, and runs every suite; the last line is `N passed, N failed`. A suite is
// not run again while nothing has changed that it depends on, except where CI=true.
// npm test -- SUITE...: these, in any case, like `lint`, `cpp:native`, `cpp`, `jest`, `browser`.
// npm run test:full: all of them, in any case, and what takes too long for every day.

import { parseArgs } from 'node:util';
import { forgetPassed, keyOf, passedBefore, rememberPassed } from './lib/passed.mjs';
import { total } from './lib/runners.mjs';
import { demoSteps, packageSteps, setupSteps } from './lib/setup.mjs';
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
const built = await runSteps([
  ...setupSteps({ forTests: true }),
  ...(needs.has('package') ? packageSteps() : []),
  ...(needs.has('demo') ? demoSteps() : []),
]);

/** @type {import('./lib/runners.mjs').Result[]} */
const results = built ? [] : [{ passed: 0, failed: 1 }];
if (built) await runSteps(chosen.flatMap(suiteSteps), { keepGoing: true });
const { passed, failed } = total(results);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/**
 * @param {import('./lib/suites.mjs').Suite} suite
 * @returns {import('./lib/steps.mjs').Step[]}
 */
function suiteSteps({ name, inputs, prepare, run }) {
  const key = keyOf(inputs());
  const before = always ? undefined : passedBefore(name, key);
  if (before !== undefined) {
    results.push({ passed: before, failed: 0 });
    return [{ title: name, run: () => `${before} passed, nothing has changed since` }];
  }
  /** @type {import('./lib/steps.mjs').Step['run']} */
  const test = async (log) => {
    forgetPassed(name);
    /** @type {import('./lib/runners.mjs').Result} */
    const result = await run(log).catch((error) => ({ passed: 0, failed: 1, error }));
    results.push(result);
    if (result.failed > 0) throw result.error ?? new Error(`${result.failed} failed in ${name}`);
    // What was changed while the suite ran has not been tested.
    if (key !== undefined && keyOf(inputs()) === key) rememberPassed(name, key, result.passed);
    return [`${result.passed} passed`, result.note].filter(Boolean).join('; ');
  };
  const preparation = prepare && { title: `${name}: set-up`, run: prepare, early: true };
  return [...(preparation ? [preparation] : []), { title: name, run: test }];
}

/** @param {string} name */
function covers(name) {
  return (/** @type {string} */ want) => name === want || name.startsWith(`${want}:`);
}
