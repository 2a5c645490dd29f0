import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'fovea';

const { dims, data } = JSON.parse(readFileSync('input.json', 'utf8'));
const session = await InferenceSession.create('network.onnx');
const { output } = await session.run({
  input: new Tensor('float32', Float32Array.from(data), dims),
});
await session.release();
console.log(JSON.stringify({ dims: output.dims, data: [...output.data] }));
