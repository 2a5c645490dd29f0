import type { NativeMethods } from '../native.js';
import type { Contender } from './contender.js';

declare global {
  interface Window {
    /** Calls onnxruntime-node in the process that opened this page; absent when a person did. */
    callNative?: NativeMethods;
  }
}

/**
 * onnxruntime's native build, with one thread: what the machine can do outside a browser. It runs
 * in Node while the page waits, and Node takes the time.
 */
export const onnxruntimeNode: Contender = {
  name: 'onnxruntime-node',
  canRun: () => window.callNative !== undefined,
  async load({ name }) {
    const call = window.callNative!;
    await call('load', name);
    return {
      layout: 'NCHW',
      run: () => call('run'),
      output: async () => toFloats(await call('output')),
      release: () => call('release'),
    };
  },
};

/** Little-endian float32 in base64. */
function toFloats(base64: string): Float32Array {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; ++i) bytes[i] = binary.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}
