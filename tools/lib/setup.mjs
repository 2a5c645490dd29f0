// The steps that take a bare checkout to an installable package and a demo.

import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildPreset } from './cmake.mjs';
import { copyDependencies } from './dependencies.mjs';
import { emccOnPath, emscripten } from './emscripten.mjs';
import { debianHas } from './debian13.mjs';
import { copyEngineFile, engineFile } from './engine-files.mjs';
import { installPackages } from './packages.mjs';
import { buildDir, distDir, projectDir, variants } from './project.mjs';
import { run } from './process.mjs';
import { contentKey, once } from './stamp.mjs';

/** The networks that the package brings along: the float16 twins, half the download. */
const bundledModels = readdirSync(join(projectDir, 'models'))
  .filter((file) => file.endsWith('-fp16.onnx'))
  .map((file) => join('models', file));

/** Installs everything the build needs; more `needs` as installPackages has them. */
export function setupSteps(needs) {
  const first = emccOnPath() === undefined && !debianHas('emscripten');
  return [
    { title: 'System packages', run: (log) => installPackages(log, needs) },
    {
      title: first ? 'Emscripten: Debian 13 root (a few minutes, once)' : 'Emscripten',
      run: async (log) => (await emscripten(log)).id,
    },
    { title: 'Headers and test data', run: copyDependencies },
    { title: 'Node packages', run: installNodePackages },
  ];
}

/** Builds presets of CMakePresets.json. */
export function presetSteps(presets, targets) {
  return presets.map((preset) => ({
    title: `Build ${preset}`,
    run: (log) => buildPreset(preset, { targets, log }),
  }));
}

/** Builds the four engines and, around them, the npm package in dist/. */
export function packageSteps() {
  return [
    ...presetSteps(
      variants.map((variant) => `wasm-${variant}`),
      ['bindings/all'],
    ),
    { title: 'Build the package', run: buildPackage },
  ];
}

/** Builds the demo in build/demo. */
export function demoSteps() {
  return [{ title: 'Build the demo', run: buildDemo }];
}

async function installNodePackages(log) {
  const key = contentKey(join(projectDir, 'package-lock.json'));
  await once(join(projectDir, 'node_modules/.fovea-installed'), key, () =>
    run(['npm', 'ci', '--no-progress'], { log }),
  );
}

async function buildPackage(log) {
  const engines = variants.flatMap(engineFiles);
  const sources = [
    'web/src',
    'web/tsconfig.json',
    'tsconfig.json',
    'package-lock.json',
    'tools/bundle.mjs',
    'tools/lib/engine-files.mjs',
    ...bundledModels,
  ];
  const key = contentKey(...engines, ...sources.map((path) => join(projectDir, path)));
  await once(join(buildDir, '.package'), key, async () => {
    rmSync(distDir, { recursive: true, force: true });
    await run([process.execPath, 'tools/bundle.mjs'], { log });
    await run(nodeTool('typescript/bin/tsc', '-p', 'web'), { log });
    mkdirSync(join(distDir, 'wasm'));
    for (const file of engines) copyEngineFile(file, join(distDir, 'wasm'));
    for (const file of bundledModels) cpSync(join(projectDir, file), join(distDir, file));
  });
}

function engineFiles(variant) {
  return ['js', 'wasm'].map((extension) => engineFile(variant, extension));
}

async function buildDemo(log) {
  const sources = ['demo', 'dist', 'models', 'package-lock.json'];
  const key = contentKey(...sources.map((path) => join(projectDir, path)));
  const output = join(buildDir, 'demo');
  await once(join(buildDir, '.demo'), key, () =>
    run(nodeTool('vite/bin/vite.js', 'build', 'demo', '--outDir', output, '--emptyOutDir'), {
      log,
    }),
  );
}

/** The command line of a program of node_modules, given its file there. */
export function nodeTool(file, ...args) {
  return [process.execPath, join(projectDir, 'node_modules', file), ...args];
}
