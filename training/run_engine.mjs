// node run_engine.mjs MODEL.onnx HEIGHT WIDTH < float32 values > float32 values
// Runs a luma model, input "input" [1, 1, HEIGHT, WIDTH], through Fovea (`npm run build` first).

import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from '../dist/index.js';

const [model, height, width] = process.argv.slice(2);
const bytes = readFileSync(0);
const values = new Float32Array(new Uint8Array(bytes).buffer);
const session = await InferenceSession.create(model);
const { output } = await session.run({
  input: new Tensor('float32', values, [1, 1, Number(height), Number(width)]),
});
await session.release();
process.stdout.write(
  Buffer.from(output.data.buffer, output.data.byteOffset, output.data.byteLength),
);
