import type { Env } from 'onnxruntime-common';
import { everywhere, inNode, inPage, outcome, type Ort, type Program } from '../program.js';

/** Runs a function, and puts env back as it was. */
async function restoring({ env }: Ort, run: (env: Ort['env']) => unknown): Promise<unknown> {
  const { logLevel, debug, trace } = env;
  const flags = [env.wasm, env.webgl, env.webgpu].map((each) => [each, { ...each }] as const);
  try {
    return await run(env);
  } finally {
    for (const [target, before] of flags) {
      for (const name of Object.keys(target)) Reflect.deleteProperty(target, name);
      Object.assign(target, before);
    }
    Object.assign(env, { logLevel, debug, trace });
  }
}

export const environment: Program[] = [
  everywhere('the environment as it is', ({ env }) => {
    const { logLevel, debug, trace, webgl, webgpu } = env;
    const { versions } = env;
    return { logLevel, debug, trace, webgl, webgpu, common: versions.common };
  }),
  inNode('the version for Node', ({ env: { versions } }) => [versions.node, versions.web]),
  inPage('the version for pages', ({ env: { versions } }) => [versions.web, versions.node]),
  everywhere('the version for other places', ({ env }) => env.versions['react-native']),
  everywhere('the level of logs', (ort) =>
    restoring(ort, async (env) => {
      env.logLevel = 'error';
      const refused = await outcome(() => void (env.logLevel = 'loud' as never));
      return [env.logLevel, refused, Object.keys(env).includes('logLevel')];
    }),
  ),
  everywhere('flags', (ort) =>
    restoring(ort, (env) => {
      env.debug = true;
      env.trace = false;
      env.somethingElse = 1;
      return [env.debug, env.trace, env.somethingElse];
    }),
  ),
  everywhere('flags of WebAssembly', (ort) =>
    restoring(ort, ({ wasm }) => {
      const paths: Env.WasmFilePaths = { wasm: '/a.wasm', mjs: '/a.mjs' };
      wasm.numThreads = 1;
      wasm.simd = 'fixed';
      wasm.trace = false;
      wasm.initTimeout = 5;
      wasm.wasmPaths = paths;
      wasm.wasmBinary = Uint8Array.of(1);
      wasm.proxy = false;
      return { ...wasm };
    }),
  ),
  everywhere('flags of WebGL', (ort) =>
    restoring(ort, ({ webgl }) => {
      webgl.contextId = 'webgl';
      webgl.matmulMaxBatchSize = 4;
      webgl.textureCacheMode = 'initializerOnly';
      webgl.pack = true;
      webgl.async = true;
      return [{ ...webgl }, webgl.context];
    }),
  ),
  everywhere('flags of WebGPU', (ort) =>
    restoring(ort, ({ webgpu }) => {
      webgpu.profilingMode = 'off';
      webgpu.profiling = { mode: 'off', ondata: () => {} };
      webgpu.powerPreference = 'low-power';
      webgpu.forceFallbackAdapter = false;
      webgpu.adapter = 'adapter' as never;
      webgpu.device = 'device' as never;
      webgpu.validateInputContent = true;
      const { profiling, ...flags } = webgpu;
      return [flags, profiling.mode, typeof profiling.ondata];
    }),
  ),
  everywhere('times of a GPU', (ort) =>
    restoring(ort, ({ webgpu }) => {
      const lines: unknown[] = [];
      const ondata = (data: Env.WebGpuProfilingData) => {
        const { version, kernelId, kernelType, kernelName, programName } = data;
        const [input, output] = [data.inputsMetadata[0], data.outputsMetadata[0]];
        lines.push(version, kernelId, kernelType, kernelName, programName);
        lines.push(data.endTime - data.startTime, input?.dims, output?.dataType);
      };
      webgpu.profiling = { ondata };
      const tensor = { dims: [1], dataType: 'float32' };
      webgpu.profiling.ondata?.({
        version: 1,
        inputsMetadata: [tensor],
        outputsMetadata: [tensor],
        kernelId: 1,
        kernelType: 'Relu',
        kernelName: 'Relu_1',
        programName: 'Relu',
        startTime: 3,
        endTime: 5,
      });
      return lines;
    }),
  ),
  everywhere('marks for traces', ({ TRACE, ...ort }) => [
    TRACE('CPU', 'a mark'),
    ort.TRACE_FUNC_BEGIN('a function'),
    ort.TRACE_FUNC_END('a function'),
    ort.TRACE_EVENT_BEGIN('an event'),
    ort.TRACE_EVENT_END('an event'),
  ]),
];
