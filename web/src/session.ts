import type { FeedData, TensorData } from './engine/running.js';
import type { NodeTime } from './engine/module.js';
import { FoveaError } from './errors.js';
import { toMetadata, type ModelMetadata, type ValueMetadata } from './metadata.js';
import { LoadedModel, nextJob } from './model.js';
import type { LoadOptions } from './reading.js';
import type { ModelSource } from './source.js';
import { Tensor } from './tensor.js';
import { viewBytes, type TypedData } from './tensor-types.js';

export interface RunOptions {
  /** Stops the run; its promise rejects with code Aborted and the session stays usable. */
  signal?: AbortSignal | undefined;
  /** Hands the feeds' memory over to the engine's worker instead of copying; the tensors are lost. */
  transfer?: boolean | undefined;
}

/** Tensors by the name of the input they are for. */
export type Feeds = Readonly<Record<string, Tensor>>;

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

  private constructor(model: LoadedModel) {
    const { inputs, outputs, ...metadata } = model.info;
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
   *   them, in the field `operators`), UnsupportedAttribute, OutOfMemory, Aborted
   */
  static async create(source: ModelSource, options: LoadOptions = {}): Promise<InferenceSession> {
    return new InferenceSession(await LoadedModel.load(source, options));
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

  /** As run(), and how long each node took, in the order they ran. */
  async profile(
    feeds: Feeds,
    fetches?: Fetches,
    options: RunOptions = {},
  ): Promise<{ tensors: Record<string, Tensor>; nodes: NodeTime[] }> {
    return this.#run(feeds, fetches, options);
  }

  /** Gives back the memory of past runs; the next one takes it anew. */
  async trim(): Promise<void> {
    await this.#model.engine.call('trim', nextJob(), this.#model.session);
  }

  /** Gives the model's memory back, once the runs under way have ended. */
  release(): Promise<void> {
    return this.#model.release();
  }

  async #run(feeds: Feeds, fetches: Fetches | undefined, { signal, transfer }: RunOptions) {
    const { engine, session } = this.#model;
    const names = namesOf(fetches) ?? this.outputNames;
    const request = Object.entries(feeds).map(([name, tensor]) =>
      toFeed(name, tensor, (bytes) => (transfer ? bytes : engine.own(bytes))),
    );
    const { outputs, times } = await this.#model.abortable(signal, (job) =>
      engine.call('run', { job, session, feeds: request, fetches: [...names] }),
    );
    const entries = names.map((name, index) => {
      const given = fetches && !isNames(fetches) ? fetches[name] : undefined;
      return [name, toTensor(outputs[index]!, given, name)] as const;
    });
    return { tensors: Object.fromEntries(entries), nodes: times };
  }
}

function isNames(fetches: Fetches): fetches is readonly string[] {
  return Array.isArray(fetches);
}

function namesOf(fetches: Fetches | undefined): readonly string[] | undefined {
  if (fetches === undefined) return undefined;
  return isNames(fetches) ? fetches : Object.keys(fetches);
}

function toFeed(name: string, tensor: Tensor, own: (bytes: Uint8Array) => Uint8Array): FeedData {
  if (!(tensor instanceof Tensor)) {
    throw new FoveaError('InvalidInput', `what is fed to '${name}' is no Tensor`, { input: name });
  }
  const { type, dims, data } = tensor;
  return { name, type, dims, data: isStrings(data) ? data : own(bytesOf(data)) };
}

function toTensor(
  { type, dims, data }: TensorData,
  given: Tensor | null | undefined,
  name: string,
) {
  const elements = data instanceof Uint8Array ? viewBytes(type as never, data) : [...data];
  if (!given) return new Tensor(type, elements, dims);
  if (given.type !== type || given.dims.join() !== dims.join()) {
    throw new FoveaError(
      'InvalidInput',
      `'${name}' is ${type} [${dims.join()}], which a ${given.type} tensor [${given.dims.join()}] ` +
        'cannot take',
      { output: name },
    );
  }
  if (isStrings(given.data)) given.data.splice(0, Infinity, ...(elements as string[]));
  else bytesOf(given.data).set(data as Uint8Array);
  return given;
}

function isStrings(data: TypedData | string[]): data is string[] {
  return Array.isArray(data);
}

function bytesOf({ buffer, byteOffset, byteLength }: TypedData): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
