// The suites of `npm test`: what each runs, and what its result depends on.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { arm64Node, setUpArm64 } from './arm64.mjs';
import { chromiumLaunchOptions } from './chromium.mjs';
import { buildPreset } from './cmake.mjs';
import { emccOnPath } from './emscripten.mjs';
import { firefoxProgram, webkitPrograms } from './other-browsers.mjs';
import { installOtherBrowser } from './packages.mjs';
import { projectDir, variants } from './project.mjs';
import { outputOf } from './process.mjs';
import { setUpPython } from './python.mjs';
import { setUpPlaces } from './places.mjs';
import * as runners from './runners.mjs';
import { nodeTool } from './setup.mjs';
import { checkSizes } from './sizes.mjs';
import { cppFiles } from './sources.mjs';

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {('compilers' | 'package' | 'demo')[]} needs what must be set up or built for it
 * @property {() => import('./passed.mjs').Inputs} inputs
 * @property {boolean} [narrow] whether it keeps one processor busy only
 * @property {(log: string) => unknown} [prepare] sets up what it alone needs, while others run
 * @property {(log: string, always: boolean) => Promise<import('./runners.mjs').Result>} run `always`:
 *   what has passed before, too
 */

/** Layers whose code runs on several threads: these are also tested under ThreadSanitizer. */
const threadedLayers = ['threads', 'kernels', 'image', 'session'];

/** Their tests that use one thread only, in which ThreadSanitizer finds nothing. */
const unthreaded = [
  'Hostile.*',
  'Exported.EveryModel*',
  'Exported.*WithoutEachPass',
  'RandomTwins.*',
  'ReceptiveField.*',
  '*RulesOfWindows.*',
];

/** The engine all of whose layers are tested as WebAssembly. */
const testedWhole = 'relaxed-threads';

/**
 * Layers that are not the same code in all engines, and what strings all of them together. The others'
 * objects differ by nothing, or by nothing that they do.
 */
const differingLayers = ['simd', 'threads', 'kernels', 'image', 'session'];

/** Layers that are the same code in all engines: what changes in their sources, `testedWhole` tests for all. */
const commonLayers = ['onnx', 'graph', 'import', 'ops', 'passes'];

/**
 * All suites, in the order in which they run.
 *
 * @param {{full: boolean}} options `full`: with what takes too long for every day
 * @returns {Suite[]}
 */
