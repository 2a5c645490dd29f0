import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { NpyArray } from './npy.js';

/** Float32 arrays by the name of the input or output they are. */
export type Named = Record<string, NpyArray>;

/** All outputs of a model, computed by onnxruntime-node. */
export async function computeByOnnxruntime(model: Uint8Array, inputs: Named): Promise<Named> {
  const session = await InferenceSession.create(model);
  const feeds = Object.entries(inputs).map(([name, { data, dims }]) => [
    name,
    new Tensor('float32', data, dims),
  ]);
  const results = await session.run(Object.fromEntries(feeds) as Record<string, Tensor>);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data, dims }]) => [
      name,
      { dims: [...dims], data: data as Float32Array },
    ]),
  );
}
