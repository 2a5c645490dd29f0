// npm run build: the installable package, in dist/.
// npm run build -- PRESET... [--target NAME...]: only presets of CMakePresets.json, in build/PRESET.

import { parseArgs } from 'node:util';
import { presetNames } from './lib/cmake.mjs';
import { packageSteps, presetSteps, setupSteps } from './lib/setup.mjs';
import { runSteps } from './lib/steps.mjs';

const { values, positionals: presets } = parseArgs({
  allowPositionals: true,
  options: { target: { type: 'string', multiple: true, default: [] } },
});

const unknown = presets.filter((preset) => !presetNames().includes(preset));
if (unknown.length > 0) {
  console.error(`No preset ${unknown.join(', ')}; there are ${presetNames().join(', ')}`);
  process.exit(2);
}

const buildSteps = presets.length > 0 ? presetSteps(presets, values.target) : packageSteps();
const succeeded = await runSteps([...setupSteps(), ...buildSteps]);
process.exit(succeeded ? 0 : 1);
