import { capabilities } from 'fovea';
import type { Contender } from './contender.js';
import { foveaBefore, foveaFast, foveaRelaxed, foveaSimd, foveaThreads } from './fovea.js';
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
  /** Contenders whose errors have a column of their own, as they are meant to be larger. */
  rough: readonly string[];
  /** Milliseconds between two runs, in which the threads of the last one stop spinning. */
  rest: number;
}

const peer = onnxruntimeWeb(1);
const { relaxedSimd } = await capabilities();

/** One library against itself with two threads. */
function scaling(one: Contender, two: Contender): ContenderSet {
  const quotient = { title: 'scaling', numerator: one.name, denominator: two.name };
  return { contenders: [one, two], quotients: [quotient], rough: [], rest: 30 };
}

// A set each gets a page of its own: threads that spin for work disturb what others measure.
export const contenderSets: Readonly<Record<string, ContenderSet>> = {
  speed: {
    contenders: [peer, tfjs, onnxruntimeNode, foveaSimd, foveaFast, foveaRelaxed],
    quotients: [
      { title: 'default / fast', numerator: foveaRelaxed.name, denominator: foveaFast.name },
      { title: 'ours / native', numerator: foveaRelaxed.name, denominator: onnxruntimeNode.name },
    ],
    rough: [foveaFast.name],
    rest: 0,
  },
  engines: {
    // What any browser runs.
    contenders: [peer, foveaSimd, ...(relaxedSimd ? [foveaRelaxed] : [])],
    quotients: [],
    rough: [],
    rest: 0,
  },
  before: { contenders: [foveaBefore, foveaRelaxed], quotients: [], rough: [], rest: 0 },
  threads: scaling(foveaThreads(1), foveaThreads(2)),
  'peer-threads': scaling(peer, onnxruntimeWeb(2)),
};
