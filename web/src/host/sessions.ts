import type { OperatorSource } from '../session/custom-operators.js';
import { dictionary } from '../base/kinds.js';
import { closeBuffer } from './buffers.js';
import type { EngineContext } from './context.js';
import { withFeeds, withUnwrittenFeeds, type FeedData, type ValueData } from './feeding.js';
import type { Checkpoint } from './jobs.js';
import type {
  Limits,
  LoadOptions,
  ModelInfo,
  NodeTime,
  Precision,
  ReceptiveFieldReport,
  FieldRequest,
} from './module.js';
import { engineOperators } from './operators.js';
import { copyOutputs, withRun, withStartedRun } from './running.js';

/** How a model is loaded. */
export interface HostLoadOptions {
  disabledPasses: string[];
  precision: Precision;
  limits: Limits;
  /** The buffers of external files, by the location that the model names. */
  externalData: ReadonlyMap<string, number>;
  operators: readonly OperatorSource[];
}

export interface RunRequest {
  /** Names the work, for abort(). */
  job: number;
  session: number;
  feeds: FeedData[];
  /** Names of values; empty: all outputs. */
  fetches: string[];
  /** Whether the reply is to say what the nodes did. */
  profiled: boolean;
}

export interface RunReply {
  outputs: ValueData[];
  /** In the order they ran; empty unless asked for. */
  nodes: NodeTime[];
}

/** Models that are loaded, and their runs: one at a time, in the order they came. */
export class SessionHost {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Makes a session of a model. Its buffers, which it then keeps for itself, are closed. */
  load(id: number, model: number, options: HostLoadOptions, job: number): Promise<ModelInfo> {
    return this.#context.queue.add(job, () => loadSession(this.#context, id, model, options));
  }

  run({ job, session, feeds, fetches, profiled }: RunRequest): Promise<RunReply> {
    const { module, queue, results, sessions } = this.#context;
    const work = (checkpoint: Checkpoint) =>
      withFeeds(module, feeds, (copies) =>
        withRun(module, sessions.get(session), copies, fetches, checkpoint, (run) => ({
          outputs: copyOutputs(module, run, results),
          nodes: profiled ? module.profile(run) : [],
        })),
      );
    return queue.add(job, work, session);
  }

  /**
   * The sizes that a run's outputs would have, which takes no time; null where they depend on data. Of
   * what is fed only types and sizes matter.
   */
  plan({ job, session, feeds, fetches }: RunRequest): Promise<(number[] | null)[]> {
    const { module, queue, sessions } = this.#context;
    const work = () =>
      withUnwrittenFeeds(module, feeds, (unwritten) =>
        withStartedRun(module, sessions.get(session), unwritten, fetches, (run) =>
          module.plannedDims(run),
        ),
      );
    return queue.add(job, work, session);
  }

  /** How far an output sees, as the model's graph tells. */
  receptiveField(
    job: number,
    session: number,
    request: FieldRequest,
  ): Promise<ReceptiveFieldReport> {
    const { module, queue, sessions } = this.#context;
    return queue.add(job, () => module.receptiveFieldOf(sessions.get(session), request), session);
  }

  /** The session's model as the passes leave it that make standard ONNX of it. */
  optimisedModel(job: number, session: number): Promise<Uint8Array<ArrayBuffer>> {
    const { module, queue, sessions } = this.#context;
    return queue.add(job, () => module.optimisedModel(sessions.get(session)), session);
  }

  /** Ends a job soon, whether it waits or computes; its promise rejects with Aborted. */
  abort(job: number): void {
    this.#context.queue.abort(job);
  }

  /** Gives a session's working memory back once its runs have ended. */
  trim(job: number, session: number): Promise<void> {
    const { module, queue, results, sessions } = this.#context;
    const work = () => {
      module.trimSession(sessions.get(session));
      results.clear();
    };
    return queue.add(job, work, session);
  }

  /** Ends a session once its runs have ended. */
  release(job: number, session: number): Promise<void> {
    const { queue, results } = this.#context;
    const work = () => {
      closeSession(this.#context, session);
      results.clear();
    };
    return queue.add(job, work, session);
  }
}

export function loadSession(
  context: EngineContext,
  id: number,
  model: number,
  options: HostLoadOptions,
): ModelInfo {
  const { buffers, module, sessions, threads } = context;
  const loading = engineOptions(context, options);
  const session = module.makeSession(threads, buffers.get(model), loading);
  sessions.add(id, session);
  closeAll(context, model, options);
  return module.modelInfo(session);
}

export function closeSession({ module, sessions }: EngineContext, id: number): void {
  const session = sessions.take(id);
  if (session !== undefined) module.deleteSession(session);
}

/** Closes a model's buffers. */
export function closeAll(
  context: EngineContext,
  model: number,
  { externalData }: HostLoadOptions,
): void {
  for (const buffer of [model, ...externalData.values()]) closeBuffer(context, buffer);
}

/** Options as the engine takes them. */
export function engineOptions(
  context: EngineContext,
  { externalData, operators, ...options }: HostLoadOptions,
): LoadOptions {
  const files = [...externalData].map(([at, id]) => [at, context.buffers.get(id)] as const);
  return {
    ...options,
    externalData: dictionary(files),
    operators: engineOperators(context, operators),
  };
}
