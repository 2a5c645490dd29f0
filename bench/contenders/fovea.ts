import { InferenceSession, Tensor } from 'fovea';
import type { Contender } from './contender.js';

/**
 * One of our engine's variants, as a page uses it: in its worker, so that the time includes sending
 * the input there and the output back.
 */
function fovea(variant: 'simd' | 'relaxed'): Contender {
  return {
    name: `fovea ${variant}`,
    canRun: () => true,
    async load(network, input) {
      const session = await InferenceSession.create(network.model, { variant });
      const feeds = { input: new Tensor('float32', input, network.dims) };
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
}

export const foveaRelaxed = fovea('relaxed');
export const foveaSimd = fovea('simd');
