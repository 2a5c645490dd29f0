import type { GraphMaker, Value } from '../maker.js';

/** An operator, or a chain of them, as an entry of the table. */
export interface Operator {
  name: string;
  /** The first opset that has it. */
  since?: number;
  /** How often it is taken, 1 unless given. */
  weight?: number;
  /** Adds it to a graph; returns its result, or nothing where nothing there suits it. */
  add(maker: GraphMaker): Value | undefined;
}
