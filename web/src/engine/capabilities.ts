import { relaxedSimd, simd, threads } from 'wasm-feature-detect';
import { checkOptions } from '../base/check-options.js';
import { hardwareThreads, isNode } from '../base/environment.js';
import { FoveaError, messageOf } from '../base/errors.js';
import { importNodeWorker } from './launch.js';
import { absolute, engineWorker } from './locate.js';
import { engineOptionKinds, type EngineOptions, type Variant } from './options.js';
import { unlocated, type WorkerScript } from './worker-script.js';

/** What this platform offers, and what the engine makes of it. */
export interface Capabilities {
  /** The build of the engine that is used. */
  variant: Variant;
  /** Why that one and, where the engine computes in the caller's thread, why that. */
  reason: string;
  /** Threads that compute. */
  numThreads: number;
  /** Whether the engine lives in a worker. */
  worker: boolean;
  /** Whether WebAssembly has 128-bit SIMD here, without which the engine does not run. */
  simd: boolean;
  /** Whether WebAssembly has relaxed SIMD here. */
  relaxedSimd: boolean;
  /** Whether WebAssembly memory can be shared between threads here. */
  threads: boolean;
  /** Whether the page is cross-origin isolated, without which browsers share no memory. */
  crossOriginIsolated: boolean;
}

const mostThreads = 8;

/**
 * Finds out what an engine with these options would be; starts none.
 *
 * @throws FoveaError EngineLoadError when none can run here, or not the variant asked for
 */
export async function capabilities(options: EngineOptions = {}): Promise<Capabilities> {
  return findCapabilities(checkOptions(options, 'capabilities()', engineOptionKinds));
}

/** As capabilities(), of options that have been checked. */
export async function findCapabilities(options: EngineOptions): Promise<Capabilities> {
  return capabilitiesBeside(await obstacleOf(options), options);
}

/** Why an engine with these options computes in the caller's thread; undefined: it gets a worker. */
export function obstacleOf(options: EngineOptions): Promise<string | undefined> {
  return workerObstacle(options.worker, engineWorker(options));
}

/** As findCapabilities(), for whoever has asked obstacleOf() already: its answer is `here`. */
export async function capabilitiesBeside(
  here: string | undefined,
  options: EngineOptions,
): Promise<Capabilities> {
  const features = await (featuresHere ??= findFeatures());
  if (!features.simd) throw new FoveaError('EngineLoadError', 'WebAssembly has no SIMD here');
  const worker = here === undefined;
  const wanted = options.numThreads ?? Math.min(await hardwareThreads(), mostThreads);
  const obstacle = threadsObstacle(features, worker, wanted);
  const relaxed = features.relaxedSimd ? 'relaxed' : 'simd';
  const best: Variant = obstacle === undefined ? `${relaxed}-threads` : relaxed;
  const variant = options.variant ?? best;
  checkForced(variant, features, worker);
  const numThreads = variant.endsWith('-threads') ? wanted : 1;
  const choice =
    options.variant === undefined
      ? reasonFor(features.relaxedSimd, numThreads, obstacle)
      : 'asked for by the option "variant"';
  const reason = worker ? choice : `${choice}; in this thread: ${here}`;
  return { variant, reason, numThreads, worker, ...features };
}

/** They stay as they are, and every model that is opened asks for them. */
let featuresHere: Promise<Features> | undefined;

/** Asks no more than it must: an engine's start waits for this. */
async function findFeatures(): Promise<Features> {
  const relaxed = await relaxedSimd();
  return {
    simd: relaxed || (await simd()),
    relaxedSimd: relaxed,
    threads: typeof SharedArrayBuffer === 'function' && (await threads()),
    crossOriginIsolated: globalThis.crossOriginIsolated ?? false,
  };
}

let nodeWorkersFailed: string | undefined;

/** Has no more workers started in Node, where none starts. */
export function forgoWorkers(why: string): void {
  nodeWorkersFailed = why;
}

/**
 * Why a program computes in the caller's thread; undefined: it gets a worker.
 *
 * @param worker what the option of that name says
 */
export async function workerObstacle(
  worker: boolean | undefined,
  script: WorkerScript,
): Promise<string | undefined> {
  if (worker === false) return 'asked for by the option "worker"';
  const none = workersObstacle();
  if (none !== undefined) return none;
  // Where a worker is asked for by name, its start says what it lacks.
  if (script.url === undefined) return worker ? undefined : unlocated(script);
  if (!isNode()) return undefined;
  if (nodeWorkersFailed !== undefined && !worker) return nodeWorkersFailed;
  try {
    const url = await absolute(script.url);
    const { nodeWorkerObstacle } = await importNodeWorker();
    return await nodeWorkerObstacle(url, script.option, worker ?? false);
  } catch (error) {
    return `the package's files are not where it looks for them: ${messageOf(error)}`;
  }
}

function reasonFor(relaxed: boolean, numThreads: number, obstacle: string | undefined): string {
  const instructions = relaxed ? 'relaxed SIMD' : 'plain SIMD, since relaxed SIMD is not available';
  const threads = obstacle === undefined ? `${numThreads} threads` : `one thread: ${obstacle}`;
  return `${instructions}; ${threads}`;
}

type Features = Pick<Capabilities, 'simd' | 'relaxedSimd' | 'threads' | 'crossOriginIsolated'>;

/** Why there cannot be several threads; undefined when there can. */
function threadsObstacle(features: Features, worker: boolean, wanted: number): string | undefined {
  if (wanted < 2) return 'no more are asked for, or the machine has no more';
  if (!features.threads) {
    return features.crossOriginIsolated || isNode()
      ? 'WebAssembly cannot share memory here'
      : 'the page is not cross-origin isolated (it is served without COOP and COEP headers)';
  }
  return workersObstacle() ?? blockingObstacle(worker);
}

/** Threads are workers themselves. */
function workersObstacle(): string | undefined {
  return isNode() || typeof Worker === 'function' ? undefined : 'there are no workers here';
}

/** Waiting for other threads blocks, which browsers forbid a page's main thread. */
function blockingObstacle(worker: boolean): string | undefined {
  const mainThread = !isNode() && typeof document !== 'undefined';
  return mainThread && !worker ? "a page's main thread may not wait for others" : undefined;
}

function checkForced(variant: Variant, features: Features, worker: boolean): void {
  const obstacles = [
    variant.startsWith('relaxed') && !features.relaxedSimd && 'relaxed SIMD is not available',
    variant.endsWith('-threads') && !features.threads && 'memory cannot be shared',
    variant.endsWith('-threads') && (workersObstacle() ?? blockingObstacle(worker)),
  ].filter((obstacle) => typeof obstacle === 'string');
  if (obstacles.length > 0) {
    const message = `the variant '${variant}' does not run here: ${obstacles.join(', ')}`;
    throw new FoveaError('EngineLoadError', message, { variant });
  }
}
