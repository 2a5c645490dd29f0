// The types of what bindings/tools exports. Its functions may throw an ErrorData.

import type { EngineBuffer, EngineValue, Program } from '../host/module.js';
import type { QuantizeReport } from '../quantize/report.js';

declare const kind: unique symbol;

/** A file in the program's memory, by its address. */
export type ToolsFile = number & { readonly [kind]: 'file' };

/** What becomes of a model's own description. */
export interface DescriptionEdits {
  /** Null removes a key. */
  metadata: Record<string, string | null>;
  producerName: string | undefined;
  producerVersion: string | undefined;
  docString: string | undefined;
  /** Of the default domain. */
  opset: number | undefined;
}

export interface HalfSettings {
  keepIoTypes: boolean;
  keepNodes: readonly string[];
  keepOperators: readonly string[];
}

/** A quantisation under way. */
export type ToolsQuantisation = number & { readonly [kind]: 'quantisation' };

/** How a model is quantised. */
export interface QuantiseSettings {
  method: 'auto' | 'minmax' | 'percentile' | 'mse' | 'entropy';
  activations: 'uint8' | 'int8';
  perChannel: boolean;
  rounding: 'gptq' | 'nearest';
  biasCorrection: boolean;
  equalise: boolean;
  placement: 'fused' | 'everywhere';
  /** Nodes by name; null: those whose loss exceeds the budget. */
  keepFloat: readonly string[] | null;
  budgetDb: number;
  float16: boolean;
}

/** What is known of a sample beside its feeds. */
export interface SampleInfo<Value> {
  /** Judges results and teaches nothing. */
  heldOut: boolean;
  /** What output 0 would be if the network were perfect. */
  truth: Value | undefined;
}

/** What is to be computed: values of a model for the feeds of a sample. */
export interface Question {
  /** Counts the models; 0 is the one to be quantised. Others follow each other and do not come back. */
  model: number;
  /** Of that model, where it was not asked about before. */
  bytes: Uint8Array | undefined;
  sample: number;
  fetches: string[];
}

/** The instantiated tools. */
export interface ToolsModule extends Program {
  /** A file's bytes, valid until the program allocates again. */
  fileBytes(file: ToolsFile): Uint8Array;
  deleteFile(file: ToolsFile): void;

  edited(model: EngineBuffer, edits: DescriptionEdits): ToolsFile;
  extracted(model: EngineBuffer, inputs: readonly string[], outputs: readonly string[]): ToolsFile;
  inFloat16(model: EngineBuffer, settings: HalfSettings): { file: ToolsFile; warnings: string[] };

  makeQuantisation(
    model: EngineBuffer,
    settings: QuantiseSettings,
    samples: SampleInfo<EngineValue>[],
  ): ToolsQuantisation;
  /** Null: it is done. The bytes are valid until the program allocates again. */
  questionOf(quantisation: ToolsQuantisation): (Question & { bytes: Uint8Array }) | null;
  /** The values in the order asked for. */
  answer(quantisation: ToolsQuantisation, values: EngineValue[]): void;
  /** From 0 to 1. */
  progressOf(quantisation: ToolsQuantisation): number;
  takeQuantised(quantisation: ToolsQuantisation): { file: ToolsFile; report: QuantizeReport };
}
