// npm run bench [-- --only speed,threads] [--networks espcn,rrdb] [--rounds N] [--warm-up N] [--quick]
//   [--operators Softmax,LSTM] [--loads N] [--json FILE] [--browser firefox|webkit]
// Sets up, builds, and measures the package in dist/ against others in Chromium; the results go to
// build/bench.json. Other browsers measure `models`, `speed`, `zoo` and `cold-start`.

import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromiumLaunchOptions } from '../tools/lib/chromium.mjs';
import { installHeadlessShell, installOtherBrowser } from '../tools/lib/packages.mjs';
import { buildDir, projectDir } from '../tools/lib/project.mjs';
import { packageSteps, setupSteps } from '../tools/lib/setup.mjs';
import { runSteps } from '../tools/lib/steps.mjs';
import { bundleForNode, bundlePages } from './bundle.mjs';
import { measureFirstRuns, measureMemory } from './parts/alone.mjs';
import { measureColdStart } from './parts/cold-start.mjs';
import { measureInt8 } from './parts/int8.mjs';
import { measureModels } from './parts/models.mjs';
import { measureOperators } from './parts/operators.mjs';
import { isOther, launchOther } from './parts/others.mjs';
import { measurePictures } from './parts/pictures.mjs';
import { measureSizes } from './parts/sizes.mjs';
import { measureBefore, measureSpeed, measureThreads } from './parts/turns.mjs';
import { measureZoo } from './parts/zoo.mjs';
import { writeResults } from './results.mjs';

/**
 * What the parts of the benchmark measure with.
 *
 * @typedef {object} Bench
 * @property {import('@playwright/test').Browser} browser
 * @property {import('../tests/browser/others/browser.js').OtherBrowser} [other] measured in its stead
 * @property {string} server the address of the checkout
 * @property {import('./bundle.mjs').Library} library
 * @property {{networks?: string, operators?: string, rounds?: string, 'warm-up'?: string, loads?: string, quick: boolean, browser: string}} options
 */

/** @typedef {{table: string, problems: string[]}} Report */

/**
 * What is measured, in this order. Each gives `table`, `problems`, and its figures.
 *
 * @type {Record<string, (bench: Bench) => Report | Promise<Report>>}
 */
const parts = {
  speed: measureSpeed,
  threads: measureThreads,
  models: measureModels,
  'first-runs': measureFirstRuns,
  memory: measureMemory,
  'cold-start': measureColdStart,
  sizes: measureSizes,
  before: measureBefore,
  operators: measureOperators,
  pictures: measurePictures,
  int8: measureInt8,
  zoo: measureZoo,
};

/** Parts that are measured only when asked for. */
const onRequest = ['before', 'operators', 'pictures', 'int8', 'zoo'];
/** Parts that other browsers than Chromium measure, the first unless told otherwise. */
const inOthers = ['models', 'speed', 'zoo', 'cold-start'];
const everyday = Object.keys(parts).filter((name) => !onRequest.includes(name));

const { values: options } = parseArgs({
  options: {
    browser: { type: 'string', default: 'chromium' },
    only: { type: 'string' },
    networks: { type: 'string' },
    operators: { type: 'string' },
    rounds: { type: 'string' },
    'warm-up': { type: 'string' },
    loads: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string', default: join(buildDir, 'bench.json') },
  },
});
const other = otherBrowser(options.browser);
const chosen = chosenParts(
  (options.only ?? (other ? inOthers.slice(0, 1) : everyday).join()).split(','),
);

const steps = [
  ...(other ? [{ title: options.browser, run: () => installOtherBrowser(other) }] : []),
  ...setupSteps({ forBrowser: true }),
  ...packageSteps(),
];
if (chosen.includes('cold-start') && !other) {
  steps.push({ title: "Chromium's headless shell", run: installHeadlessShell });
}
if (!(await runSteps(steps))) process.exit(1);
// Imported only now: they are, or need, packages just installed.
const { chromium } = await import('@playwright/test');
const { serve } = await import('../tools/lib/serve.mjs');

await bundlePages();
const library = await bundleForNode();
const server = await serve(projectDir, { port: 4180 });
const browser = await chromium.launch(chromiumLaunchOptions());
const driven = other && (await launchOther(other, library));
const machine = {
  browser: driven ? `${options.browser} ${driven.version}` : `Chromium ${browser.version()}`,
  measured: new Date().toISOString(),
  // What else the machine had to do in the minute before.
  load: loadavg()[0],
};
console.log(`${machine.browser}; load of the machine before: ${machine.load.toFixed(1)}`);
/** @type {Record<string, Report>} */
const reports = {};
for (const name of chosen) {
  console.log(`\n--- ${name}`);
  reports[name] = await measurePart(name);
  console.log(`\n${reports[name].table}`);
}
await browser.close();
await driven?.close();

const problems = chosen.flatMap((name) => reports[name].problems);
for (const problem of problems) console.error(problem);
writeResults(options.json, { ...machine, ...reports });
process.exit(problems.length === 0 ? 0 : 1);

/**
 * A part that fails does not keep the others from being measured.
 *
 * @param {string} name
 * @returns {Promise<Report>}
 */
async function measurePart(name) {
  try {
    return await parts[name]({
      browser,
      ...(driven ? { other: driven } : {}),
      server,
      library,
      options,
    });
  } catch (error) {
    return {
      table: 'failed',
      problems: [`${name}: ${error instanceof Error ? error.stack : error}`],
    };
  }
}

/**
 * @param {string} name
 * @returns {'firefox' | 'webkit' | undefined} undefined for Chromium
 */
function otherBrowser(name) {
  if (isOther(name)) return name;
  if (name === 'chromium') return undefined;
  console.error(`--browser takes chromium, firefox and webkit, not ${name}`);
  process.exit(2);
}

/** @param {string[]} names */
function chosenParts(names) {
  const known = other ? inOthers : Object.keys(parts);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return names;
  console.error(
    `There is no part ${unknown.join(', ')} in ${options.browser}; there are ${known.join(', ')}`,
  );
  process.exit(2);
}
