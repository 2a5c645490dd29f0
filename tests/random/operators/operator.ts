import type { GraphMaker, Value } from '../maker.js';

/** An operator, or a chain of them, as an entry of the table. */
export interface Operator {
  /** As GraphMaker.node() takes it; a chain's is what it is called in reports. */
  name: string;
  /** The first opset that has a chain's operators. */
  since?: number;
  /** How often a chain is taken, 1 unless given. */
  weight?: number;
  /**
   * Adds it to a graph, of the type `maker.type`; returns its result, or nothing where nothing there
   * suits it.
   */
  add(maker: GraphMaker): Value | undefined;
}
