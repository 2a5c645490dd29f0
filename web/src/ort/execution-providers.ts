// How onnxruntime's programs name what is to compute. Of all these, Fovea is `wasm` and `cpu`; the others'
// options have no effect.

import type { GlobalType } from './global-type.js';

export interface ExecutionProviderOption {
  readonly name: string;
}

export interface CpuExecutionProviderOption extends ExecutionProviderOption {
  readonly name: 'cpu';
  useArena?: boolean;
}

export interface WebAssemblyExecutionProviderOption extends ExecutionProviderOption {
  readonly name: 'wasm';
}

export interface CudaExecutionProviderOption extends ExecutionProviderOption {
  readonly name: 'cuda';
  deviceId?: number;
}

export interface DmlExecutionProviderOption extends ExecutionProviderOption {
  readonly name: 'dml';
  deviceId?: number;
}

export interface TensorRtExecutionProviderOption extends ExecutionProviderOption {
  readonly name: 'tensorrt';
  deviceId?: number;
}

export interface WebGLExecutionProviderOption extends ExecutionProviderOption {
  readonly name: 'webgl';
}

export interface XnnpackExecutionProviderOption extends ExecutionProviderOption {
  readonly name: 'xnnpack';
}

type BufferCacheMode = 'disabled' | 'lazyRelease' | 'simple' | 'bucket';

export interface WebGpuExecutionProviderOption extends ExecutionProviderOption {
  readonly name: 'webgpu';
  preferredLayout?: 'NCHW' | 'NHWC';
  forceCpuNodeNames?: readonly string[];
  validationMode?: 'disabled' | 'wgpuOnly' | 'basic' | 'full';
  enableRobustness?: boolean;
  storageBufferCacheMode?: BufferCacheMode;
  uniformBufferCacheMode?: BufferCacheMode;
  queryResolveBufferCacheMode?: BufferCacheMode;
  defaultBufferCacheMode?: BufferCacheMode;
  device?: GlobalType<'GPUDevice'>;
}

export interface WebNNContextOptions {
  deviceType?: 'cpu' | 'gpu' | 'npu';
  numThreads?: number;
  powerPreference?: 'default' | 'low-power' | 'high-performance';
}

export interface WebNNExecutionProviderName extends ExecutionProviderOption {
  readonly name: 'webnn';
}

export interface WebNNOptionsWithoutMLContext
  extends WebNNExecutionProviderName, WebNNContextOptions {
  context?: never;
}

export interface WebNNOptionsWithMLContext
  extends
    WebNNExecutionProviderName,
    Omit<WebNNContextOptions, 'deviceType'>,
    Required<Pick<WebNNContextOptions, 'deviceType'>> {
  context: GlobalType<'MLContext'>;
}

export interface WebNNOptionsWebGpu extends WebNNExecutionProviderName {
  context: GlobalType<'MLContext'>;
  gpuDevice: GlobalType<'GPUDevice'>;
}

export type WebNNExecutionProviderOption =
  WebNNOptionsWithoutMLContext | WebNNOptionsWithMLContext | WebNNOptionsWebGpu;

export interface QnnExecutionProviderOption extends ExecutionProviderOption {
  readonly name: 'qnn';
  backendType?: string;
  backendPath?: string;
  enableFp16Precision?: boolean;
}

export interface CoreMLExecutionProviderOption extends ExecutionProviderOption {
  readonly name: 'coreml';
  coreMlFlags?: number;
  useCPUOnly?: boolean;
  useCPUAndGPU?: boolean;
  enableOnSubgraph?: boolean;
  onlyEnableDeviceWithANE?: boolean;
}

export interface NnapiExecutionProviderOption extends ExecutionProviderOption {
  readonly name: 'nnapi';
  useFP16?: boolean;
  useNCHW?: boolean;
  cpuDisabled?: boolean;
  cpuOnly?: boolean;
}

export interface ExecutionProviderOptionMap {
  coreml: CoreMLExecutionProviderOption;
  cpu: CpuExecutionProviderOption;
  cuda: CudaExecutionProviderOption;
  dml: DmlExecutionProviderOption;
  nnapi: NnapiExecutionProviderOption;
  tensorrt: TensorRtExecutionProviderOption;
  wasm: WebAssemblyExecutionProviderOption;
  webgl: WebGLExecutionProviderOption;
  webgpu: WebGpuExecutionProviderOption;
  webnn: WebNNExecutionProviderOption;
  qnn: QnnExecutionProviderOption;
  xnnpack: XnnpackExecutionProviderOption;
}

export type ExecutionProviderName = keyof ExecutionProviderOptionMap;

export type ExecutionProviderConfig =
  ExecutionProviderOptionMap[ExecutionProviderName] | ExecutionProviderOption | string;
