// From Emscripten's output to the package's files.

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildDir } from './project.mjs';

/** At the top of a script, has Chromium compile all of it at once; nearly all is needed to start. */
export const eagerCompilation = '//# allFunctionsCalledOnLoad';

/**
 * Copies the .js or the .wasm of an engine into a folder.
 *
 * @param {string} file
 * @param {string} folder
 */
export function copyEngineFile(file, folder) {
  const target = join(folder, basename(file));
  if (file.endsWith('.js')) {
    const glue = forBundlers(readFileSync(file, 'utf8'));
    writeFileSync(target, `${eagerCompilation}\n${glue}`);
  } else {
    cpSync(file, target);
  }
}

/**
 * Emscripten's output for an engine.
 *
 * @param {string} variant
 * @param {string} extension `js` or `wasm`
 */
export function engineFile(variant, extension) {
  return join(buildDir, `wasm-${variant}/bindings/fovea-${variant}.${extension}`);
}

/** Programs beside the engine, of which there is one each for all engines. */
export const programs = ['tools', 'quantiser'];

/**
 * Emscripten's output for a program beside the engine.
 *
 * @param {string} name
 * @param {string} extension `js` or `wasm`
 */
export function programFile(name, extension) {
  return join(buildDir, `wasm-simd/bindings/${name}/fovea-${name}.${extension}`);
}

/**
 * Has esbuild take these glues for the modules `fovea-glue`, `fovea-tools-glue` and the like.
 *
 * @param {string[]} variants the engines that there are
 * @returns {import('esbuild').Plugin}
 */
export function includedGlue(variants) {
  /** @type {Record<string, string>} */
  const glues = { 'fovea-glue': singleThreadedGlue(variants) };
  for (const name of programs) glues[`fovea-${name}-glue`] = programFile(name, 'js');
  const files = Object.values(glues);
  return {
    name: 'glue',
    setup({ onLoad, onResolve }) {
      // As a file: source maps name those from where they lie, and nothing else of this machine.
      onResolve({ filter: /^fovea(-\w+)?-glue$/ }, ({ path }) => ({ path: glues[path] }));
      onLoad({ filter: /fovea-\w+\.js$/ }, ({ path }) =>
        files.includes(path) ? { contents: forBundlers(readFileSync(path, 'utf8')) } : undefined,
      );
    },
  };
}

/**
 * The glue that serves all engines without threads.
 *
 * @param {string[]} variants the engines that there are
 * @returns {string} its path
 * @throws where those of several engines differ by more than their names
 */
function singleThreadedGlue(variants) {
  const single = variants.filter((variant) => !variant.endsWith('-threads'));
  const glues = single.map((variant) =>
    readFileSync(engineFile(variant, 'js'), 'utf8').replaceAll(`fovea-${variant}`, 'fovea'),
  );
  if (glues.length === 0) throw new Error('There is no engine without threads');
  if (new Set(glues).size > 1) throw new Error("The worker's glue would not fit all engines");
  return engineFile(single[0], 'js');
}

/**
 * Emscripten's glue, such that users' bundlers can take it for a file like any other.
 *
 * @param {string} glue
 * @throws where the glue starts threads in a way that this does not know: another Emscripten's
 */
export function forBundlers(glue) {
  const startsThreads = /\bPThread\b/.test(glue);
  const portable = withoutNodeModules(withoutWasm(glue));
  return startsThreads ? withoutTopLevelAwait(withoutWorkerExpression(portable)) : portable;
}

/**
 * No bundler looks for the .wasm next to a script that contains the glue, which is always given it.
 *
 * @param {string} glue
 */
function withoutWasm(glue) {
  return glue.replaceAll(/\bnew URL\(("[\w-]+\.wasm"), *import\.meta\.url\)\.href/g, '$1');
}

/**
 * What only Node runs is imported in a way that bundlers for browsers do not try to follow.
 *
 * @param {string} glue
 */
function withoutNodeModules(glue) {
  const hints = '/* webpackIgnore: true */ /* @vite-ignore */';
  // Parcel would bring its own `process` along, which says that it is no browser's.
  const process = /\bprocess\b/.test(glue) ? 'const process = globalThis.process;\n' : '';
  return `${process}${glue}`.replaceAll(
    /\bimport\((["'])(module|worker_threads)\1\)/g,
    (_, __, name) => `import(${hints} \`node:\${"${name}"}\`)`,
  );
}

/**
 * Threads start from the glue's own address instead of by its name.
 *
 * Vite's development server refuses the expression that it knows workers by when, as here, their
 * options are not written out.
 *
 * @param {string} glue
 */
function withoutWorkerExpression(glue) {
  return rewrite(
    glue,
    /\bnew Worker\(new URL\((["'])[\w.-]+\1,\s*import\.meta\.url\)/g,
    'new Worker(new URL(import.meta.url)',
  );
}

/**
 * What follows the export, which starts a thread, goes into a function.
 *
 * Webpack minifies the copied glue as a script, where `await` outside of functions is an error.
 *
 * @param {string} glue
 */
function withoutTopLevelAwait(glue) {
  return rewrite(
    glue,
    /^(export default \w+;\n)(.*\bawait\b.*?)\s*$(?![^])/ms,
    '$1(async () => {\n$2\n})();\n',
  );
}

/**
 * @param {string} glue
 * @param {RegExp} pattern
 * @param {string} replacement
 */
function rewrite(glue, pattern, replacement) {
  if (glue.search(pattern) < 0) {
    throw new Error(`The glue of this Emscripten has nothing like ${pattern}, which is rewritten`);
  }
  return glue.replace(pattern, replacement);
}
