/* eslint-disable @typescript-eslint/no-namespace -- onnxruntime's types are found by InferenceSession.SessionOptions and the like */

import { Tensor as FoveaTensor } from '../index.js';
import { bytesIn, described, isRecord } from '../base/kinds.js';
import { findBackend, type InferenceSessionHandler, type SessionHandler } from './backends.js';
import { invalid } from './errors.js';
import type * as providers from './execution-providers.js';
import type * as types from './session-types.js';

export declare namespace InferenceSession {
  type OnnxValueMapType = types.OnnxValueMapType;
  type NullableOnnxValueMapType = types.NullableOnnxValueMapType;
  type FeedsType = types.FeedsType;
  type FetchesType = types.FetchesType;
  type ReturnType = types.ReturnType;
  type SessionOptions = types.SessionOptions;
  type RunOptions = types.RunOptions;
  type ValueMetadataBase = types.ValueMetadataBase;
  type NonTensorValueMetadata = types.NonTensorValueMetadata;
  type TensorValueMetadata = types.TensorValueMetadata;
  type ValueMetadata = types.ValueMetadata;
  type ExecutionProviderOptionMap = providers.ExecutionProviderOptionMap;
  type ExecutionProviderName = providers.ExecutionProviderName;
  type ExecutionProviderConfig = providers.ExecutionProviderConfig;
  type ExecutionProviderOption = providers.ExecutionProviderOption;
  type CpuExecutionProviderOption = providers.CpuExecutionProviderOption;
  type CudaExecutionProviderOption = providers.CudaExecutionProviderOption;
  type DmlExecutionProviderOption = providers.DmlExecutionProviderOption;
  type TensorRtExecutionProviderOption = providers.TensorRtExecutionProviderOption;
  type WebAssemblyExecutionProviderOption = providers.WebAssemblyExecutionProviderOption;
  type WebGLExecutionProviderOption = providers.WebGLExecutionProviderOption;
  type XnnpackExecutionProviderOption = providers.XnnpackExecutionProviderOption;
  type WebGpuExecutionProviderOption = providers.WebGpuExecutionProviderOption;
  type WebNNExecutionProviderName = providers.WebNNExecutionProviderName;
  type WebNNContextOptions = providers.WebNNContextOptions;
  type WebNNOptionsWithoutMLContext = providers.WebNNOptionsWithoutMLContext;
  type WebNNOptionsWithMLContext = providers.WebNNOptionsWithMLContext;
  type WebNNOptionsWebGpu = providers.WebNNOptionsWebGpu;
  type WebNNExecutionProviderOption = providers.WebNNExecutionProviderOption;
  type QnnExecutionProviderOption = providers.QnnExecutionProviderOption;
  type CoreMLExecutionProviderOption = providers.CoreMLExecutionProviderOption;
  type NnapiExecutionProviderOption = providers.NnapiExecutionProviderOption;
}

/** A model that is ready to run. */
export interface InferenceSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly types.ValueMetadata[];
  readonly outputMetadata: readonly types.ValueMetadata[];

  /**
   * Computes. Of a second argument alone, an object is fetches if it has null or a Tensor under the name
   * of an output, and options if not.
   *
   * @throws FoveaError InvalidInput, OperatorError, OutOfMemory, Aborted, SessionReleased, EngineCrashed
   */
  run(feeds: types.FeedsType, options?: types.RunOptions): Promise<types.ReturnType>;
  run(
    feeds: types.FeedsType,
    fetches: types.FetchesType,
    options?: types.RunOptions,
  ): Promise<types.ReturnType>;

  /** Gives the model's memory back, once the runs under way have ended. */
  release(): Promise<void>;

  /** Nothing: the option `enableProfiling` starts it. */
  startProfiling(): void;

  /**
   * Writes what was profiled, as events for about:tracing: in Node a file
   * `PREFIX_DATE.json`, elsewhere to the console.
   */
  endProfiling(): void;
}

export interface InferenceSessionFactory {
  /**
   * Loads a model from an address (in Node a path), or from bytes.
   *
   * @throws FoveaError as `InferenceSession.create()` of the package's root
   */
  create(uri: string, options?: types.SessionOptions): Promise<InferenceSession>;
  create(buffer: ArrayBufferLike, options?: types.SessionOptions): Promise<InferenceSession>;
  /** Loads a part of a buffer, of an offset and a length in bytes. */
  create(
    buffer: ArrayBufferLike,
    byteOffset: number,
    byteLength?: number,
    options?: types.SessionOptions,
  ): Promise<InferenceSession>;
  create(buffer: Uint8Array, options?: types.SessionOptions): Promise<InferenceSession>;
}

