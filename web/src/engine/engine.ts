import { isNode } from '../base/environment.js';
import { FoveaError, messageOf, toFoveaError } from '../base/errors.js';
import { capabilitiesBeside, forgoWorkers, obstacleOf, type Capabilities } from './capabilities.js';
import { connectHere, connectWorker, type Connection } from './connection.js';
import { launchWorker, type StartingWorker } from './launch.js';
import { engineWorker, locateEngine } from './locate.js';
import type { HostArguments, HostMethod, HostResult } from '../host/host.js';
import type { EngineOptions } from './options.js';
import { Turns } from './turns.js';

/**
 * How long an engine's threads may take to start, in milliseconds: at first, and once more. In Firefox a worker
 * that starts another sometimes never comes back from `new Worker()`.
 */
const patience = [10_000, 60_000];

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
    const obstacle = await obstacleOf(options);
    if (obstacle !== undefined) return Engine.#connectHere(options, obstacle);
    for (const milliseconds of patience) {
      const engine = await Engine.#launch(options, milliseconds);
      if (engine) return engine;
    }
    const seconds = patience.at(-1)! / 1000;
    const message = `the engine's threads do not start within ${seconds} s; with numThreads: 1 there are none`;
    throw new FoveaError('EngineLoadError', message);
  }

  /** In a worker, if one can be had; undefined where its threads do not start in time. */
  static async #launch(options: EngineOptions, milliseconds: number): Promise<Engine | undefined> {
    let launched: StartingWorker | undefined;
    let failed = true;
    try {
      launched = await launchWorker(engineWorker(options));
      failed = false;
      launched.failure.catch(() => (failed = true));
      const engine = await Engine.#connect(options, launched, milliseconds);
      if (!engine) launched.worker.terminate();
      return engine;
    } catch (error) {
      launched?.worker.terminate();
      // Nobody has asked for a worker of Node by name, and a bundle, say, may have lost it.
      if (!failed || !isNode() || options.worker) throw error;
      forgoWorkers(messageOf(error));
      return Engine.#connectHere(options, messageOf(error));
    }
  }

  static async #connect(
    options: EngineOptions,
    launched: StartingWorker,
    milliseconds: number,
  ): Promise<Engine | undefined> {
    const { engine, files } = await Engine.#prepare(options, undefined);
    const { numThreads } = engine.capabilities;
    const onCrash = (error: FoveaError) => engine.#fail(error);
    engine.#connection = await connectWorker(launched, files, numThreads, milliseconds, onCrash);
    return engine.#connection && engine;
  }

  /** In this thread, for what keeps it from a worker. */
  static async #connectHere(options: EngineOptions, obstacle: string): Promise<Engine> {
    const { engine, files } = await Engine.#prepare(options, obstacle);
    engine.#connection = await connectHere(files, engine.capabilities.numThreads);
    return engine;
  }

  static async #prepare(options: EngineOptions, obstacle: string | undefined) {
    const found = await capabilitiesBeside(obstacle, options);
    return { engine: new Engine(found), files: await locateEngine(found.variant, options) };
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
    return this.#connection?.spent?.copyOf(bytes) ?? bytes;
  }

  /** Gives back memory that is kept for what is sent next. */
  trim(): void {
    this.#connection?.spent?.clear();
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
