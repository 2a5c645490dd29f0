import * as ort from 'onnxruntime-web/wasm';
import type { Contender } from './contender.js';

ort.env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/';
ort.env.wasm.numThreads = 1;

/** onnxruntime-web's WebAssembly execution provider. */
export const onnxruntime: Contender = {
  name: 'onnxruntime-web',
  canRun: () => true,
  async load(network, input) {
    const session = await ort.InferenceSession.create(network.model, {
      executionProviders: ['wasm'],
    });
    const feeds = { input: new ort.Tensor('float32', input, network.dims) };
    return {
      layout: 'NCHW',
      async run() {
        const { output } = await session.run(feeds);
        return output!.data as Float32Array;
      },
      release: () => session.release(),
    };
  },
};