class Session implements InferenceSession {
  readonly #handler: InferenceSessionHandler;

  private constructor(handler: InferenceSessionHandler) {
    this.#handler = handler;
  }

  static async create(source: unknown, ...rest: unknown[]): Promise<InferenceSession> {
    const { model, options: given } = readSource(source, rest);
    const { backend, options } = await findBackend(readOptions(given));
    return new Session(await backend.createInferenceSessionHandler(model, options));
  }

  get inputNames() {
    return this.#handler.inputNames;
  }

  get outputNames() {
    return this.#handler.outputNames;
  }

  get inputMetadata() {
    return this.#handler.inputMetadata;
  }

  get outputMetadata() {
    return this.#handler.outputMetadata;
  }

  async run(feeds: types.FeedsType, second?: unknown, third?: unknown): Promise<types.ReturnType> {
    if (!isRecord(feeds) || isTensor(feeds)) {
      throw invalid('feeds are an object of Tensors by the names of inputs');
    }
    const { fetches, options } = readRequest(this.outputNames, second, third);
    const missing = this.inputNames.find((name) => feeds[name] === undefined);
    if (missing !== undefined) {
      throw invalid(`input '${missing}' is missing in 'feeds'`, { input: missing });
    }
    return this.#handler.run(feeds as SessionHandler.FeedsType, fetches, options);
  }

  release(): Promise<void> {
    return this.#handler.dispose();
  }

  startProfiling(): void {
    this.#handler.startProfiling();
  }

  endProfiling(): void {
    this.#handler.endProfiling();
  }
}

export const InferenceSession: InferenceSessionFactory = Session;

function readSource(
  source: unknown,
  rest: unknown[],
): { model: string | Uint8Array; options: unknown } {
  if (typeof source === 'string') return { model: source, options: rest[0] };
  const bytes = bytesIn(source);
  if (!bytes) {
    throw invalid(
      `a model is given as an address, a buffer or its bytes, not ${described(source)}`,
    );
  }
  const isPart = !ArrayBuffer.isView(source) && typeof rest[0] === 'number';
  if (!isPart) return { model: bytes, options: rest[0] };
  const size = bytes.byteLength;
  const [byteOffset, byteLength = size - byteOffset, options] = rest as [number, number?, unknown?];
  const isWhole = Number.isSafeInteger(byteOffset) && Number.isSafeInteger(byteLength);
  if (!isWhole || byteOffset < 0 || byteLength <= 0 || byteOffset + byteLength > size) {
    const part = `${described(byteLength)} bytes from ${described(byteOffset)}`;
    throw invalid(`a buffer of ${size} bytes has no part of ${part}`);
  }
  return { model: bytes.subarray(byteOffset, byteOffset + byteLength), options };
}

interface Request {
  fetches: SessionHandler.FetchesType;
  options: types.RunOptions;
}

function readRequest(outputNames: readonly string[], second: unknown, third: unknown): Request {
  const allOutputs = () => Object.fromEntries(outputNames.map((name) => [name, null]));
  if (second === undefined) return { fetches: allOutputs(), options: readOptions(third) };
  if (Array.isArray(second)) {
    return { fetches: readNames(outputNames, second), options: readOptions(third) };
  }
  if (!isRecord(second) || isTensor(second)) {
    throw invalid('the second argument of run() is fetches by the names of outputs, or options');
  }
  const fetches = outputNames
    .filter((name) => Object.hasOwn(second, name))
    .map((name) => [name, second[name]] as const)
    .filter(([, value]) => value === null || isTensor(value));
  if (fetches.length === 0) return { fetches: allOutputs(), options: readOptions(second) };
  return { fetches: Object.fromEntries(fetches) as never, options: readOptions(third) };
}

function readNames(outputNames: readonly string[], names: unknown[]): Request['fetches'] {
  if (names.length === 0)
    throw invalid('an empty list fetches nothing: leave it out for all outputs');
  const wrong = names.find((name) => !outputNames.includes(name as string));
  if (wrong === undefined) return Object.fromEntries(names.map((name) => [name as string, null]));
  throw invalid(`there is no output ${described(wrong)}, only ${outputNames.join(', ')}`);
}

function readOptions<Options extends object>(given: unknown): Options {
  if (given === undefined) return {} as Options;
  if (typeof given === 'object' && given !== null) return given as Options;
  throw invalid(`options are an object, not ${described(given)}`);
}

/** Whether a value is a Tensor, of this package or of another copy of it. */
function isTensor(value: unknown): boolean {
  const looksLike = isRecord(value) && 'dims' in value && 'location' in value;
  return value instanceof FoveaTensor || looksLike;
}
