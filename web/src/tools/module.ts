// The types of what bindings/tools exports. Its functions may throw an ErrorData.

import type { EngineBuffer, Program } from '../host/module.js';

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

/** The instantiated tools. Files that they give are buffers, too. */
export interface ToolsModule extends Program {
  edited(model: EngineBuffer, edits: DescriptionEdits): EngineBuffer;
  extracted(
    model: EngineBuffer,
    inputs: readonly string[],
    outputs: readonly string[],
  ): EngineBuffer;
  inFloat16(
    model: EngineBuffer,
    settings: HalfSettings,
  ): { file: EngineBuffer; warnings: string[] };
}
