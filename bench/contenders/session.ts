import type { Network } from '../networks/index.js';
import { timed, type Contender } from './contender.js';

/** What onnxruntime-common's API and ours have in common. */
interface Session<T> {
  run(feeds: Record<string, T>): Promise<Record<string, { data: unknown }>>;
  release(): Promise<void>;
}

interface Library<T> {
  Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => T;
  create: (model: Network['model']) => Promise<Session<T>>;
}

/** A library whose sessions load the .onnx file itself. */
export function sessionContender<T>(
  name: string,
  loadLibrary: () => Promise<Library<T>>,
): Contender {
  return {
    name,
    canRun: () => true,
    async load(network, input) {
      const { Tensor, create } = await loadLibrary();
      const session = await create(network.model);
      const feeds = { input: new Tensor('float32', input, network.dims) };
      return {
        layout: 'NCHW',
        ...timed(async () => {
          const { output } = await session.run(feeds);
          return output!.data as Float32Array;
        }),
        release: () => session.release(),
      };
    },
  };
}
