// npm run conformance [-- --only Resize] [--variant relaxed-threads]
// Runs ONNX's official cases as WebAssembly, with all passes on and off, and prints how many pass for
// each operator, and what is not passed.

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { buildDir, variants } from '../../tools/lib/project.mjs';
import { launcher } from '../../tools/lib/runners.mjs';
import { presetSteps, setupSteps } from '../../tools/lib/setup.mjs';
import { runSteps } from '../../tools/lib/steps.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    variant: { type: 'string', default: 'relaxed-threads' },
  },
});
if (!variants.includes(options.variant)) {
  console.error(`--variant is one of ${variants.join(', ')}`);
  process.exit(2);
}

const preset = `wasm-${options.variant}`;
const steps = [...setupSteps({ forTests: true }), ...presetSteps([preset], ['test_session'])];
if (!(await runSteps(steps))) process.exit(1);

const program = `${buildDir}/${preset}/tests/cpp/test_session.js`;
const [command, ...args] = [...launcher(preset), program, '--gtest_filter=Conformance.*'];
const { stdout, status } = spawnSync(command, args, {
  encoding: 'utf8',
  maxBuffer: 2 ** 26,
  env: { ...process.env, FOVEA_CONFORMANCE_LIST: '1' },
});

/** @type {Map<string, {passed: number, all: number}>} */
const operators = new Map();
/** @type {string[]} */
const missed = [];
for (const [, operator, name, result] of stdout.matchAll(/^case (\S+) (\S+): (.*)$/gm)) {
  if (options.only && options.only !== operator) continue;
  const counts = operators.get(operator) ?? { passed: 0, all: 0 };
  counts.all += 1;
  if (result === 'passes') counts.passed += 1;
  else missed.push(`${name}: ${result}`);
  operators.set(operator, counts);
}
console.table(
  [...operators]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([operator, { passed, all }]) => ({ operator, passed, of: all })),
);
const sum = [...operators.values()].reduce(
  (total, { passed, all }) => ({ passed: total.passed + passed, all: total.all + all }),
  { passed: 0, all: 0 },
);
console.log(missed.join('\n'));
console.log(`${sum.passed} of ${sum.all} cases pass`);
process.exit(status ?? 1);
