import { sessionContender } from './session.js';
import type { Contender } from './contender.js';

export type Library = typeof import('onnxruntime-web/wasm');

const folder = '/node_modules/onnxruntime-web/dist/';

/**
 * onnxruntime-web's WebAssembly execution provider. Its threads are a setting of the whole library,
 * so each number of them gets a library of its own: a module is another one at another address.
 */
export function onnxruntimeWeb(threads: number): Contender {
  const name = threads === 1 ? 'onnxruntime-web' : `onnxruntime-web ${threads} threads`;
  let library: Promise<Library> | undefined;
  return sessionContender(name, async () => {
    const { InferenceSession, Tensor } = await (library ??= load(threads));
    const options = { executionProviders: ['wasm'] };
    return { Tensor, create: (model) => InferenceSession.create(model, options) };
  });
}

/** The library for so many threads. */
export async function load(threads: number): Promise<Library> {
  const url = `${folder}ort.wasm.bundle.min.mjs?threads=${threads}`;
  const library = (await import(url)) as Library;
  library.env.wasm.wasmPaths = folder;
  library.env.wasm.numThreads = threads;
  return library;
}
