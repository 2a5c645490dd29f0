// A program of a user with an operator of their own, whose module lies beside it.
import { readFile } from 'node:fs/promises';
import { InferenceSession, registerOperator, Tensor } from 'fovea';

registerOperator({ module: new URL('./block-mean.js', import.meta.url) });

const session = await InferenceSession.create(await readFile('block-means.onnx'));
const image = new Tensor('float32', [1, 2, 3, 4, 5, 6, 7, 9], [1, 1, 2, 4]);
const { means } = await session.run({ image });
await session.release();
console.log(JSON.stringify({ dims: means.dims, data: [...means.data] }));
