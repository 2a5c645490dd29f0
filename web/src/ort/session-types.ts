// Names of types that onnxruntime-common has in its namespace `InferenceSession`; session.ts puts them there.

import type { TensorLike } from '../index.js';
import type { ExecutionProviderConfig } from './execution-providers.js';
import type { Tensor } from './tensor.js';
import type { OnnxModelOptions, OnnxValue, OnnxValueDataLocation } from './values.js';

export type OnnxValueMapType = { readonly [name: string]: OnnxValue };
export type NullableOnnxValueMapType = { readonly [name: string]: OnnxValue | null };

/** A tensor for each of the model's inputs; of this package or of a copy of it, or what has the shape of one. */
export type FeedsType = { readonly [name: string]: OnnxValue | TensorLike };

/** Names of outputs, or an object by their names of tensors that are written into, or null. */
export type FetchesType = readonly string[] | NullableOnnxValueMapType;

export type ReturnType = OnnxValueMapType;

export interface SessionOptions extends OnnxModelOptions {
  /** What is to compute: `wasm` or `cpu`, or what registerBackend() has added. */
  executionProviders?: readonly ExecutionProviderConfig[];
  /** Threads that compute, instead of env.wasm.numThreads; 0 for those. */
  intraOpNumThreads?: number;
  /** No effect: nodes run one after the other, each on all threads. */
  interOpNumThreads?: number;
  /** What sizes of inputs are that the model has only names for. Feeds of other sizes are refused. */
  freeDimensionOverrides?: { readonly [dimensionName: string]: number };
  /** `disabled` leaves all optimisations out; all others are what Fovea does by default. */
  graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
  /** No effect: memory is planned as a whole and kept between runs. */
  enableCpuMemArena?: boolean;
  /** No effect, as enableCpuMemArena. */
  enableMemPattern?: boolean;
  /** No effect, as interOpNumThreads. */
  executionMode?: 'sequential' | 'parallel';
  /** An error: optimised models are not written. */
  optimizedModelFilePath?: string;
  /** Whether runs are timed, node by node, until endProfiling() tells the times. */
  enableProfiling?: boolean;
  /** What the file of a profile begins with, in Node. */
  profileFilePrefix?: string;
  /** No effect, as all that is about logs. */
  logId?: string;
  logSeverityLevel?: 0 | 1 | 2 | 3 | 4;
  logVerbosityLevel?: number;
  /** Results are always in JavaScript's memory; a warning tells where another place is asked for. */
  preferredOutputLocation?:
    OnnxValueDataLocation | { readonly [outputName: string]: OnnxValueDataLocation };
  /** No effect, as a warning tells: there is no GPU. */
  enableGraphCapture?: boolean;
  /** No effect: what onnxruntime's engine is configured by. */
  extra?: Record<string, unknown>;
}

export interface RunOptions {
  /** No effect, as all that is about logs. */
  logSeverityLevel?: 0 | 1 | 2 | 3 | 4;
  logVerbosityLevel?: number;
  /** Whether the run is to be ended at once: it rejects with code Aborted. */
  terminate?: boolean;
  /** No effect. */
  tag?: string;
  /** No effect: what onnxruntime's engine is configured by. */
  extra?: Record<string, unknown>;
}

export interface ValueMetadataBase {
  readonly name: string;
}

/** Of a sequence, a map or an optional. */
export interface NonTensorValueMetadata extends ValueMetadataBase {
  readonly isTensor: false;
}

export interface TensorValueMetadata extends ValueMetadataBase {
  readonly isTensor: true;
  readonly type: Tensor.Type;
  /** Numbers for fixed sizes, names for others; empty, too, where the model declares no shape. */
  readonly shape: readonly (number | string)[];
}

export type ValueMetadata = NonTensorValueMetadata | TensorValueMetadata;
