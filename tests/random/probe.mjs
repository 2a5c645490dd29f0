// Takes out of kernels.json what the onnxruntime-node that is installed does not compute: it is older
// than the onnxruntime that wrote the table, and kernels differ in more types than one.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDir } from '../../tools/lib/project.mjs';
import { importModules, outputDir } from './bundle.mjs';

const { cells, generateAlone, computeByOnnxruntime } = await importModules(
  'cells',
  'generate',
  'compute',
);
const tries = 12;
const file = join(projectDir, 'tests/random/kernels.json');
const kernels = JSON.parse(readFileSync(file, 'utf8'));

/** Why a cell is never taken; nothing where it is. */
async function refusalOf(cell) {
  let refusal;
  for (let seed = 1; seed <= tries; ++seed) {
    const graph = generateAlone(cell, seed);
    if (!graph) continue;
    const outcome = await computeByOnnxruntime(graph);
    if (!('refusal' in outcome)) return undefined;
    refusal = outcome.refusal.message;
  }
  return refusal;
}

for (const cell of cells) {
  writeFileSync(join(outputDir, 'current'), cell.name);
  const refusal = await refusalOf(cell);
  if (!refusal) continue;
  console.log(`taken out: ${cell.name}: ${refusal.slice(0, 300)}`);
  const [operator, version, type] = cell.name.split(' ');
  const types = kernels[operator][version].split(' ').filter((other) => other !== type);
  kernels[operator][version] = types.join(' ');
}
writeFileSync(file, `${JSON.stringify(kernels, null, 2)}\n`);
