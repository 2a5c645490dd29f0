// The steps that take a bare checkout to an installable package and a demo.

import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildPreset, setUpSanitizers } from './cmake.mjs';
import { copyDependencies } from './dependencies.mjs';
import { emccOnPath, emscripten } from './emscripten.mjs';
import { debianHas } from './debian13.mjs';
import { copyEngineFile, engineFile, programFile, programs } from './engine-files.mjs';
import { writeOfficialCases } from './official-cases.mjs';
import { installPackages } from './packages.mjs';
import { buildDir, distDir, projectDir, variants } from './project.mjs';
import { run } from './process.mjs';
import { contentKey, once } from './stamp.mjs';

/** @typedef {import('./steps.mjs').Step} Step */

/** The networks that the package brings along: twins with smaller weights. */
const bundledModels = readdirSync(join(projectDir, 'models'))
  .filter((file) => /-(fp16|int8)\.onnx$/.test(file))
  .map((file) => join('models', file));

/**
 * Installs what programs without a compiler need.
 *
 * @param {import('./packages.mjs').Needs} [needs]
 * @returns {Step[]}
 */
export function packagesSteps(needs) {
  return [
    { title: 'System packages', run: (log) => installPackages(log, needs) },
    { ...nodePackagesStep, early: true },
  ];
}

/** Installs what package.json names. @type {Step} */
export const nodePackagesStep = { title: 'Node packages', run: installNodePackages };

/**
 * Installs compilers and what they compile of others.
 *
 * @param {import('./packages.mjs').Needs} [needs]
 * @returns {Step[]}
 */
export function compilerSteps({ forTests = false } = {}) {
  const sanitizers = { title: 'clang, for sanitizers', run: setUpSanitizers, early: true };
  const cases = { title: "ONNX's official cases", run: writeOfficialCases, early: true };
  const first = emccOnPath() === undefined && !debianHas('emscripten');
  return [
    {
      title: first ? 'Emscripten: Debian 13 root (a few minutes, once)' : 'Emscripten',
      run: async (log) => (await emscripten(log)).id,
      early: true,
    },
    ...(forTests ? [sanitizers] : []),
    { title: 'Headers', run: copyDependencies },
    ...(forTests ? [cases] : []),
  ];
}

/**
 * Installs everything the build needs.
 *
 * @param {import('./packages.mjs').Needs} [needs]
 * @returns {Step[]}
 */
export function setupSteps(needs) {
  return [...packagesSteps(needs), ...compilerSteps(needs)];
}

/**
 * Builds presets of CMakePresets.json.
 *
 * @param {string[]} presets
 * @param {string[]} targets all of a preset's when none is named
 * @returns {Step[]}
 */
export function presetSteps(presets, targets) {
  return presets.map((preset) => ({
    title: `Build ${preset}`,
    run: (log) => buildPreset(preset, { targets, log }),
  }));
}

/**
 * Builds engines, all four unless some are named, and, around them, the npm package in dist/.
 *
 * @param {string[]} [engines]
 * @returns {Step[]}
 */
export function packageSteps(engines = variants) {
  const presets = engines.map((variant) => `wasm-${variant}`);
  return [
    ...presetSteps(presets, ['fovea_session', 'fovea_image']),
    ...presets.map((preset) => linkStep(preset)),
    {
      title: 'Build the programs beside the engine',
      run: (log) =>
        buildPreset('wasm-simd', { targets: programs.map((name) => `fovea-${name}`), log }),
    },
    { title: 'Build the package', run: (log) => buildPackage(engines, log) },
  ];
}

/**
 * Linking keeps one processor busy.
 *
 * @param {string} preset
 * @returns {Step}
 */
function linkStep(preset) {
  const run = (/** @type {string} */ log) =>
    buildPreset(preset, { targets: ['bindings/all'], log });
  return { title: `Link ${preset}`, narrow: true, run };
}

/**
 * Builds the demo in build/demo.
 *
 * @returns {Step[]}
 */
export function demoSteps() {
  return [{ title: 'Build the demo', run: buildDemo }];
}

/** @param {string} log */
async function installNodePackages(log) {
  const key = contentKey(join(projectDir, 'package-lock.json'));
  await once(join(projectDir, 'node_modules/.fovea-installed'), key, () =>
    run(['npm', 'ci', '--no-progress'], { log }),
  );
}

/**
 * @param {string[]} engines
 * @param {string} log
 */
async function buildPackage(engines, log) {
  const files = [
    ...engines.flatMap(engineFiles),
    ...programs.flatMap((name) => ['js', 'wasm'].map((extension) => programFile(name, extension))),
  ];
  const sources = [
    'web/src',
    'web/tsconfig.json',
    'node',
    'notices',
    'tsconfig.json',
    'package-lock.json',
    'tools/bundle.mjs',
    'tools/lib/engine-files.mjs',
    'tools/lib/notices.mjs',
    ...bundledModels,
  ];
  const key = contentKey(...files, ...sources.map((path) => join(projectDir, path)));
  await once(join(buildDir, '.package'), key, async () => {
    rmSync(distDir, { recursive: true, force: true });
    await run([process.execPath, 'tools/bundle.mjs', ...engines], { log });
    await run(nodeTool('typescript/bin/tsc', '-p', 'web'), { log });
    await writeServiceTypes(log);
    mkdirSync(join(distDir, 'wasm'));
    for (const file of files) copyEngineFile(file, join(distDir, 'wasm'));
    for (const file of bundledModels) cpSync(join(projectDir, file), join(distDir, file));
  });
}

/**
 * The declarations of fovea/serve. Those of what it is made of name libraries that are bundled.
 *
 * @param {string} log
 */
async function writeServiceTypes(log) {
  const types = join(buildDir, 'node-types');
  await run(nodeTool('typescript/bin/tsc', '-p', 'node/tsconfig.declarations.json'), { log });
  for (const file of ['index.d.ts', 'options.d.ts']) {
    cpSync(join(types, 'serve', file), join(distDir, 'serve', file));
  }
}

/** @param {string} variant */
function engineFiles(variant) {
  return ['js', 'wasm'].map((extension) => engineFile(variant, extension));
}

/** @param {string} log */
async function buildDemo(log) {
  const sources = [
    'demo',
    'dist',
    'models',
    'notices',
    'tools/lib/notices.mjs',
    'package-lock.json',
  ];
  const key = contentKey(...sources.map((path) => join(projectDir, path)));
  const output = join(buildDir, 'demo');
  const fresh = join(buildDir, 'demo.new');
  await once(join(buildDir, '.demo'), key, async () => {
    await run(nodeTool('vite/bin/vite.js', 'build', 'demo', '--outDir', fresh, '--emptyOutDir'), {
      log,
    });
    // `npm start` may be serving the demo: it is never seen half built.
    const old = join(buildDir, 'demo.old');
    if (existsSync(output)) renameSync(output, old);
    renameSync(fresh, output);
    rmSync(old, { recursive: true, force: true });
  });
}

/**
 * The command line of a program of node_modules, given its file there.
 *
 * @param {string} file
 * @param {string[]} args
 */
export function nodeTool(file, ...args) {
  return [process.execPath, join(projectDir, 'node_modules', file), ...args];
}
