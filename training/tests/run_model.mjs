// node run_model.mjs MODEL.onnx < {"input": {"dims": [...], "data": [...]}} > the same of its outputs
// Runs a model of float32 inputs through Fovea (`npm run build` first).

import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from '../../dist/index.js';

const given = Object.entries(JSON.parse(readFileSync(0, 'utf8')));
const session = await InferenceSession.create(process.argv[2]);
const results = await session.run(
  Object.fromEntries(
    given.map(([name, { dims, data }]) => [name, new Tensor('float32', data, dims)]),
  ),
);
await session.release();
const written = Object.entries(results).map(([name, { dims, data }]) => [
  name,
  { dims, data: Array.from(data, Number) },
]);
console.log(JSON.stringify(Object.fromEntries(written)));
