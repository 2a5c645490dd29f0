import type { ModelInfo } from './engine/module.js';
import { toMetadata, type ModelMetadata, type ValueMetadata } from './metadata.js';
import { LoadedModel, nextJob } from './model.js';
import type { LoadOptions } from './reading.js';
import { runModel, type Feeds, type RunOptions, type RunResult } from './run.js';
import type { ModelSource } from './source.js';
import type { Tensor } from './tensor.js';

/**
 * The values wanted, by name: outputs, or any other value of the model. With tensors, results are
 * also written into those.
 */
export type Fetches = readonly string[] | Readonly<Record<string, Tensor | null>>;

/** A model that is ready to run, as `InferenceSession` of onnxruntime-common. */
export class InferenceSession {
  readonly #model: LoadedModel;
  readonly inputMetadata: readonly ValueMetadata[];
  readonly outputMetadata: readonly ValueMetadata[];
  readonly metadata: ModelMetadata;

  private constructor(model: LoadedModel, { inputs, outputs, ...metadata }: ModelInfo) {
    this.#model = model;
    this.inputMetadata = inputs.map(toMetadata);
    this.outputMetadata = outputs.map(toMetadata);
    this.metadata = metadata;
  }

  /**
   * Loads a model, and an engine first if none runs with these options.
   *
   * @param source a URL (in Node also a path), the model's bytes, a Response, a Blob or a stream
   * @throws FoveaError NetworkError, EngineLoadError, MalformedModel, UnsupportedOperator (all of
   *   them, in the field `operators`), UnsupportedAttribute, InvalidInput (an unknown precision),
   *   OutOfMemory, Aborted
   */
  static async create(source: ModelSource, options: LoadOptions = {}): Promise<InferenceSession> {
    const { model, answer } = await LoadedModel.load(source, options, (engine, ...request) =>
      engine.call('load', ...request),
    );
    return new InferenceSession(model, answer);
  }

  get inputNames(): readonly string[] {
    return this.inputMetadata.map(({ name }) => name);
  }

  get outputNames(): readonly string[] {
    return this.outputMetadata.map(({ name }) => name);
  }

  /**
   * Computes.
   *
   * @param feeds a tensor for each of the model's inputs
   * @param fetches the values wanted; all outputs unless given
   * @throws FoveaError InvalidInput, OutOfMemory, Aborted, SessionReleased
   */
  async run(
    feeds: Feeds,
    fetches?: Fetches,
    options: RunOptions = {},
  ): Promise<Record<string, Tensor>> {
    const { tensors } = await this.#run(feeds, fetches, options);
    return tensors;
  }

  /**
   * As run(), and tells what each node did: its time, algorithm, multiply-accumulates and bytes. The
   * nodes are those of the optimised model, in the order they ran. First runs are slower: they plan,
   * and the browser has yet to optimise the engine's code.
   *
   * @example
   * const { nodes } = await session.profile({ input });
   * console.table(nodes, ['opType', 'algorithm', 'milliseconds', 'gflops']);
   */
  async profile(feeds: Feeds, fetches?: Fetches, options: RunOptions = {}): Promise<RunResult> {
    return this.#run(feeds, fetches, options, true);
  }

  /** Gives back the memory of past runs; the next one takes it anew. */
  async trim(): Promise<void> {
    await this.#model.engine.call('trim', nextJob(), this.#model.session);
  }

  /** Gives the model's memory back, once the runs under way have ended. */
  release(): Promise<void> {
    return this.#model.release();
  }

  async #run(
    feeds: Feeds,
    fetches: Fetches | undefined,
    options: RunOptions,
    profiled = false,
  ): Promise<RunResult> {
    const names = namesOf(fetches) ?? this.outputNames;
    const given = fetches && !isNames(fetches) ? fetches : {};
    return runModel(this.#model, feeds, names, given, options, profiled);
  }
}

function isNames(fetches: Fetches): fetches is readonly string[] {
  return Array.isArray(fetches);
}

function namesOf(fetches: Fetches | undefined): readonly string[] | undefined {
  if (fetches === undefined) return undefined;
  return isNames(fetches) ? fetches : Object.keys(fetches);
}
