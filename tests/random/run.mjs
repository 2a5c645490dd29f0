// npm run random [-- --graphs N] [--seed S] [--only OPERATOR,...] [--variant relaxed]
// Compares random ONNX graphs in the package in dist/ with onnxruntime-node. Graph number i has the
// seed S + i, so `--graphs 1 --seed X` repeats one; what differs is made small, printed, and written
// to build/random.

import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { variants } from '../../tools/lib/project.mjs';
import { relaxedSimdFlag } from '../../tools/lib/runners.mjs';
import { packageSteps, setupSteps } from '../../tools/lib/setup.mjs';
import { runSteps } from '../../tools/lib/steps.mjs';
import { importModules, outputDir } from './bundle.mjs';

const { values: options } = parseArgs({
  options: {
    graphs: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    variant: { type: 'string', default: 'relaxed' },
  },
});
const [graphs, seed] = [Number(options.graphs), Number(options.seed)];
if (!Number.isInteger(graphs) || !Number.isInteger(seed) || !variants.includes(options.variant)) {
  console.error(`--graphs and --seed are whole numbers, --variant one of ${variants.join(', ')}`);
  process.exit(2);
}

if (!(await runSteps([...setupSteps(), ...packageSteps([options.variant])]))) process.exit(1);
for (const flag of relaxedSimdFlag()) setFlagsFromString(flag);
const { run } = await importModules('main');
const only = options.only?.split(',');
const load = { variant: options.variant };
const same = await run({ graphs, seed, folder: outputDir, only, load });
process.exit(same ? 0 : 1);
