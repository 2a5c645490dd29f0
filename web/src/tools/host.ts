import type { CompiledEngine } from '../engine/compile.js';
import { bufferOf, placed, type TensorData } from '../host/feeding.js';
import { guarded } from '../host/guarded.js';
import { instantiateEngine } from '../host/instantiate.js';
import type { ArgumentsOf, ResultOf } from '../host/methods.js';
import type { EngineBuffer, EngineValue, ModuleFactory } from '../host/module.js';
import type { QuantizeResult } from '../quantize/report.js';
import type {
  DescriptionEdits,
  HalfSettings,
  QuantiseSettings,
  Question,
  SampleInfo,
  ToolsFile,
  ToolsModule,
  ToolsQuantisation,
} from './module.js';

/** A model, and what its reader should know of it. */
export interface ModelWithWarnings {
  model: Uint8Array<ArrayBuffer>;
  warnings: string[];
}

/** What can be asked of the tools. */
export class ToolsMethods {
  readonly #module: ToolsModule;
  /** One at a time: it lives as long as the tools. */
  #quantisation: ToolsQuantisation | undefined;
  #askedAbout = 0;

  constructor(module: ToolsModule) {
    this.#module = module;
  }

  edited(model: Uint8Array, edits: DescriptionEdits): Uint8Array<ArrayBuffer> {
    return this.#copyOf(this.#of(model, (buffer) => this.#module.edited(buffer, edits)));
  }

  extracted(
    model: Uint8Array,
    inputs: readonly string[],
    outputs: readonly string[],
  ): Uint8Array<ArrayBuffer> {
    const extract = (buffer: EngineBuffer) => this.#module.extracted(buffer, inputs, outputs);
    return this.#copyOf(this.#of(model, extract));
  }

  inFloat16(model: Uint8Array, settings: HalfSettings): ModelWithWarnings {
    const convert = (buffer: EngineBuffer) => this.#module.inFloat16(buffer, settings);
    const { file, warnings } = this.#of(model, convert);
    return { model: this.#copyOf(file), warnings };
  }

  /** Begins to quantise; question() and answer() follow each other until there is none. */
  async beginQuantising(
    model: Uint8Array,
    settings: QuantiseSettings,
    samples: readonly SampleInfo<TensorData>[],
  ): Promise<void> {
    const truths = samples.map(({ truth }) => truth ?? null);
    this.#quantisation = await placed(this.#module, truths, (values) =>
      this.#of(model, (buffer) =>
        this.#module.makeQuantisation(
          buffer,
          settings,
          samples.map(({ heldOut }, index) => ({ heldOut, truth: values[index] ?? undefined })),
        ),
      ),
    );
  }

  /** What is to be computed next, and how far all has come, from 0 to 1. */
  question(): { question: Question | undefined; progress: number } {
    const progress = this.#module.progressOf(this.#quantisation!);
    const question = this.#module.questionOf(this.#quantisation!);
    if (!question) return { question: undefined, progress };
    const { model, sample, fetches } = question;
    const isNew = model !== 0 && model !== this.#askedAbout;
    this.#askedAbout = model;
    const bytes = isNew ? new Uint8Array(question.bytes) : undefined;
    return { question: { model, sample, fetches, bytes }, progress };
  }

  async answer(values: readonly TensorData[]): Promise<void> {
    await placed(this.#module, values, (placedValues) =>
      this.#module.answer(this.#quantisation!, placedValues as EngineValue[]),
    );
  }

  quantised(): QuantizeResult {
    const { file, report } = this.#module.takeQuantised(this.#quantisation!);
    return { model: this.#copyOf(file), report };
  }

  #of<T>(model: Uint8Array, use: (buffer: EngineBuffer) => T): T {
    const buffer = bufferOf(this.#module, model);
    try {
      return use(buffer);
    } finally {
      this.#module.deleteBuffer(buffer);
    }
  }

  #copyOf(file: ToolsFile): Uint8Array<ArrayBuffer> {
    try {
      return new Uint8Array(this.#module.fileBytes(file));
    } finally {
      this.#module.deleteFile(file);
    }
  }
}

/** The methods, which are called by name. */
export type ToolsMethod = keyof ToolsMethods;

/** The tools where they work, in a worker or right here. */
export class ToolsHost {
  readonly #methods: ToolsMethods;

  private constructor(module: ToolsModule) {
    this.#methods = new ToolsMethods(module);
  }

  /** Throws FoveaError EngineLoadError. */
  static async start(
    compiled: CompiledEngine,
    glue: ModuleFactory<ToolsModule>,
  ): Promise<ToolsHost> {
    return new ToolsHost(guarded(await instantiateEngine(compiled, glue, 1)));
  }

  async call<M extends ToolsMethod>(
    method: M,
    ...args: ArgumentsOf<ToolsMethods, M>
  ): Promise<ResultOf<ToolsMethods, M>> {
    const run = this.#methods[method] as (
      ...args: ArgumentsOf<ToolsMethods, M>
    ) => ResultOf<ToolsMethods, M>;
    return run.apply(this.#methods, args);
  }
}
