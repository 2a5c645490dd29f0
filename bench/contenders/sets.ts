import type { Contender } from './contender.js';
import { foveaRelaxed, foveaSimd, foveaThreads } from './fovea.js';
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
  /** Milliseconds between two runs, in which the threads of the last one stop spinning. */
  rest: number;
}

const [peer, peerOfTwo] = [onnxruntimeWeb(1), onnxruntimeWeb(2)];
const [ours, oursOfTwo] = [foveaThreads(1), foveaThreads(2)];

// A set each gets a page of its own, so that no threads of others disturb what has one.
export const contenderSets: Readonly<Record<string, ContenderSet>> = {
  speed: {
    contenders: [peer, tfjs, onnxruntimeNode, foveaSimd, foveaRelaxed],
    quotients: [
      { title: 'ours / native', numerator: foveaRelaxed.name, denominator: onnxruntimeNode.name },
    ],
    rest: 0,
  },
  threads: {
    contenders: [peer, peerOfTwo, ours, oursOfTwo],
    quotients: [
      { title: "onnxruntime-web's scaling", numerator: peer.name, denominator: peerOfTwo.name },
      { title: 'our scaling', numerator: ours.name, denominator: oursOfTwo.name },
    ],
    rest: 30,
  },
};
