import {
  address,
  bytes,
  oneOf,
  wholeFrom,
  yesOrNo,
  type OptionKinds,
} from '../base/check-options.js';

/** The engine's builds: relaxed SIMD where the platform has it, threads where memory is shared. */
export const variants = ['simd', 'relaxed', 'simd-threads', 'relaxed-threads'] as const;

export type Variant = (typeof variants)[number];

/** How and from where the engine is started. Sessions with equal options share one engine. */
export interface EngineOptions {
  /** Threads that compute, this many at most; by default as many as the machine runs, up to 8. */
  numThreads?: number | undefined;
  /** The build to use instead of the best one that runs here. */
  variant?: Variant | undefined;
  /** The folder with the fovea-*.js and fovea-*.wasm; by default wasm/ next to this module. */
  baseUrl?: string | URL | undefined;
  /** The .wasm of the variant that is used, instead of the one in `baseUrl`. */
  wasmUrl?: string | URL | undefined;
  /** The bytes of that .wasm, so that it is not fetched. */
  wasmBinary?: Uint8Array | ArrayBuffer | undefined;
  /** The package's worker.js; by default the one next to this module. */
  workerUrl?: string | URL | undefined;
  /**
   * Whether the engine gets a worker: in browsers a Web Worker, in Node a worker thread. By default it
   * does wherever that works; `capabilities()` says why not.
   */
  worker?: boolean | undefined;
}

export const engineOptionKinds: OptionKinds<EngineOptions> = {
  numThreads: wholeFrom(1),
  variant: oneOf(...variants),
  baseUrl: address,
  wasmUrl: address,
  wasmBinary: bytes,
  workerUrl: address,
  worker: yesOrNo,
};

/** Whether two settings ask for the same engine. */
export function sameEngine(a: EngineOptions, b: EngineOptions): boolean {
  const addresses = ['baseUrl', 'wasmUrl', 'workerUrl'] as const;
  const others = ['numThreads', 'variant', 'wasmBinary', 'worker'] as const;
  return (
    addresses.every((key) => String(a[key]) === String(b[key])) &&
    others.every((key) => a[key] === b[key])
  );
}
