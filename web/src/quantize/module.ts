// The types of what bindings/quantiser exports. Its functions may throw an ErrorData.

import type { EngineBuffer, EngineValue, Program } from '../host/module.js';

declare const kind: unique symbol;

/** A quantisation under way, by its address. */
export type EngineQuantisation = number & { readonly [kind]: 'quantisation' };

/** What is known of a sample beside its feeds. */
export interface SampleInfo<Value> {
  /** Judges results and teaches nothing. */
  heldOut: boolean;
  /** What output 0 would be if the network were perfect. */
  truth: Value | undefined;
}

/** What is to be computed: values of a model for the feeds of a sample. */
export interface Question {
  /** Counts the models; 0 is the one to be quantised. Of the others only the last is asked about again. */
  model: number;
  /** Of that model, where it was not asked about before. */
  bytes: Uint8Array | undefined;
  sample: number;
  fetches: string[];
}

/** A report as it crosses, see read-report.ts. */
export interface FlatReport {
  texts: string[];
  numbers: Float64Array;
  /** Of all histograms. */
  counts: Float64Array;
}

/** The instantiated quantiser. */
export interface QuantiserModule extends Program {
  /** Whether the model is one that InferenceSession.optimizedModel() makes more layers of. */
  wantsFolding(model: EngineBuffer): boolean;
  /**
   * @param settings see settingNumbers()
   * @param keepFloat nodes by name; null: those whose loss exceeds the budget
   */
  makeQuantisation(
    model: EngineBuffer,
    settings: readonly number[],
    keepFloat: readonly string[] | null,
    samples: readonly SampleInfo<EngineValue>[],
  ): EngineQuantisation;
  /** Null: it is done. The bytes are valid until the program allocates again. */
  questionOf(quantisation: EngineQuantisation): (Question & { bytes: Uint8Array }) | null;
  /** The values in the order asked for. */
  answer(quantisation: EngineQuantisation, values: EngineValue[]): void;
  /** From 0 to 1. */
  progressOf(quantisation: EngineQuantisation): number;
  takeQuantised(quantisation: EngineQuantisation): { file: EngineBuffer; report: FlatReport };
}
