import type { Tensor as FoveaTensor } from '../index.js';
import {
  FoveaError,
  InferenceSession as FoveaSession,
  type LoadOptions,
  type ValueMetadata as FoveaMetadata,
} from '../index.js';
import type { Backend, InferenceSessionHandler, SessionHandler } from './backends.js';
import { engineOptions, env } from './env.js';
import { invalid } from './errors.js';
import { checkRunOptions, loadOptions } from './options.js';
import { Profiler } from './profile.js';
import type { RunOptions, SessionOptions, ValueMetadata } from './session-types.js';

type Overrides = NonNullable<SessionOptions['freeDimensionOverrides']>;

/** Fovea, as onnxruntime's sessions ask for it. */
export const foveaBackend: Backend = {
  // The engine starts with the first session.
  async init() {},

  async createInferenceSessionHandler(uriOrBuffer, options = {}) {
    const loading = { ...engineOptions(), ...loadOptions(options) };
    const profiler = options.enableProfiling
      ? await Profiler.create(options.profileFilePrefix)
      : undefined;
    const session = await created(uriOrBuffer, loading);
    return new FoveaHandler(session, options.freeDimensionOverrides ?? {}, profiler);
  },
};

/** A session whose engine starts in the time that env.wasm.initTimeout allows. */
async function created(source: string | Uint8Array, options: LoadOptions): Promise<FoveaSession> {
  const { initTimeout } = env.wasm;
  const late = new AbortController();
  const timer = initTimeout ? setTimeout(() => late.abort(), initTimeout) : undefined;
  const onProgress: LoadOptions['onProgress'] = ({ stage, done }) => {
    if (stage === 'engine' && done > 0) clearTimeout(timer);
  };
  try {
    return await FoveaSession.create(source, { ...options, signal: late.signal, onProgress });
  } catch (error) {
    if (!late.signal.aborted) throw withHint(error);
    const message = `the engine did not start in the ${initTimeout} ms of env.wasm.initTimeout`;
    throw new FoveaError('EngineLoadError', message);
  } finally {
    clearTimeout(timer);
  }
}

/** Programs for onnxruntime-web have it load its own files from where these are. */
function withHint(error: unknown): unknown {
  const isElsewhere = env.wasm.wasmPaths !== undefined || env.wasm.wasmBinary !== undefined;
  if (!(error instanceof FoveaError) || error.code !== 'EngineLoadError' || !isElsewhere) {
    return error;
  }
  const hint =
    "env.wasm.wasmPaths and wasmBinary are of Fovea's files, in the package's dist/wasm/";
  return new FoveaError(error.code, `${error.message} (${hint})`, error.fields, { cause: error });
}

class FoveaHandler implements InferenceSessionHandler {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly ValueMetadata[];
  readonly outputMetadata: readonly ValueMetadata[];
  readonly #session: FoveaSession;
  readonly #overrides: Overrides;
  #profiler: Profiler | undefined;

  constructor(session: FoveaSession, overrides: Overrides, profiler: Profiler | undefined) {
    this.#session = session;
    this.#overrides = overrides;
    this.#profiler = profiler;
    this.inputNames = session.inputNames;
    this.outputNames = session.outputNames;
    this.inputMetadata = session.inputMetadata.map((value) => declared(value, overrides));
    this.outputMetadata = session.outputMetadata.map((value) => declared(value, overrides));
  }

  async run(
    feeds: SessionHandler.FeedsType,
    fetches: SessionHandler.FetchesType,
    options: RunOptions,
  ): Promise<SessionHandler.ReturnType> {
    checkRunOptions(options);
    if (options.terminate) throw new FoveaError('Aborted', "the run's option 'terminate' is true");
    this.#checkSizes(feeds);
    const [given, wanted] = [feeds, fetches] as never[] as [never, never];
    if (!this.#profiler) return toRecord(await this.#session.run(given, wanted));
    const profiler = this.#profiler;
    const began = performance.now();
    const { tensors, nodes } = await this.#session.profile(given, wanted);
    profiler.add(began, nodes);
    return toRecord(tensors);
  }

  dispose(): Promise<void> {
    return this.#session.release();
  }

  /** Nothing, as in onnxruntime: the option enableProfiling has started it. */
  startProfiling(): void {}

  endProfiling(): void {
    this.#profiler?.end();
    this.#profiler = undefined;
  }

  /** The engine takes any size for what the model has only a name for. */
  #checkSizes(feeds: SessionHandler.FeedsType): void {
    for (const { name, shape } of this.#session.inputMetadata) {
      const dims = feeds[name]?.dims;
      shape?.forEach((dimension, axis) => {
        const wanted = sizeOf(dimension, this.#overrides);
        if (wanted === dimension || dims?.[axis] === wanted || dims?.length !== shape.length)
          return;
        throw invalid(
          `'${name}' has ${dims[axis]} along axis ${axis}, which freeDimensionOverrides makes ${wanted}`,
          { input: name },
        );
      });
    }
  }
}

/** A declaration as onnxruntime has it. */
function declared({ name, isTensor, type, shape }: FoveaMetadata, overrides: Overrides) {
  if (!isTensor) return { name, isTensor };
  const sizes = shape?.map((dimension) => sizeOf(dimension, overrides)) ?? [];
  return { name, isTensor, type, shape: sizes } as ValueMetadata;
}

function sizeOf(dimension: number | string, overrides: Overrides): number | string {
  if (dimension === '?') return '';
  const isNamed = typeof dimension === 'string' && Object.hasOwn(overrides, dimension);
  return isNamed ? overrides[dimension]! : dimension;
}

/** An object with a prototype, as programs for onnxruntime may expect. */
function toRecord(tensors: Record<string, FoveaTensor>): SessionHandler.ReturnType {
  return Object.fromEntries(Object.entries(tensors)) as unknown as SessionHandler.ReturnType;
}
