// The test runners, each reduced to how many of its tests passed and how many failed.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { buildPreset, isNativeInDebian } from './cmake.mjs';
import { inDebian } from './debian13.mjs';
import { forgetPassed, passedBefore, rememberPassed } from './passed.mjs';
import { buildDir } from './project.mjs';
import { setUpPython } from './python.mjs';
import { findProgram, outputOf, run } from './process.mjs';
import { nodeTool } from './setup.mjs';
import { contentKey } from './stamp.mjs';
import { messageOf } from './steps.mjs';

/** A test program that takes longer hangs. */
const timeout = 20 * 60_000;

/** @typedef {{passed: number, failed: number}} Counts */

/** @typedef {Counts & {note?: string, error?: unknown}} Result */

/**
 * What runs test programs.
 *
 * @typedef {object} Host
 * @property {string} name
 * @property {string[]} argv the beginning of a command line
 */

/**
 * A program whose success is one test.
 *
 * @param {string[]} argv
 * @param {string} log
 * @returns {Promise<Result>}
 */
export async function runCheck(argv, log) {
  return (await succeeds(argv, { log })) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/**
 * node:test on the tests of a folder.
 *
 * @param {string} folder
 * @param {string} log
 * @returns {Promise<Result>}
 */
export async function runNodeTests(folder, log) {
  const argv = [process.execPath, ...relaxedSimdFlag(), '--test', folder];
  const succeeded = await succeeds(argv, { log });
  const count = (/** @type {string} */ what) => countIn(readLog(log), `^. ${what} (\\d+)$`);
  return consistent({ passed: count('pass'), failed: count('fail') }, succeeded);
}

/**
 * Builds the C++ tests of a preset and runs them, each program in as many parts as there are
 * processors: none of these is idle while the longest program ends. A program that has passed is not
 * run again while it and its data are the same, unless `always`.
 *
 * @param {string} preset
 * @param {string[]} targets those to build; all when none is named
 * @param {{data: string[], always: boolean, omitted: string[], host?: Host}} options `data`: folders that
 *   the tests read; `omitted`: patterns of tests that are left out; `host`: in place of the preset's own
 * @param {string} log
 * @returns {Promise<Result>}
 */
export async function runCppTests(preset, targets, { data, always, omitted, host }, log) {
  const { name, argv } = host ?? { name: preset, argv: launcher(preset) };
  await buildPreset(preset, { targets, log });
  const all = testPrograms(preset, targets).map((program) => ({
    program,
    stamp: `${name}-${basename(program, '.js')}`,
    key: `${process.version} ${contentKey(...filesOf(program), ...data)}`,
  }));
  const unchanged = always
    ? []
    : all.filter(({ stamp, key }) => passedBefore(stamp, key) !== undefined);
  const changed = all.filter((each) => !unchanged.includes(each));
  changed.forEach(({ stamp }) => forgetPassed(stamp));
  const counts = await runGoogleTests(
    changed.map(({ program }) => program),
    (env, program) => inToolchain(preset, [...env, ...argv, program]),
    omitted,
    log,
  );
  counts.forEach(({ passed, failed }, index) => {
    const { stamp, key } = changed[index];
    if (failed === 0) rememberPassed(stamp, key, passed);
  });
  const before = unchanged.map(({ stamp, key }) => ({
    passed: passedBefore(stamp, key) ?? 0,
    failed: 0,
  }));
  const note = `${unchanged.length} of ${all.length} programs are as they were`;
  return { ...total([...counts, ...before]), note: unchanged.length > 0 ? note : undefined };
}

/**
 * What a test program consists of.
 *
 * @param {string} program
 */
function filesOf(program) {
  const wasm = program.replace(/\.js$/, '.wasm');
  return wasm === program ? [program] : [program, wasm];
}

/** The command line of a test program with an environment. @typedef {(env: string[], program: string) => string[]} Launch */

/**
 * @param {string[]} programs
 * @param {Launch} launch
 * @param {string[]} omitted
 * @param {string} log
 * @returns {Promise<Counts[]>} by program
 */
async function runGoogleTests(programs, launch, omitted, log) {
  const parts = availableParallelism();
  const shards = programs.flatMap((program) =>
    Array.from({ length: parts }, (_, index) => ({ program, index })),
  );
  /** @type {Shard[]} */
  const results = [];
  const next = async () => {
    for (let shard = shards.shift(); shard !== undefined; shard = shards.shift()) {
      results.push(await runGoogleTest(launch, { ...shard, parts, omitted }, log));
    }
  };
  await Promise.all(Array.from({ length: parts }, next));
  // Failures last: the end of the log is what is shown.
  results.sort((a, b) => a.failed - b.failed);
  writeFileSync(log, results.map((result) => readLog(result.log)).join('\n'), { flag: 'a' });
  return programs.map((program) => resultOf(program, results));
}

/**
 * Jest on the TypeScript.
 *
 * @param {string} log
 * @param {{full: boolean}} options `full`: tests as long as they are meant to be, by FOVEA_FULL
 * @returns {Promise<Result>}
 */
export async function runJest(log, { full }) {
  const report = `${log}.json`;
  const node = [process.execPath, '--experimental-vm-modules', ...relaxedSimdFlag()];
  const jest = ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${report}`];
  const succeeded = await succeeds([...node, ...jest], {
    log,
    env: { NODE_NO_WARNINGS: '1', ...(full ? { FOVEA_FULL: '1' } : {}) },
  });
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    numRuntimeErrorTestSuites = 0,
  } = /** @type {Record<string, number>} */ (readJson(report));
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return consistent({ passed: numPassedTests, failed }, succeeded);
}

/**
 * Playwright in Chromium.
 *
 * @param {string[]} choice options that choose tests
 * @param {string} log
 * @returns {Promise<Result>}
 */
export async function runPlaywright(choice, log) {
  const report = `${log}.json`;
  const argv = nodeTool('@playwright/test/cli.js', 'test', '--reporter=list,json', ...choice);
  const succeeded = await succeeds(argv, { log, env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report } });
  const { stats = {} } = /** @type {{stats?: Record<string, number>}} */ (readJson(report));
  const { expected = 0, unexpected = 0, flaky = 0 } = stats;
  return consistent({ passed: expected, failed: unexpected + flaky }, succeeded);
}

/** The share of the tests that a browser may be unable to pass. */
const mostLacking = 0.05;

/**
 * Playwright's runner in another browser. Tests that it cannot pass, by what it lacks, are neither passed nor
 * failed; where they are too many, that is a failure.
 *
 * @param {'firefox' | 'webkit'} browser
 * @param {string} log
 * @returns {Promise<Result>}
 */
export async function runOtherBrowser(browser, log) {
  const choice = ['--config', 'tests/browser/others', '--project', browser];
  const { passed, failed } = await runPlaywright(choice, log);
  const { lacking, failing } = lacksIn(readJson(`${log}.json`));
  const all = passed + failed + (lacking - failing);
  const note = `${lacking} of ${all} cannot pass for what ${browser} lacks`;
  const counts = { passed: passed - failing, failed };
  if (lacking <= mostLacking * all) return { ...counts, note };
  writeFileSync(log, `${note}: at most ${100 * mostLacking}% may\n`, { flag: 'a' });
  return { ...counts, failed: failed + 1, note };
}

/**
 * How many tests of a report are known not to pass, and how many of them were run and failed, as foretold.
 *
 * @param {unknown} report
 */
export function lacksIn(report) {
  /** @type {(suite: any) => any[]} */
  const testsOf = ({ suites = [], specs = [] }) => [
    ...suites.flatMap(testsOf),
    ...specs.flatMap((/** @type {any} */ { tests }) => tests),
  ];
  const lacking = testsOf(report).filter(({ annotations }) =>
    annotations.some((/** @type {{type: string}} */ { type }) => type === 'lacks'),
  );
  const failing = lacking.filter(({ status }) => status === 'expected');
  return { lacking: lacking.length, failing: failing.length };
}

/**
 * unittest on the training, with PyTorch; sets Python up where there is none.
 *
 * @param {string} log
 * @returns {Promise<Result>}
 */
export async function runUnittest(log) {
  const python = await setUpPython(log);
  const discover = ['discover', '--verbose', '--start-directory', 'training/tests'];
  const argv = python('-m', 'unittest', ...discover, '--top-level-directory', 'training');
  const succeeded = await succeeds(argv, { log });
  const { skipped, ...counts } = unittestCounts(readLog(log));
  return { ...consistent(counts, succeeded), note: skipped > 0 ? `${skipped} skipped` : undefined };
}

/**
 * What unittest's last lines say: how many of its tests passed, failed and were skipped.
 *
 * @param {string} text
 */
export function unittestCounts(text) {
  const [, ran, summary] = /^Ran (\d+) tests? in .*\n\n(.*)$/m.exec(text) ?? ['', '0', ''];
  const count = (/** @type {string} */ what) => countIn(summary, `\\b${what}=(\\d+)`);
  const failed = count('(?<!expected )failures') + count('errors') + count('unexpected successes');
  const skipped = count('skipped');
  return { passed: Math.max(0, Number(ran) - failed - skipped), failed, skipped };
}

/**
 * The sum of several results.
 *
 * @param {Counts[]} results
 * @returns {Counts}
 */
export function total(results) {
  return results.reduce(
    (sum, { passed, failed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }),
    { passed: 0, failed: 0 },
  );
}

/**
 * What a part of a test program did.
 *
 * @typedef {Counts & {program: string, log: string, succeeded: boolean}} Shard
 */

/**
 * @param {Launch} launch
 * @param {{program: string, index: number, parts: number, omitted: string[]}} shard
 * @param {string} suiteLog
 * @returns {Promise<Shard>}
 */
async function runGoogleTest(launch, { program, index, parts, omitted }, suiteLog) {
  const log = `${suiteLog}.${basename(program, '.js')}.${index}`;
  const filter = omitted.length > 0 ? [`GTEST_FILTER=-${omitted.join(':')}`] : [];
  const env = ['env', `GTEST_TOTAL_SHARDS=${parts}`, `GTEST_SHARD_INDEX=${index}`, ...filter];
  writeFileSync(log, '');
  const succeeded = await succeeds(launch(env, program), { log });
  const count = (/** @type {string} */ word) =>
    countIn(readLog(log), `^\\[  ${word}  \\] (\\d+) test`);
  const counts = { passed: count('PASSED'), failed: count('FAILED') };
  // A part of a small program may have no test.
  const failed = counts.failed === 0 && !succeeded ? 1 : counts.failed;
  return { program, log, succeeded, passed: counts.passed, failed };
}

/**
 * @param {string} program
 * @param {Shard[]} shards
 * @returns {Counts}
 */
function resultOf(program, shards) {
  const own = shards.filter((shard) => shard.program === program);
  return consistent(
    total(own),
    own.every((shard) => shard.succeeded),
  );
}

/**
 * A preset's test programs, as CTest knows them.
 *
 * @param {string} preset
 * @param {string[]} targets
 */
function testPrograms(preset, targets) {
  const listing = outputOf(['ctest', '--test-dir', join(buildDir, preset), '--show-only=json-v1']);
  const { tests } = /** @type {{tests: {command?: string[]}[]}} */ (
    JSON.parse(listing ?? '{"tests": []}')
  );
  const programs = tests
    .map(({ command = [] }) => command.find((part) => basename(part).startsWith('test_')))
    .filter((program) => program !== undefined)
    .filter((program) => targets.length === 0 || targets.includes(basename(program, '.js')));
  if (programs.length === 0) throw new Error(`Preset ${preset} has no test programs`);
  return programs;
}

/**
 * A command as it runs where the preset's programs do.
 *
 * @param {string} preset
 * @param {string[]} argv
 */
function inToolchain(preset, argv) {
  return isNativeInDebian(preset) ? inDebian(argv) : argv;
}

/**
 * What runs a preset's programs: nothing, or the beginning of a command line.
 *
 * @param {string} preset
 */
export function launcher(preset) {
  if (preset.startsWith('wasm')) return [process.execPath, ...relaxedSimdFlag()];
  // ThreadSanitizer of older compilers cannot place its shadow under a highly randomised layout.
  if (preset === 'native-threads' && findProgram('setarch'))
    return ['setarch', '--addr-no-randomize'];
  return [];
}

/** Node 20 hides relaxed SIMD behind a flag, later ones no longer know it. */
export function relaxedSimdFlag() {
  const flag = '--experimental-wasm-relaxed-simd';
  return outputOf([process.execPath, '--v8-options'])?.includes(flag) ? [flag] : [];
}

/**
 * A runner that fails without a failed test has crashed, and one without tests has not worked.
 *
 * @param {Counts} counts
 * @param {boolean} succeeded
 * @returns {Counts}
 */
function consistent({ passed, failed }, succeeded) {
  const broken = failed === 0 && (!succeeded || passed === 0);
  return { passed, failed: broken ? 1 : failed };
}

/**
 * @param {string[]} argv
 * @param {import('./process.mjs').RunOptions & {log: string}} options
 */
async function succeeds(argv, options) {
  try {
    await run(argv, { timeout, ...options });
    return true;
  } catch (error) {
    writeFileSync(options.log, `${messageOf(error)}\n`, { flag: 'a' });
    return false;
  }
}

/**
 * The number in the first match of a pattern, which has one group; else 0.
 *
 * @param {string} text
 * @param {string} pattern
 */
function countIn(text, pattern) {
  return Number(new RegExp(pattern, 'm').exec(text)?.[1] ?? 0);
}

/** @param {string} log */
function readLog(log) {
  return existsSync(log) ? readFileSync(log, 'utf8') : '';
}

/** @param {string} file @returns {unknown} */
function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}
