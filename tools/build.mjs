// node tools/build.mjs PRESET... [--target NAME...]
// Builds presets of CMakePresets.json, each where its compiler is: `wasm-*` by Emscripten. Sets up
// whatever the build needs first.

import { parseArgs } from 'node:util';
import { buildPreset, presetNames } from './lib/cmake.mjs';
import { copyDependencies } from './lib/dependencies.mjs';
import { emscripten } from './lib/emscripten.mjs';
import { installPackages } from './lib/packages.mjs';
import { runSteps } from './lib/steps.mjs';

const { values, positionals: presets } = parseArgs({
  allowPositionals: true,
  options: { target: { type: 'string', multiple: true, default: [] } },
});

const unknown = presets.filter((preset) => !presetNames().includes(preset));
if (presets.length === 0 || unknown.length > 0) {
  console.error(`Give presets to build, of: ${presetNames().join(', ')}`);
  process.exit(2);
}

await runSteps([
  { title: 'System packages', run: (log) => installPackages(log) },
  { title: 'Emscripten', run: async (log) => (await emscripten(log)).id },
  { title: 'Headers and test data', run: copyDependencies },
  ...presets.map((preset) => ({
    title: preset,
    run: () => buildPreset(preset, { targets: values.target }),
  })),
]);
