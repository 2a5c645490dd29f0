import type { Network } from '../networks/index.js';

/** A network ready to run on one input. */
export interface Loaded {
  /** Computes the output from the input, both in JavaScript's memory: what is timed. */
  run(): Promise<Float32Array>;
  /** The order of the output's elements. */
  layout: 'NCHW' | 'NHWC';
  release(): Promise<void>;
}

/** A library, or one of our variants, with one thread. */
export interface Contender {
  name: string;
  canRun(network: Network): boolean;
  /** @param input pixels in NCHW */
  load(network: Network, input: Float32Array): Promise<Loaded>;
}
