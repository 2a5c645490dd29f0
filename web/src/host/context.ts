import type { CustomOperator } from '../session/custom-operators.js';
import { FoveaError } from '../base/errors.js';
import type { JobQueue } from './jobs.js';
import type { Failures } from './operators.js';
import type {
  EngineBuffer,
  EngineInspection,
  EngineModule,
  EngineSession,
  EngineThreads,
} from './module.js';
import type { ResultMemory } from './results.js';

/** What is open in an engine, by the numbers that its caller chose. */
export class Opened<T> {
  readonly #kind: string;
  readonly #all = new Map<number, T>();

  /** @param kind what it is that is opened, for messages */
  constructor(kind: string) {
    this.#kind = kind;
  }

  add(id: number, opened: T): void {
    this.#all.set(id, opened);
  }

  /** Throws FoveaError Internal where there is none: only Fovea chooses the numbers. */
  get(id: number): T {
    const found = this.#all.get(id);
    if (found === undefined) throw new FoveaError('Internal', `there is no ${this.#kind} ${id}`);
    return found;
  }

  /** Forgets it, for the caller to close; undefined where there is none. */
  take(id: number): T | undefined {
    const found = this.#all.get(id);
    this.#all.delete(id);
    return found;
  }
}

/** An engine and what is open in it: what the parts of its host share. */
export interface EngineContext {
  readonly module: EngineModule;
  readonly threads: EngineThreads;
  readonly buffers: Opened<EngineBuffer>;
  readonly inspections: Opened<EngineInspection>;
  readonly sessions: Opened<EngineSession>;
  readonly queue: JobQueue;
  readonly results: ResultMemory;
  /** The operators of modules that have been imported, by their addresses. */
  readonly operatorModules: Map<string, CustomOperator[]>;
  readonly failures: Failures;
}
