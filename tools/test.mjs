// npm test: sets up, builds, and runs every suite; the last line is `N passed, N failed`.
// npm test -- SUITE...: only these, like `lint`, `cpp:native`, `cpp`, `jest`, `browser`.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir, variants } from './lib/project.mjs';
import * as runners from './lib/runners.mjs';
import { demoSteps, nodeTool, packageSteps, setupSteps } from './lib/setup.mjs';
import { checkSizes } from './lib/sizes.mjs';
import { cppFiles } from './lib/sources.mjs';
import { runSteps } from './lib/steps.mjs';

/** Layers whose code runs on several threads: these are also tested under ThreadSanitizer. */
const threadedLayers = ['threads', 'kernels', 'image', 'session'];

/** A suite's `run(log)` gives `{passed, failed}`; `needs` names what must be built for it. */
const suites = [
  check('lint:clang-format', ['clang-format', '--dry-run', '-Werror', ...cppFiles()]),
  check('lint:layers', [process.execPath, 'tools/check-layers.mjs']),
  check('lint:lengths', [process.execPath, 'tools/check-lengths.mjs']),
  check('lint:eslint', nodeTool('eslint/bin/eslint.js', '--max-warnings=0', '.')),
  check('lint:prettier', nodeTool('prettier/bin/prettier.cjs', '--check', '.')),
  check('lint:ruff', [process.execPath, 'tools/check-python.mjs']),
  check('lint:types', nodeTool('typescript/bin/tsc', '--noEmit')),
  { name: 'tools', needs: [], run: (log) => runners.runNodeTests('tools/tests/', log) },
  cpp('native'),
  cpp(
    'native-threads',
    threadedLayers.filter(hasCppTests).map((layer) => `test_${layer}`),
  ),
  ...variants.map((variant) => cpp(`wasm-${variant}`)),
  { name: 'size', needs: ['package'], run: checkSizes },
  { name: 'jest', needs: ['package'], run: runners.runJest },
  {
    name: 'evaluation',
    needs: ['package'],
    run: (log) => runners.runNodeTests('evaluation/tests/', log),
  },
  {
    name: 'random',
    needs: ['package'],
    run: (log) => runners.runNodeTests('tests/random/tests/', log),
  },
  { name: 'training', needs: ['package'], run: runners.runUnittest },
  { name: 'browser', needs: ['package', 'demo'], run: runners.runPlaywright },
];

const wanted = process.argv.slice(2);
const chosen = suites.filter(({ name }) => wanted.length === 0 || wanted.some(covers(name)));
if (!wanted.every((want) => suites.some(({ name }) => covers(name)(want)))) {
  console.error(`Suites: ${suites.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

const needs = new Set(chosen.flatMap((suite) => suite.needs));
const built = await runSteps([
  ...setupSteps({ forTests: true }),
  ...(needs.has('package') ? packageSteps() : []),
  ...(needs.has('demo') ? demoSteps() : []),
]);

const results = built ? [] : [{ passed: 0, failed: 1 }];
if (built) await runSteps(chosen.map(suiteStep), { keepGoing: true });
const { passed, failed } = runners.total(results);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function suiteStep({ name, run }) {
  return {
    title: name,
    run: async (log) => {
      const result = await run(log).catch((error) => ({ passed: 0, failed: 1, error }));
      results.push(result);
      if (result.failed > 0) throw result.error ?? new Error(`${result.failed} failed in ${name}`);
      return [`${result.passed} passed`, result.note].filter(Boolean).join('; ');
    },
  };
}

function check(name, argv) {
  return { name, needs: [], run: (log) => runners.runCheck(argv, log) };
}

function cpp(preset, targets = []) {
  return {
    name: `cpp:${preset}`,
    needs: [],
    run: (log) => runners.runCppTests(preset, targets, log),
  };
}

function hasCppTests(layer) {
  const folder = join(projectDir, 'tests/cpp', layer);
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.cpp'));
}

function covers(name) {
  return (want) => name === want || name.startsWith(`${want}:`);
}
