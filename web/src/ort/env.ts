/* eslint-disable @typescript-eslint/no-namespace -- onnxruntime's types are found by Env.WebAssemblyFlags and the like */

import { version, type EngineOptions } from '../index.js';
import { isNode } from '../base/environment.js';
import { invalid } from './errors.js';
import type { GlobalType } from './global-type.js';

/** The version of onnxruntime's API that this module follows. */
const apiVersion = '1.30.0';

export declare namespace Env {
  type WasmPathPrefix = string;

  interface WasmFilePaths {
    /** Fovea's .wasm of the variant that is used. */
    wasm?: URL | string;
    /** No effect: the package's own script of the engine is taken. */
    mjs?: URL | string;
  }

  type WasmPrefixOrFilePaths = WasmPathPrefix | WasmFilePaths;

  /** Read whenever a session is created. */
  interface WebAssemblyFlags {
    /** Threads that compute; 0 or nothing for as many as the machine runs, up to 8. */
    numThreads?: number;
    /** No effect: the best instructions are taken that run. */
    simd?: boolean | 'fixed' | 'relaxed';
    /** No effect. */
    trace?: boolean;
    /** Milliseconds in which the engine has to start; 0 for no limit. */
    initTimeout?: number;
    /** The folder with Fovea's fovea-*.js and fovea-*.wasm, or the address of the .wasm. */
    wasmPaths?: WasmPrefixOrFilePaths;
    /** The bytes of Fovea's .wasm; wasmPaths is then not read. */
    wasmBinary?: ArrayBufferLike | Uint8Array;
    /** Whether a worker computes; by default one does, where there are workers. */
    proxy?: boolean;
  }

  /** No effect. */
  interface WebGLFlags {
    contextId?: 'webgl' | 'webgl2';
    readonly context: WebGLRenderingContext;
    matmulMaxBatchSize?: number;
    textureCacheMode?: 'initializerOnly' | 'full';
    pack?: boolean;
    async?: boolean;
  }

  interface WebGpuProfilingDataV1TensorMetadata {
    dims: readonly number[];
    dataType: string;
  }

  interface WebGpuProfilingDataV1 {
    version: 1;
    inputsMetadata: readonly WebGpuProfilingDataV1TensorMetadata[];
    outputsMetadata: readonly WebGpuProfilingDataV1TensorMetadata[];
    kernelId: number;
    kernelType: string;
    kernelName: string;
    programName: string;
    startTime: number;
    endTime: number;
  }

  type WebGpuProfilingData = WebGpuProfilingDataV1;

  /** No effect. */
  interface WebGpuFlags {
    profilingMode?: 'off' | 'default';
    profiling: { mode?: 'off' | 'default'; ondata?: (data: WebGpuProfilingData) => void };
    powerPreference?: 'low-power' | 'high-performance';
    forceFallbackAdapter?: boolean;
    adapter: GlobalType<'GPUAdapter'>;
    get device(): Promise<GlobalType<'GPUDevice'>>;
    set device(value: GlobalType<'GPUDevice'>);
    validateInputContent?: boolean;
  }
}

export interface Env {
  /** No effect: nothing is logged. Setting what is no level throws FoveaError InvalidInput. */
  logLevel?: 'verbose' | 'info' | 'warning' | 'error' | 'fatal';
  /** No effect. */
  debug?: boolean;
  /** No effect. */
  trace?: boolean;
  /** Of onnxruntime's API that this module follows, and of Fovea. */
  readonly versions: {
    readonly common: string;
    readonly web?: string;
    readonly node?: string;
    readonly 'react-native'?: string;
    readonly fovea?: string;
  };
  readonly wasm: Env.WebAssemblyFlags;
  readonly webgl: Env.WebGLFlags;
  readonly webgpu: Env.WebGpuFlags;
  [name: string]: unknown;
}

const levels = ['verbose', 'info', 'warning', 'error', 'fatal'] as const;
let logLevel: NonNullable<Env['logLevel']> = 'warning';

/** What holds for all sessions that are created from then on. */
export const env: Env = {
  wasm: {},
  webgl: {} as Env.WebGLFlags,
  webgpu: {} as Env.WebGpuFlags,
  versions: {
    common: apiVersion,
    [isNode() ? 'node' : 'web']: apiVersion,
    fovea: version,
  },
  get logLevel() {
    return logLevel;
  },
  set logLevel(level: Env['logLevel']) {
    if (level === undefined) return;
    if (!levels.includes(level)) {
      throw invalid(`env.logLevel is one of ${levels.join(', ')}, not ${String(level)}`);
    }
    logLevel = level;
  },
};

/**
 * What env.wasm asks for, as options of the engine.
 *
 * @throws FoveaError InvalidInput for flags of another kind
 */
export function engineOptions(): EngineOptions {
  const { numThreads, wasmPaths, wasmBinary, proxy } = env.wasm;
  if (numThreads !== undefined && !(Number.isSafeInteger(numThreads) && numThreads >= 0)) {
    throw invalid(`env.wasm.numThreads is a whole number from 0, not ${String(numThreads)}`);
  }
  return {
    // 0 and nothing leave it to Fovea.
    numThreads: numThreads || undefined,
    worker: proxy,
    ...(wasmBinary === undefined ? located(wasmPaths) : { wasmBinary }),
  };
}

function located(paths: Env.WebAssemblyFlags['wasmPaths']): EngineOptions {
  if (typeof paths === 'object' && 'wasm' in paths) return { wasmUrl: paths.wasm };
  return typeof paths === 'string' ? { baseUrl: paths } : {};
}
