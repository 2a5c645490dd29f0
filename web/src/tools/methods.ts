import type { EngineBuffer } from '../host/module.js';
import type { DescriptionEdits, HalfSettings, ToolsModule } from './module.js';
import { taken, withFile } from './program-host.js';

/** A model, and what its reader should know of it. */
export interface ModelWithWarnings {
  model: Uint8Array<ArrayBuffer>;
  warnings: string[];
}

/** What can be asked of the tools for models. */
export class ToolsMethods {
  readonly #module: ToolsModule;

  constructor(module: ToolsModule) {
    this.#module = module;
  }

  edited(model: Uint8Array, edits: DescriptionEdits): Uint8Array<ArrayBuffer> {
    return this.#made(model, (buffer) => this.#module.edited(buffer, edits));
  }

  extracted(
    model: Uint8Array,
    inputs: readonly string[],
    outputs: readonly string[],
  ): Uint8Array<ArrayBuffer> {
    return this.#made(model, (buffer) => this.#module.extracted(buffer, inputs, outputs));
  }

  inFloat16(model: Uint8Array, settings: HalfSettings): ModelWithWarnings {
    const convert = (buffer: EngineBuffer) => this.#module.inFloat16(buffer, settings);
    const { file, warnings } = withFile(this.#module, model, convert);
    return { model: taken(this.#module, file), warnings };
  }

  #made(model: Uint8Array, make: (buffer: EngineBuffer) => EngineBuffer): Uint8Array<ArrayBuffer> {
    return taken(this.#module, withFile(this.#module, model, make));
  }
}