export function suites({ full }) {
  const cpp = ['.cpp', '.h'];
  const scripts = ['.ts', '.tsx', '.mjs', '.js', '.json', '.html', '.css'];
  return [
    check('lint:clang-format', cpp, ['clang-format', '--dry-run', '-Werror', ...cppFiles()]),
    check('lint:layers', cpp.concat('CMakeLists.txt'), [node, 'tools/check-layers.mjs']),
    check('lint:lengths', [...cpp, ...scripts, '.py'], [node, 'tools/check-lengths.mjs']),
    check('lint:eslint', scripts, nodeTool('eslint/bin/eslint.js', '--max-warnings=0', '.')),
    check(
      'lint:prettier',
      [...scripts, '.prettierrc.json'],
      nodeTool('prettier/bin/prettier.cjs', '--check', '.'),
    ),
    check('lint:ruff', ['.py', '.toml'], [node, 'tools/check-python.mjs']),
    check('lint:types', scripts, nodeTool('typescript/bin/tsc', '--noEmit')),
    check(
      'lint:types-of-scripts',
      scripts,
      nodeTool('typescript/bin/tsc', '--noEmit', '--project', 'tsconfig.scripts.json'),
    ),
    {
      name: 'tools',
      needs: [],
      narrow: true,
      inputs: () => ({ sources: [] }),
      run: (log) => runners.runNodeTests('tools/tests/', log),
    },
    cppTests('native'),
    full
      ? cppTests('native-threads')
      : cppTests('native-threads', threadedLayers, { omitted: unthreaded }),
    ...variants.map((variant) =>
      full || variant === testedWhole
        ? cppTests(`wasm-${variant}`)
        : cppTests(`wasm-${variant}`, differingLayers, { skipped: commonLayers }),
    ),
    ...(full ? [everySourceAlone] : []),
    ...(full && process.arch !== 'arm64'
      ? [
          onArm64('cpp:arm64', 'wasm-relaxed', ['simd', 'kernels', 'ops']),
          onArm64('cpp:arm64-spread', 'wasm-relaxed-spread', ['kernels']),
        ]
      : []),
    withPackage('size', [], checkSizes),
    withPackage(
      'jest',
      ['web', 'node', 'tests', 'models', 'bench', 'demo', 'evaluation', ...jestSettings],
      (log) => runners.runJest(log, { full }),
    ),
    {
      ...withPackage('training', ['training', 'tests', 'models', 'docs'], runners.runUnittest),
      prepare: async (log) => void (await setUpPython(log)),
    },
    withPackage('evaluation', ['evaluation', 'models'], (log) =>
      runners.runNodeTests('evaluation/tests/', log),
    ),
    withPackage('random', ['tests/random', 'tests/support', 'bench/networks', 'web'], (log) =>
      runners.runNodeTests('tests/random/tests/', log),
    ),
    places,
    browserTests('engines', '--grep', onEngines, { built: ['dist', 'build/demo'] }),
    browserTests('pages', '--grep-invert', onEngines, { sources: ['bindings'] }),
    otherBrowserTests('firefox', () => firefoxProgram()),
    otherBrowserTests('webkit', () => webkitPrograms()?.driver),
  ];
}

const node = process.execPath;

/**
 * Sources include what they use: without precompiled headers, too, everything compiles.
 *
 * @type {Suite}
 */
const everySourceAlone = {
  name: 'cpp:headers',
  needs: ['compilers'],
  inputs: cppInputs('native-plain'),
  run: async (log) => {
    await buildPreset('native-plain', { log });
    return { passed: 1, failed: 0 };
  },
};

/**
 * What computes, in the code that V8 makes of it for ARM64.
 *
 * @param {string} name
 * @param {string} preset
 * @param {string[]} layers
 * @returns {Suite}
 */
function onArm64(name, preset, layers) {
  const targets = layers.map((layer) => `test_${layer}`);
  return {
    name,
    needs: ['compilers'],
    inputs: cppInputs(preset),
    prepare: (log) => setUpArm64(log),
    run: (log, always) => {
      const host = { name: `${preset}-arm64`, argv: arm64Node() };
      return runners.runCppTests(
        preset,
        targets,
        { data: testData, always, omitted: [], host },
        log,
      );
    },
  };
}

/**
 * What users build with the package, and where it then runs.
 *
 * @type {Suite}
 */
const places = {
  name: 'places',
  needs: ['compilers', 'package'],
  inputs: () => ({
    sources: ['tests/places', 'tests/package/support', 'tests/support', 'examples', 'package.json'],
    built: ['dist'],
    programs: [chromiumVersion()],
  }),
  prepare: (log) => setUpPlaces(log),
  run: (log) => runners.runPlaywright(['--config', 'tests/places'], log),
};

function chromiumVersion() {
  return outputOf([chromiumLaunchOptions().executablePath ?? 'chromium', '--version']);
}

/** The browser tests that ask what an engine computes. The others are about what is around it. */
const onEngines = 'variants\\.spec|quantize\\.spec|demo/start\\.spec';

/**
 * Tests in Chromium: those whose title or file the pattern names, or all others.
 *
 * @param {string} name
 * @param {'--grep' | '--grep-invert'} choice
 * @param {string} pattern
 * @param {Partial<import('./passed.mjs').Inputs>} inputs besides what is written in TypeScript
 * @returns {Suite}
 */
