import { InferenceSession, Tensor, type LoadOptions } from 'fovea';
import type { Contender } from './contender.js';
import { sessionContender } from './session.js';

/**
 * Our engine as a page uses it: unless told otherwise in its worker, so that the time includes
 * sending the input there and the output back.
 */
function fovea(name: string, options: LoadOptions): Contender {
  return sessionContender(name, async () => ({
    Tensor: Tensor<'float32'>,
    create: (model) => InferenceSession.create(model, options),
  }));
}

export const foveaSimd = fovea('fovea simd', { variant: 'simd' });

export const foveaRelaxed = fovea('fovea relaxed', { variant: 'relaxed' });

/** The same with larger tiles, which round more. */
export const foveaFast = fovea('fovea fast', { variant: 'relaxed', precision: 'fast' });

/** The package of another commit, which lies in build/before. */
export const foveaBefore = sessionContender('fovea before', async () => {
  const address = '/build/before/index.js';
  const before = (await import(address)) as typeof import('fovea');
  return {
    Tensor: before.Tensor<'float32'>,
    create: (model) => before.InferenceSession.create(model, { variant: 'relaxed' }),
  };
});

/** The threaded build with relaxed SIMD. */
export const foveaThreads = (numThreads: number) =>
  fovea(`fovea ${numThreads} ${numThreads === 1 ? 'thread' : 'threads'}`, {
    variant: 'relaxed-threads',
    numThreads,
  });
