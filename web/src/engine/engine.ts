import { isNode } from '../base/environment.js';
import { FoveaError, messageOf, toFoveaError } from '../base/errors.js';
import {
  capabilitiesBeside,
  forgoWorkers,
  workerObstacle,
  type Capabilities,
} from './capabilities.js';
import { connectHere, connectWorker, type Connection } from './connection.js';
import { launchWorker, type StartingWorker } from './launch.js';
import { locateEngine } from './locate.js';
import type { HostArguments, HostMethod, HostResult } from '../host/host.js';
import type { EngineOptions } from './options.js';
import { Turns } from './turns.js';

/** A running engine as its users see it. When it dies, everything asked of it rejects. */
export class Engine {
  readonly capabilities: Capabilities;
  readonly #turns = new Turns();
  readonly #pending = new Set<(error: FoveaError) => void>();
  #connection: Connection | undefined;
  #fault: FoveaError | undefined;
  #lastId = 0;

  private constructor(found: Capabilities) {
    this.capabilities = found;
  }

  /** Throws FoveaError EngineLoadError. */
  static async start(options: EngineOptions): Promise<Engine> {
    const obstacle = await workerObstacle(options);
    if (obstacle !== undefined) return Engine.#connect(options, obstacle);
    let launched: StartingWorker | undefined;
    let failed = true;
    try {
      launched = await launchWorker(options.workerUrl);
      failed = false;
      launched.failure.catch(() => (failed = true));
      return await Engine.#connect(options, launched);
    } catch (error) {
      launched?.worker.terminate();
      // Nobody has asked for a worker of Node by name, and a bundle, say, may have lost it.
      if (!failed || !isNode() || options.worker) throw error;
      const obstacle = messageOf(error);
      forgoWorkers(obstacle);
      return Engine.#connect(options, obstacle);
    }
  }

  /** To a worker, or in this thread: then `launched` is why. */
  static async #connect(
    options: EngineOptions,
    launched: StartingWorker | string,
  ): Promise<Engine> {
    const isHere = typeof launched === 'string';
    const found = await capabilitiesBeside(isHere ? launched : undefined, options);
    const files = await locateEngine(found.variant, options);
    const engine = new Engine(found);
    engine.#connection = isHere
      ? await connectHere(files, found.numThreads)
      : await connectWorker(launched, files, found.numThreads, (error) => engine.#fail(error));
    return engine;
  }

  /** Whether it has crashed or been closed. */
  get isDead(): boolean {
    return this.#fault !== undefined;
  }

  /** A number for something that the host is to open. */
  newId(): number {
    return ++this.#lastId;
  }

  /**
   * Calls a method of the host, after those called before; typed arrays among the arguments must be
   * own()ed.
   */
  call<M extends HostMethod>(method: M, ...args: HostArguments<M>): Promise<HostResult<M>> {
    return new Promise((resolve, reject) => {
      if (this.#fault || !this.#connection) return reject(this.#fault ?? closed());
      this.#pending.add(reject);
      this.#connection
        .call(method, ...args)
        .then(resolve, (thrown: unknown) => reject(this.#inspect(thrown)))
        .finally(() => this.#pending.delete(reject));
    });
  }

  /**
   * Does work that takes much memory once no other such work is under way: of higher priority first,
   * else as it came. Calls from elsewhere still come through in between.
   *
   * @throws FoveaError Aborted at once if the signal fires while it waits
   */
  inTurn<T>(
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
    priority?: number,
  ): Promise<T> {
    return this.#turns.take(signal, work, priority);
  }

  /** Whether it computes in another thread. */
  get isRemote(): boolean {
    return this.#connection?.remote ?? false;
  }

  /** Bytes that call() may take away; a copy, unless the engine is in this thread and only reads. */
  own(bytes: Uint8Array): Uint8Array {
    return this.isRemote ? bytes.slice() : bytes;
  }

  /** Ends the engine and gives its memory back. */
  close(): void {
    this.#fail(closed());
  }

  #inspect(thrown: unknown): FoveaError {
    const error = toFoveaError(thrown);
    if (error.code === 'EngineCrashed') this.#fail(error);
    return error;
  }

  #fail(error: FoveaError): void {
    if (this.#fault) return;
    this.#fault = error;
    for (const reject of this.#pending) reject(error);
    this.#pending.clear();
    this.#connection?.close();
    this.#connection = undefined;
  }
}

function closed(): FoveaError {
  return new FoveaError('EngineCrashed', 'the engine has been closed');
}
