import { BufferHost } from './buffers.js';
import type { CompiledEngine } from '../engine/compile.js';
import { Opened, type EngineContext } from './context.js';
import { EnlargingHost } from './enlarging.js';
import { guarded } from './guarded.js';
import { InspectionHost } from './inspections.js';
import { instantiateEngine } from './instantiate.js';
import { JobQueue } from './jobs.js';
import type { ArgumentsOf, ResultOf } from './methods.js';
import type { EngineModule, ModuleFactory } from './module.js';
import { Failures, OperatorHost } from './operators.js';
import { ResultMemory } from './results.js';
import { SessionHost } from './sessions.js';

type MethodsOf<Part> = Pick<Part, keyof Part>;

/** What can be asked of an engine. */
export type HostMethods = MethodsOf<BufferHost> &
  MethodsOf<OperatorHost> &
  MethodsOf<InspectionHost> &
  MethodsOf<SessionHost> &
  MethodsOf<EnlargingHost>;

/** The methods of a host, which are called by name. */
export type HostMethod = keyof HostMethods;
export type HostArguments<M extends HostMethod> = ArgumentsOf<HostMethods, M>;
export type HostResult<M extends HostMethod> = ResultOf<HostMethods, M>;

/**
 * An engine where it computes, in a worker or right here: its parts, each with methods of its own.
 *
 * What the caller holds are numbers, since nothing else crosses to another thread. The caller also
 * chooses them, so that it can go on without waiting for what it opens.
 */
export class EngineHost {
  readonly #module: EngineModule;
  readonly #parts: readonly Partial<HostMethods>[];
  readonly #failures = new Failures();

  private constructor(module: EngineModule, threads: number) {
    const context: EngineContext = {
      module,
      threads: module.makeEngine(threads),
      buffers: new Opened('buffer'),
      inspections: new Opened('inspection'),
      sessions: new Opened('session'),
      queue: new JobQueue(),
      results: new ResultMemory(),
      operatorModules: new Map(),
      failures: this.#failures,
    };
    this.#module = module;
    this.#parts = [
      new BufferHost(context),
      new OperatorHost(context),
      new InspectionHost(context),
      new SessionHost(context),
      new EnlargingHost(context),
    ];
  }

  /** Starts an engine whose sessions share that many threads. Throws FoveaError EngineLoadError. */
  static async start(
    engine: CompiledEngine,
    glue: ModuleFactory,
    threads: number,
  ): Promise<EngineHost> {
    return new EngineHost(guarded(await instantiateEngine(engine, glue, threads)), threads);
  }

  async call<M extends HostMethod>(method: M, ...args: HostArguments<M>): Promise<HostResult<M>> {
    const part = this.#parts.find((each) => each[method] !== undefined)!;
    const run = part[method] as (
      ...args: HostArguments<M>
    ) => HostResult<M> | Promise<HostResult<M>>;
    try {
      return await run.apply(part, args);
    } catch (thrown) {
      throw this.#failures.explained(thrown);
    }
  }

  /** Ends the engine's threads; everything else goes with its memory. */
  close(): void {
    this.#module.PThread?.terminateAllThreads();
  }
}
