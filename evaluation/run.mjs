// npm run evaluate -- --images FOLDER [--images FOLDER ...] [--model FILE.onnx ...] [--scale N]
//   [--jpeg QUALITY] [--crops FOLDER] [--json FILE] [--variant relaxed]
// PSNR and SSIM of models against bicubic, by the package in dist/; README.md says how.

import { setFlagsFromString } from 'node:v8';
import { writeResults } from '../bench/results.mjs';
import { relaxedSimdFlag } from '../tools/lib/runners.mjs';
import { packageSteps, setupSteps } from '../tools/lib/setup.mjs';
import { runSteps } from '../tools/lib/steps.mjs';
import { EvaluationError } from './errors.mjs';
import { readOptions } from './options.mjs';

try {
  const options = readOptions(process.argv.slice(2));
  if (!(await runSteps([...setupSteps(), ...packageSteps()]))) process.exit(1);
  for (const flag of relaxedSimdFlag()) setFlagsFromString(flag);
  // Only now is all there that it needs.
  const { evaluate } = await import('./evaluate.mjs');
  const reports = await evaluate(options);
  if (options.json) writeResults(options.json, reports);
} catch (error) {
  if (!(error instanceof EvaluationError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
