import type { Network } from '../networks/index.js';

/** A network ready to run on one input. */
export interface Loaded {
  /**
   * Computes the output from the input, both in the memory of whoever asks for it.
   *
   * @returns how long that took, in milliseconds
   */
  run(): Promise<number>;
  /** What the last run computed. */
  output(): Promise<Float32Array>;
  /** The order of the output's elements. */
  layout: 'NCHW' | 'NHWC';
  release(): Promise<void>;
}

/** A library, or one of our variants. */
export interface Contender {
  name: string;
  canRun(network: Network): boolean;
  /** @param input pixels in NCHW */
  load(network: Network, input: Float32Array): Promise<Loaded>;
}

/** `run` and `output` of a library that computes in this page. */
export function timed(compute: () => Promise<Float32Array>): Pick<Loaded, 'run' | 'output'> {
  let output: Float32Array = new Float32Array();
  return {
    async run() {
      const start = performance.now();
      output = await compute();
      return performance.now() - start;
    },
    output: () => Promise.resolve(output),
  };
}
