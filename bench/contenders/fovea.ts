import { InferenceSession, Tensor } from 'fovea';
import { sessionContender } from './session.js';

// Our engine as a page uses it: in its worker, so that the time includes sending the input there
// and the output back.

export const foveaRelaxed = sessionContender('fovea relaxed', Tensor<'float32'>, (model) =>
  InferenceSession.create(model, { variant: 'relaxed' }),
);

export const foveaSimd = sessionContender('fovea simd', Tensor<'float32'>, (model) =>
  InferenceSession.create(model, { variant: 'simd' }),
);
