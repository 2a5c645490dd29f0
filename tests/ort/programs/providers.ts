import type { InferenceSession } from 'onnxruntime-common';
import { addModel } from '../models.js';
import { inPage, withWarnings, type Ort, type Program } from '../program.js';

type Options = NonNullable<Parameters<Ort['InferenceSession']['create']>[1]>;
type Provider = NonNullable<Options['executionProviders']>[number];

const cache = 'bucket' as const;
const context = 'context';

/** One of each kind, with the options that onnxruntime-common declares. */
const declared: InferenceSession.ExecutionProviderOptionMap = {
  coreml: {
    name: 'coreml',
    coreMlFlags: 0,
    useCPUOnly: true,
    useCPUAndGPU: false,
    enableOnSubgraph: false,
    onlyEnableDeviceWithANE: false,
  },
  cpu: { name: 'cpu', useArena: true },
  cuda: { name: 'cuda', deviceId: 0 },
  dml: { name: 'dml', deviceId: 0 },
  nnapi: { name: 'nnapi', useFP16: false, useNCHW: false, cpuDisabled: false, cpuOnly: true },
  tensorrt: { name: 'tensorrt', deviceId: 0 },
  wasm: { name: 'wasm' },
  webgl: { name: 'webgl' },
  webgpu: {
    name: 'webgpu',
    preferredLayout: 'NHWC',
    forceCpuNodeNames: ['a'],
    validationMode: 'basic',
    enableRobustness: true,
    storageBufferCacheMode: cache,
    uniformBufferCacheMode: cache,
    queryResolveBufferCacheMode: cache,
    defaultBufferCacheMode: cache,
    device: undefined,
  },
  webnn: {
    name: 'webnn',
    deviceType: 'gpu',
    numThreads: 1,
    powerPreference: 'default',
    context: undefined,
  },
  qnn: { name: 'qnn', backendType: 'htp', backendPath: '/qnn.so', enableFp16Precision: true },
  xnnpack: { name: 'xnnpack' },
};

const providers: Provider[] = [
  'wasm',
  'cpu',
  'webgpu',
  'something',
  { name: 'something else' },
  ...Object.values(declared as unknown as Record<string, Provider>),
  { name: 'webnn', context, deviceType: 'npu' },
  { name: 'webnn', context, gpuDevice: 'device' as never },
];

function created(executionProviders: Provider[]): Program['run'] {
  return ({ InferenceSession }) =>
    withWarnings(async () => {
      const session = await InferenceSession.create(addModel(), { executionProviders });
      await session.release();
      return session.outputNames;
    });
}

const written = (provider: Provider) => JSON.stringify(provider);

/** Against the build of onnxruntime-web that has, as Fovea, no other provider than wasm. */
export const executionProviders: Program[] = [
  inPage('no provider', created([])),
  ...providers.map((each) => inPage(`the provider ${written(each)}`, created([each]))),
  ...providers.map((each) =>
    inPage(`the provider ${written(each)}, or wasm`, created([each, 'wasm'])),
  ),
];
