import { InferenceSession, Tensor, type LoadOptions } from 'fovea';
import type { Library } from './contenders/onnxruntime.js';
import type { Runtime } from './sessions.js';

export function fovea(name: string, options: LoadOptions): Runtime {
  return {
    name,
    create: (model) => InferenceSession.create(model, options),
    tensor: (type, data, dims) => new Tensor(type as 'float32', data as Float32Array, dims),
  };
}

/** In the page, as onnxruntime-web is: runs of a few microseconds would tell of messages to a worker. */
export const foveaInPage = fovea('fovea', { variant: 'relaxed', worker: false });

export function onnxruntime(library: Library): Runtime {
  const options = { executionProviders: ['wasm'], logSeverityLevel: 4 } as const;
  return {
    name: 'onnxruntime-web',
    create: (model) => library.InferenceSession.create(model, options),
    tensor: (type, data, dims) => new library.Tensor(type as 'float32', data as Float32Array, dims),
  };
}
