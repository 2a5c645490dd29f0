import type { NodeTime } from '../host/module.js';

/** What one node did in a run, how long it took, and how fast that is. */
export interface NodeProfile extends Readonly<NodeTime> {
  /**
   * Billions of floating-point operations a second, two for each multiply-accumulate of `macs`.
   * Algorithms that need fewer, such as Winograd's, can so exceed what the processor does. Undefined
   * without `macs`, and where the clock is too coarse for the node.
   */
  readonly gflops: number | undefined;
  /** Billions of `bytes` a second. Undefined where the clock is too coarse for the node. */
  readonly gigabytesPerSecond: number | undefined;
}

export function toNodeProfile(time: NodeTime): NodeProfile {
  const billionsPerSecond = (count: number) =>
    count > 0 && time.milliseconds > 0 ? count / time.milliseconds / 1e6 : undefined;
  return {
    ...time,
    gflops: billionsPerSecond(2 * time.macs),
    gigabytesPerSecond: billionsPerSecond(time.bytes),
  };
}
