// From Emscripten's output to the package's files.

import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildDir } from './project.mjs';

/** At the top of a script, has Chromium compile all of it at once; nearly all is needed to start. */
export const eagerCompilation = '//# allFunctionsCalledOnLoad';

/** Copies the .js or the .wasm of an engine into a folder. */
export function copyEngineFile(file, folder) {
  const target = join(folder, basename(file));
  if (file.endsWith('.js')) {
    const glue = forBundlers(readFileSync(file, 'utf8'));
    writeFileSync(target, `${eagerCompilation}\n${glue}`);
  } else {
    cpSync(file, target);
  }
}

/** Emscripten's output for an engine. */
export function engineFile(variant, extension) {
  return join(buildDir, `wasm-${variant}/bindings/fovea-${variant}.${extension}`);
}

/**
 * The glue that serves all engines without threads. Throws if theirs differ by more than their names.
 *
 * @returns {string} its path
 */
export function singleThreadedGlue() {
  const [relaxed, simd] = ['relaxed', 'simd'].map((variant) => {
    const glue = readFileSync(engineFile(variant, 'js'), 'utf8');
    return glue.replaceAll(`fovea-${variant}`, 'fovea');
  });
  if (relaxed !== simd) throw new Error("the worker's glue would not fit all engines");
  return engineFile('relaxed', 'js');
}

/** Emscripten's glue, such that users' bundlers can take it for a file like any other. */
export function forBundlers(glue) {
  return withoutTopLevelAwait(withoutWorkerExpression(glue));
}

/**
 * Threads start from the glue's own address instead of by its name.
 *
 * Vite's development server refuses the expression that it knows workers by when, as here, their
 * options are not written out.
 */
function withoutWorkerExpression(glue) {
  return glue.replace(
    /\bnew Worker\(new URL\((["'])[\w.-]+\1,\s*import\.meta\.url\)/g,
    'new Worker(new URL(import.meta.url)',
  );
}

/**
 * What follows the export, which starts a thread, goes into a function.
 *
 * Webpack minifies the copied glue as a script, where `await` outside of functions is an error.
 */
function withoutTopLevelAwait(glue) {
  return glue.replace(
    /^(export default \w+;\n)(.*\bawait\b.*)$/ms,
    (_, exported, rest) => `${exported}(async () => {\n${rest.trimEnd()}\n})();\n`,
  );
}
