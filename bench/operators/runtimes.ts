import { InferenceSession, Tensor } from 'fovea';
import type { Library } from '../contenders/onnxruntime.js';
import type { Runtime } from './measure.js';

/** Our engine in the page, as onnxruntime-web is: runs of a few microseconds would tell of messages to a worker. */
export const fovea: Runtime = {
  name: 'fovea',
  create: (model) => InferenceSession.create(model, { variant: 'relaxed', worker: false }),
  tensor: (type, data, dims) => new Tensor(type, data as never, dims),
};

export function onnxruntime(library: Library): Runtime {
  const options = { executionProviders: ['wasm'], logSeverityLevel: 4 } as const;
  return {
    name: 'onnxruntime-web',
    create: (model) => library.InferenceSession.create(model, options),
    tensor: (type, data, dims) => new library.Tensor(type, data as never, dims),
  };
}
