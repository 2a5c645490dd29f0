import { FoveaError } from '../errors.js';
import type { CompiledEngine } from './compile.js';
import { instantiateEngine } from './instantiate.js';
import { JobQueue } from './jobs.js';
import type {
  EngineBuffer,
  EngineModule,
  EngineReport,
  EngineSession,
  EngineThreads,
  LoadOptions,
  ModelInfo,
  ModuleFactory,
  NodeTime,
  PictureSettings,
  Precision,
} from './module.js';
import { examineNetwork, type Network, type NetworkOptions } from './network.js';
import { HostPicture, type EnlargedPicture, type TileRequest } from './pictures.js';
import { ResultMemory } from './results.js';
import {
  bufferOf,
  copyOutputs,
  withFeeds,
  withRun,
  type FeedData,
  type TensorData,
} from './running.js';
import { trialsOf } from './trials.js';

/** How a model is loaded; external data is named by location and held in buffers. */
export interface HostLoadOptions {
  disabledPasses: string[];
  precision: Precision;
  externalData: Record<string, number>;
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
  outputs: TensorData[];
  /** In the order they ran; empty unless asked for. */
  nodes: NodeTime[];
}

/**
 * An engine with its buffers and sessions, where it computes: in a worker, or right here.
 *
 * What the caller holds are numbers, since nothing else crosses to another thread. The caller also
 * chooses them, so that it can go on without waiting for what it opens.
 */
export class EngineHost {
  readonly #module: EngineModule;
  readonly #engine: EngineThreads;
  readonly #buffers = new Map<number, EngineBuffer>();
  readonly #sessions = new Map<number, EngineSession>();
  readonly #pictures = new Map<number, HostPicture>();
  readonly #queue = new JobQueue();
  readonly #results = new ResultMemory();

  private constructor(module: EngineModule, threads: number) {
    this.#module = module;
    this.#engine = module.makeEngine(threads);
  }

  /** Starts an engine whose sessions share that many threads. Throws FoveaError EngineLoadError. */
  static async start(
    engine: CompiledEngine,
    glue: ModuleFactory,
    threads: number,
  ): Promise<EngineHost> {
    return new EngineHost(await instantiateEngine(engine, glue, threads), threads);
  }

  /** Bytes in the engine's memory, to be filled by write(). */
  openBuffer(id: number, size: number): void {
    this.#buffers.set(id, this.#module.makeBuffer(size));
  }

  write(buffer: number, offset: number, bytes: Uint8Array): void {
    this.#module.bytesOf(this.#buffer(buffer)).set(bytes, offset);
  }

  /** Copies bytes into a buffer of the engine's memory. */
  keep(id: number, bytes: Uint8Array): void {
    this.#buffers.set(id, bufferOf(this.#module, bytes));
  }

  /** Gives a buffer back. */
  closeBuffer(id: number): void {
    const buffer = this.#buffers.get(id);
    if (buffer === undefined) return;
    this.#buffers.delete(id);
    this.#module.deleteBuffer(buffer);
  }

  /** Makes a session of a model. Its buffers, which it then keeps for itself, are closed. */
  load(id: number, model: number, options: HostLoadOptions): ModelInfo {
    const loading = this.#loadOptions(options);
    const session = this.#module.makeSession(this.#engine, this.#buffer(model), loading);
    this.#sessions.set(id, session);
    this.#closeAll(model, options);
    return this.#module.modelInfo(session);
  }

  /** As load(), of a network that enlarges pictures: finds out what it takes and gives. */
  loadNetwork(
    id: number,
    model: number,
    options: HostLoadOptions,
    said: NetworkOptions,
    job: number,
  ): Promise<Network> {
    return this.#queue.add(job, async (checkpoint) => {
      const info = this.load(id, model, options);
      try {
        const trials = trialsOf(this.#module, this.#session(id), checkpoint);
        return await examineNetwork(info, said, trials);
      } catch (error) {
        this.#closeSession(id);
        throw error;
      }
    });
  }

  /** Examines a model, whose buffers are closed then. */
  check(model: number, options: HostLoadOptions): EngineReport {
    const report = this.#module.checkModel(this.#buffer(model), this.#loadOptions(options));
    this.#closeAll(model, options);
    return report;
  }

  run({ job, session, feeds, fetches, profiled }: RunRequest): Promise<RunReply> {
    return this.#queue.add(job, (checkpoint) =>
      withFeeds(this.#module, feeds, (copies) =>
        withRun(this.#module, this.#session(session), copies, fetches, checkpoint, (run) => ({
          outputs: copyOutputs(this.#module, run, this.#results),
          nodes: profiled ? this.#module.profile(run) : [],
        })),
      ),
    );
  }

  /** Ends a run soon, whether it waits or computes; its promise rejects with Aborted. */
  abort(job: number): void {
    this.#queue.abort(job);
  }

  /** Gives a session's working memory back once its runs have ended. */
  trim(job: number, session: number): Promise<void> {
    return this.#queue.add(job, () => {
      this.#module.trimSession(this.#session(session));
      this.#results.clear();
    });
  }

  /** Ends a session once its runs have ended. */
  release(job: number, session: number): Promise<void> {
    return this.#queue.add(job, () => {
      this.#closeSession(session);
      this.#results.clear();
    });
  }

  /** A picture of RGBA pixels, to be enlarged tile by tile. */
  openPicture(id: number, pixels: Uint8Array, settings: PictureSettings): void {
    this.#pictures.set(id, new HostPicture(this.#module, this.#engine, pixels, settings));
  }

  /** Enlarges a tile of a picture; with the last, gives the whole and closes the picture. */
  enlargeTile(tile: TileRequest): Promise<EnlargedPicture | undefined> {
    return this.#queue.add(tile.job, async (checkpoint) => {
      const picture = this.#picture(tile.picture);
      await picture.enlarge(this.#session(tile.session), tile, checkpoint);
      if (!tile.isLast) return undefined;
      const whole = picture.finish(this.#results);
      this.closePicture(tile.picture);
      return whole;
    });
  }

  closePicture(id: number): void {
    this.#picture(id).delete();
    this.#pictures.delete(id);
  }

  /** Ends the engine's threads; everything else goes with its memory. */
  close(): void {
    this.#module.PThread?.terminateAllThreads();
  }

  #closeSession(id: number): void {
    this.#module.deleteSession(this.#session(id));
    this.#sessions.delete(id);
  }

  #closeAll(model: number, { externalData }: HostLoadOptions): void {
    for (const buffer of [model, ...Object.values(externalData)]) this.closeBuffer(buffer);
  }

  #loadOptions({ externalData, ...options }: HostLoadOptions): LoadOptions {
    const files = Object.entries(externalData).map(([at, id]) => [at, this.#buffer(id)] as const);
    return { ...options, externalData: Object.fromEntries(files) };
  }

  #buffer(id: number): EngineBuffer {
    return existing(this.#buffers, id, 'buffer');
  }

  #picture(id: number): HostPicture {
    return existing(this.#pictures, id, 'picture');
  }

  #session(id: number): EngineSession {
    return existing(this.#sessions, id, 'session');
  }
}

function existing<T>(all: Map<number, T>, id: number, what: string): T {
  const found = all.get(id);
  if (found === undefined) throw new FoveaError('Internal', `there is no ${what} ${id}`);
  return found;
}
