import { addModel } from '../models.js';
import { inPage, withWarnings, type Ort, type Program } from '../program.js';

type Options = NonNullable<Parameters<Ort['InferenceSession']['create']>[1]>;
type Provider = NonNullable<Options['executionProviders']>[number];

const cache = 'bucket' as const;

/** With each option that onnxruntime-common declares of a provider. */
const providers: Provider[] = [
  'wasm',
  'cpu',
  'webgpu',
  'something',
  { name: 'cpu', useArena: true },
  { name: 'wasm' },
  { name: 'cuda', deviceId: 0 },
  { name: 'dml', deviceId: 0 },
  { name: 'tensorrt', deviceId: 0 },
  { name: 'webgl' },
  { name: 'xnnpack' },
  {
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
  { name: 'webnn', deviceType: 'gpu', numThreads: 1, powerPreference: 'default' },
  { name: 'webnn', context: 'context', deviceType: 'npu' },
  { name: 'webnn', context: 'context', gpuDevice: 'device' as never },
  { name: 'qnn', backendType: 'htp', backendPath: '/qnn.so', enableFp16Precision: true },
  {
    name: 'coreml',
    coreMlFlags: 0,
    useCPUOnly: true,
    useCPUAndGPU: false,
    enableOnSubgraph: false,
    onlyEnableDeviceWithANE: false,
  },
  { name: 'nnapi', useFP16: false, useNCHW: false, cpuDisabled: false, cpuOnly: true },
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
  ...providers.map((each) => inPage(`the provider ${written(each)}, or wasm`, created([each, 'wasm']))),
];
