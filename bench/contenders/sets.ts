import type { Contender } from './contender.js';
import { foveaRelaxed, foveaSimd } from './fovea.js';
import { onnxruntimeNode } from './native.js';
import { onnxruntimeWeb } from './onnxruntime.js';
import { tfjs } from './tfjs.js';

/** One contender's time divided by another's: a column of the table. */
export interface Quotient {
  title: string;
  numerator: string;
  denominator: string;
}

/** Contenders that are measured in turns. */
export interface ContenderSet {
  /** The first gives the outputs that others are compared with, the last the times. */
  contenders: readonly Contender[];
  quotients: readonly Quotient[];
}

export const contenderSets: Readonly<Record<string, ContenderSet>> = {
  speed: {
    contenders: [onnxruntimeWeb, tfjs, onnxruntimeNode, foveaSimd, foveaRelaxed],
    quotients: [
      {
        title: 'ours / native',
        numerator: foveaRelaxed.name,
        denominator: onnxruntimeNode.name,
      },
    ],
  },
};
