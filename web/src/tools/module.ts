// The types of what bindings/tools exports. Its functions may throw an ErrorData.

import type { EngineBuffer, Program } from '../host/module.js';

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

/** The instantiated tools. */
export interface ToolsModule extends Program {
  /** A file's bytes, valid until the program allocates again. */
  fileBytes(file: ToolsFile): Uint8Array;
  deleteFile(file: ToolsFile): void;

  edited(model: EngineBuffer, edits: DescriptionEdits): ToolsFile;
  extracted(model: EngineBuffer, inputs: readonly string[], outputs: readonly string[]): ToolsFile;
  inFloat16(model: EngineBuffer, settings: HalfSettings): { file: ToolsFile; warnings: string[] };
}