function browserTests(name, choice, pattern, { sources = [], built }) {
  const written = ['web', 'tests', 'demo', 'models', 'examples', 'playwright.config.mjs'];
  return {
    name: `browser:${name}`,
    needs: ['compilers', 'package', 'demo'],
    inputs: () => ({
      sources: [...written, ...sources],
      built,
      programs: [chromiumVersion()],
    }),
    run: (log) => runners.runPlaywright([choice, pattern], log),
  };
}

/**
 * The tests of the package in a browser that Playwright does not drive.
 *
 * @param {'firefox' | 'webkit'} name
 * @param {() => string | undefined} program
 * @returns {Suite}
 */
function otherBrowserTests(name, program) {
  return {
    name: `browser:${name}`,
    needs: ['compilers', 'package', 'demo'],
    inputs: () => ({
      sources: ['web', 'tests', 'demo', 'models'],
      built: ['dist', 'build/demo'],
      programs: [outputOf([program() ?? name, '--version'])],
    }),
    prepare: (log) => installOtherBrowser(name, log),
    run: (log) => runners.runOtherBrowser(name, log),
  };
}

/** What C++ tests read. */
const testData = ['tests/data', 'models', 'build/deps'].map((folder) => join(projectDir, folder));

/**
 * @param {string} name
 * @param {string[]} sources
 * @param {string[]} argv
 * @returns {Suite}
 */
function check(name, sources, argv) {
  const inputs = () => ({ sources: [...sources, ...configurations] });
  return { name, needs: [], narrow: true, inputs, run: (log) => runners.runCheck(argv, log) };
}

const jestSettings = ['jest.config.mjs', 'tsconfig.json', 'README.md', 'LICENSE', 'notices'].concat(
  ['docs', 'examples', 'training', 'CHANGELOG.md'],
);

/** What tells the checkers what to hold the sources to. */
const configurations = ['.clang-format', '.prettierrc.json', '.prettierignore', '.gitignore'];

/**
 * @param {string} preset
 * @param {string[]} layers all when none is named
 * @param {{skipped?: string[], omitted?: string[]}} [options] `skipped`: layers whose sources may
 *   change without a new run; `omitted`: patterns of tests that are left out
 * @returns {Suite}
 */
function cppTests(preset, layers = [], { skipped = [], omitted = [] } = {}) {
  const targets = layers.filter(hasCppTests).map((layer) => `test_${layer}`);
  return {
    name: `cpp:${preset}`,
    needs: ['compilers'],
    inputs: cppInputs(preset, skipped),
    run: (log, always) =>
      runners.runCppTests(preset, targets, { data: testData, always, omitted }, log),
  };
}

/**
 * @param {string} preset
 * @param {string[]} [skipped] layers whose sources, not headers, do not count
 * @returns {Suite['inputs']}
 */
function cppInputs(preset, skipped = []) {
  const folders = ['tests/data', 'bindings', 'bench/kernels', 'models', 'cmake'];
  const isSkipped = (/** @type {string} */ file) =>
    file.endsWith('.cpp') &&
    skipped.some((layer) => /^(src|tests\/cpp)$/.test(file.slice(0, file.indexOf(`/${layer}/`))));
  const sources = () => cppFiles().filter((file) => !isSkipped(file));
  return () => ({
    sources: [...sources(), ...folders, 'CMakeLists.txt', 'CMakePresets.json'],
    built: ['build/deps'],
    programs: preset.startsWith('wasm') ? [emccOnPath()] : [outputOf(['c++', '--version'])],
  });
}

/**
 * @param {string} name
 * @param {string[]} sources
 * @param {Suite['run']} run
 * @returns {Suite}
 */
function withPackage(name, sources, run) {
  const inputs = () => ({ sources, built: ['dist'] });
  return { name, needs: ['compilers', 'package'], narrow: true, inputs, run };
}

/** @param {string} layer */
function hasCppTests(layer) {
  const folder = join(projectDir, 'tests/cpp', layer);
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.cpp'));
}
