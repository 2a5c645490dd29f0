import { checkOptions, type OptionKinds } from '../base/check-options.js';
import type { ModelInfo } from '../host/module.js';
import { FoveaError } from '../base/errors.js';
import { bytesIn, described } from '../base/kinds.js';
import { toMetadata, toModelMetadata, type ModelMetadata, type ValueMetadata } from './metadata.js';
import { LoadedModel, nextJob } from './model.js';
import {
  inOwnTerms,
  onnxruntimeSessionOptionKinds,
  type OnnxruntimeSessionOptions,
} from './onnxruntime-options.js';
import { loadOptionKinds, type LoadOptions } from '../source/reading.js';
import { readRequest, type Fetches } from './request.js';
import { runModel, type Feeds, type RunOptions, type RunResult } from './run.js';
import type { ModelSource } from '../source/source.js';
import type { Tensor, Value } from './tensor.js';

/** How a session is made: in Fovea's terms or in onnxruntime's. */
export interface SessionOptions extends LoadOptions, OnnxruntimeSessionOptions {}

const sessionOptionKinds: OptionKinds<SessionOptions> = {
  ...loadOptionKinds,
  ...onnxruntimeSessionOptionKinds,
};

/** A model that is ready to run, as `InferenceSession` of onnxruntime-common. */
export class InferenceSession {
  readonly #model: LoadedModel;
  readonly inputMetadata: readonly ValueMetadata[];
  readonly outputMetadata: readonly ValueMetadata[];
  readonly metadata: ModelMetadata;

  private constructor(model: LoadedModel, info: ModelInfo) {
    this.#model = model;
    this.inputMetadata = info.inputs.map(toMetadata);
    this.outputMetadata = info.outputs.map(toMetadata);
    this.metadata = toModelMetadata(info);
  }

  /**
   * Loads a model, and an engine first if none runs with these options.
   *
   * @param source a URL (in Node also a path), the model's bytes, a Response, a Blob or a stream
   * @throws FoveaError NetworkError, IntegrityError, DecryptionError, EngineLoadError, MalformedModel,
   *   UnsupportedOperator (all of them, in the field `operators`), UnsupportedAttribute, InvalidInput
   *   (no source, an unknown option), OperatorError, OutOfMemory, EngineCrashed; Aborted as soon as
   *   `options.signal` fires
   */
  static create(source: ModelSource, options?: SessionOptions): Promise<InferenceSession>;
  /** Loads a model that is part of a buffer, as onnxruntime-common has it. Offset and length in bytes. */
  static create(
    buffer: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: SessionOptions,
  ): Promise<InferenceSession>;
  static async create(source: ModelSource, ...rest: unknown[]): Promise<InferenceSession> {
    const isPart = typeof rest[0] === 'number';
    const [part, given = {}] = isPart
      ? [partOf(source, rest[0], rest[1]), rest[2]]
      : [source, rest[0]];
    const options = checkOptions(given, 'InferenceSession.create()', sessionOptionKinds);
    const { model, answer } = await LoadedModel.load(
      part,
      { ...options, ...inOwnTerms(options) },
      (engine, ...request) => engine.call('load', ...request),
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
   * As in onnxruntime-common, a second argument alone may be fetches or options. An object is fetches
   * if any of its values is null or a Tensor, which no option is; an empty one asks for all outputs.
   *
   * @param feeds a tensor for each of the model's inputs; for a sequence a list of tensors, for an
   *   optional that holds nothing null
   * @returns the tensors by name, in an object without a prototype; sequences are arrays, maps Maps. Where
   *   a model gives such, say so: `run<Tensor[]>(feeds)`
   * @throws FoveaError InvalidInput, OperatorError, OutOfMemory, Aborted, SessionReleased, EngineCrashed
   */
  run<V extends Value = Tensor>(feeds: Feeds, options?: RunOptions): Promise<Record<string, V>>;
  /**
   * Computes the values that are named.
   *
   * @param fetches values of the model, its outputs or any other, by name; all outputs unless given
   */
  run<V extends Value = Tensor>(
    feeds: Feeds,
    fetches?: Fetches,
    options?: RunOptions,
  ): Promise<Record<string, V>>;
  async run<V extends Value = Tensor>(
    feeds: Feeds,
    second?: Fetches | RunOptions,
    third?: RunOptions,
  ): Promise<Record<string, V>> {
    const { tensors } = await this.#run(feeds, second, third, false);
    return tensors as Record<string, V>;
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
  profile<V extends Value = Tensor>(feeds: Feeds, options?: RunOptions): Promise<RunResult<V>>;
  profile<V extends Value = Tensor>(
    feeds: Feeds,
    fetches?: Fetches,
    options?: RunOptions,
  ): Promise<RunResult<V>>;
  async profile<V extends Value = Tensor>(
    feeds: Feeds,
    second?: Fetches | RunOptions,
    third?: RunOptions,
  ): Promise<RunResult<V>> {
    return (await this.#run(feeds, second, third, true)) as RunResult<V>;
  }

  /**
   * The model after those of the engine's optimisations that can be written in standard ONNX, as a file
   * that any runtime takes: constants are folded, BatchNormalizations multiplied into convolutions, pixel
   * shuffles called by their name, Transposes moved to where they undo each other, local functions
   * written out, and what no output needs is gone. Inputs, outputs, metadata and
   * the names of what is left stay; inputs that have a default become constants, and external weights
   * lie in the file. What the session's `disabledPasses` names is left out.
   *
   * @returns an ONNX file, in memory of the caller's own
   * @throws FoveaError UnsupportedAttribute (a local function that imports another opset than the
   *   model), OutOfMemory, SessionReleased, EngineCrashed
   */
  async optimizedModel(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#model.engine.call('optimisedModel', nextJob(), this.#model.session);
  }

  /** Gives back the memory of past runs; the next one takes it anew. */
  async trim(): Promise<void> {
    this.#model.engine.trim();
    await this.#model.engine.call('trim', nextJob(), this.#model.session);
  }

  /** Gives the model's memory back, once the runs under way have ended; none can begin any more. */
  release(): Promise<void> {
    return this.#model.release();
  }

  async #run(
    feeds: Feeds,
    second: unknown,
    third: unknown,
    profiled: boolean,
  ): Promise<RunResult<Value>> {
    const { names = this.outputNames, given, options } = readRequest(second, third);
    return runModel(this.#model, feeds, { names, given, options, profiled });
  }
}

function partOf(source: unknown, byteOffset: unknown, byteLength: unknown): Uint8Array {
  const bytes = bytesIn(source);
  if (bytes === undefined) {
    const message = 'an offset and a length are those of a model in a buffer';
    throw new FoveaError('InvalidInput', `${message}, not in ${described(source)}`);
  }
  const length = byteLength ?? bytes.byteLength - (byteOffset as number);
  const isSize = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  if (isSize(byteOffset) && isSize(length)) {
    const end = (byteOffset as number) + (length as number);
    if (end <= bytes.byteLength) return bytes.subarray(byteOffset as number, end);
  }
  throw new FoveaError(
    'InvalidInput',
    `a buffer of ${bytes.byteLength} bytes has no ${described(length)} from ${described(byteOffset)}`,
  );
}
