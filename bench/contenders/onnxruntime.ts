import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { sessionContender } from './session.js';

env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/';
env.wasm.numThreads = 1;

/** onnxruntime-web's WebAssembly execution provider. */
export const onnxruntimeWeb = sessionContender('onnxruntime-web', Tensor, (model) =>
  InferenceSession.create(model, { executionProviders: ['wasm'] }),
);
