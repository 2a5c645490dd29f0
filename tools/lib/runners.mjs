// The test runners, each reduced to how many of its tests passed and how many failed.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { buildPreset } from './cmake.mjs';
import { buildDir } from './project.mjs';
import { setUpPython } from './python.mjs';
import { findProgram, outputOf, run } from './process.mjs';
import { nodeTool } from './setup.mjs';

/** A test program that takes longer hangs. */
const timeout = 20 * 60_000;

/** A program whose success is one test. */
export async function runCheck(argv, log) {
  return (await succeeds(argv, { log })) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** node:test on the tests of a folder. */
export async function runNodeTests(folder, log) {
  const argv = [process.execPath, ...relaxedSimdFlag(), '--test', folder];
  const succeeded = await succeeds(argv, { log });
  const count = (what) =>
    Number(new RegExp(`^. ${what} (\\d+)$`, 'm').exec(readLog(log))?.[1] ?? 0);
  return consistent({ passed: count('pass'), failed: count('fail') }, succeeded);
}

/**
 * Builds the C++ tests of a preset and runs them.
 *
 * @param {string} preset
 * @param {string[]} targets those to build; all when none is named
 */
export async function runCppTests(preset, targets, log) {
  await buildPreset(preset, { targets, log });
  const programs = testPrograms(preset, targets);
  const results = [];
  const next = async () => {
    for (let argv = programs.pop(); argv !== undefined; argv = programs.pop()) {
      results.push(await runGoogleTest(argv, `${log}.${basename(argv.at(-1), '.js')}`));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, next));
  // Failures last: the end of the log is what is shown.
  results.sort((a, b) => a.failed - b.failed);
  writeFileSync(log, results.map((result) => readLog(result.log)).join('\n'), { flag: 'a' });
  return total(results);
}

/** Jest on the TypeScript. */
export async function runJest(log) {
  const report = `${log}.json`;
  const node = [process.execPath, '--experimental-vm-modules', ...relaxedSimdFlag()];
  const jest = ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${report}`];
  const succeeded = await succeeds([...node, ...jest], { log, env: { NODE_NO_WARNINGS: '1' } });
  const {
    numPassedTests = 0,
    numFailedTests = 0,
    numRuntimeErrorTestSuites = 0,
  } = readJson(report);
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return consistent({ passed: numPassedTests, failed }, succeeded);
}

/** Playwright in Chromium. */
export async function runPlaywright(log) {
  const report = `${log}.json`;
  const argv = nodeTool('@playwright/test/cli.js', 'test', '--reporter=list,json');
  const succeeded = await succeeds(argv, { log, env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report } });
  const { expected = 0, unexpected = 0, flaky = 0 } = readJson(report).stats ?? {};
  return consistent({ passed: expected, failed: unexpected + flaky }, succeeded);
}

/** unittest on the training, with PyTorch; sets Python up where there is none. */
export async function runUnittest(log) {
  const python = await setUpPython(log);
  const discover = ['discover', '--verbose', '--start-directory', 'training/tests'];
  const argv = python('-m', 'unittest', ...discover, '--top-level-directory', 'training');
  const succeeded = await succeeds(argv, { log });
  const { skipped, ...counts } = unittestCounts(readLog(log));
  return { ...consistent(counts, succeeded), note: skipped > 0 ? `${skipped} skipped` : undefined };
}

/** What unittest's last lines say: how many of its tests passed, failed and were skipped. */
export function unittestCounts(text) {
  const [, total, summary] = /^Ran (\d+) tests? in .*\n\n(.*)$/m.exec(text) ?? [0, 0, ''];
  const count = (what) => Number(new RegExp(`\\b${what}=(\\d+)`).exec(summary)?.[1] ?? 0);
  const failed = count('(?<!expected )failures') + count('errors') + count('unexpected successes');
  const skipped = count('skipped');
  return { passed: Math.max(0, Number(total) - failed - skipped), failed, skipped };
}

/** The sum of several results. */
export function total(results) {
  const sum = (key) => results.reduce((count, result) => count + result[key], 0);
  return { passed: sum('passed'), failed: sum('failed') };
}

async function runGoogleTest(argv, log) {
  writeFileSync(log, '');
  const succeeded = await succeeds(argv, { log });
  const text = readLog(log);
  const count = (word) =>
    Number(new RegExp(`^\\[  ${word}  \\] (\\d+) test`, 'm').exec(text)?.[1] ?? 0);
  return { log, ...consistent({ passed: count('PASSED'), failed: count('FAILED') }, succeeded) };
}

/** The command lines of a preset's test programs, as CTest knows them. */
function testPrograms(preset, targets) {
  const listing = outputOf(['ctest', '--test-dir', join(buildDir, preset), '--show-only=json-v1']);
  const commands = JSON.parse(listing ?? '{"tests": []}').tests.map((test) => test.command ?? []);
  const programs = commands
    .map((command) => command.find((part) => basename(part).startsWith('test_')))
    .filter((program) => targets.length === 0 || targets.includes(basename(program ?? '', '.js')));
  if (programs.length === 0) throw new Error(`Preset ${preset} has no test programs`);
  return programs.map((program) => [...launcher(preset), program]);
}

/** What runs a preset's programs: nothing, or the beginning of a command line. */
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

/** A runner that fails without a failed test has crashed, and one without tests has not worked. */
function consistent({ passed, failed }, succeeded) {
  const broken = failed === 0 && (!succeeded || passed === 0);
  return { passed, failed: broken ? 1 : failed };
}

async function succeeds(argv, options) {
  try {
    await run(argv, { timeout, ...options });
    return true;
  } catch (error) {
    writeFileSync(options.log, `${error.message}\n`, { flag: 'a' });
    return false;
  }
}

function readLog(log) {
  return existsSync(log) ? readFileSync(log, 'utf8') : '';
}

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}
