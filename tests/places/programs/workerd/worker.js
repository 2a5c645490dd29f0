// workerd compiles WebAssembly before it runs, and nothing after that.
import * as fovea from './static.js';
import { enlarge } from './enlarge.js';
import wasmModule from './engine.wasm';
import network from './x2.onnx';

export default {
  async fetch() {
    const options = { wasmBinary: wasmModule, variant: 'simd' };
    return new Response(await enlarge(fovea, network, options).catch((error) => error.stack));
  },
};
