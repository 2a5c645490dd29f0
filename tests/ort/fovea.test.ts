// What fovea/ort does of its own, that no program for onnxruntime shows.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import * as fovea from 'fovea';
import ort, * as named from 'fovea/ort';
import { failureOf } from '../../web/tests/support/errors.js';
import { smallNetwork } from '../support/small-network.js';
import { addModel, sequence } from './models.js';

const { env, InferenceSession, Tensor } = ort;
const model = addModel();
const x = () => new Tensor('float32', [1, 2, 3], [1, 3]);

afterEach(() => {
  for (const name of Object.keys(env.wasm)) Reflect.deleteProperty(env.wasm, name);
  jest.restoreAllMocks();
});

async function expectFailure(
  promise: Promise<unknown>,
  code: fovea.FoveaErrorCode,
  message: RegExp,
): Promise<fovea.FoveaError> {
  const error = await failureOf(promise);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  return error;
}

/** What is told on the console from then on, and not shown. */
const warnings = () => {
  const spy = jest.spyOn(console, 'warn').mockImplementation(() => {});
  return () => spy.mock.calls.map(([message]) => String(message));
};

test('the default export has all that has a name', () => {
  const { default: all, ...rest } = named;
  expect({ ...all }).toEqual(rest);
});

describe('its Tensor', () => {
  test("is the package's", async () => {
    expect(Tensor).toBe(fovea.Tensor);
    const session = await InferenceSession.create(model);
    const { y } = await session.run({ x: new fovea.Tensor('float32', [1, 2, 3], [1, 3]) });
    expect(y).toBeInstanceOf(fovea.Tensor);
    expect(y!.location).toBe('cpu');
    await session.release();
  });

  test('of a device is refused as an input, by name', async () => {
    const buffer = { size: 12, mapState: 'unmapped' } as GPUBuffer;
    const device = Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [1, 3] });
    const session = await InferenceSession.create(model);
    await expectFailure(session.run({ x: device }), 'InvalidInput', /gpu-buffer.*getData/);
    const root = await fovea.InferenceSession.create(model);
    await expectFailure(root.run({ x: device }), 'InvalidInput', /gpu-buffer.*getData/);
    await Promise.all([session.release(), root.release()]);
  });

  test('asks for a canvas where there is none', async () => {
    expect(() => x().toImageData()).toThrow(/canvas/);
    expect(() => x().toDataURL()).toThrow(/canvas/);
    await expectFailure(Tensor.fromImage('data:,'), 'InvalidInput', /pages/);
  });
});

describe('options', () => {
  test('that are no options are told on the console', async () => {
    const told = warnings();
    const options = { frobnicate: 1, enableGraphCapture: true } as object;
    const preferredOutputLocation = 'gpu-buffer';
    const session = await InferenceSession.create(model, { ...options, preferredOutputLocation });
    await session.run({ x: x() }, { frobnicate: 1 } as object);
    await session.release();
    expect(told()).toEqual([
      expect.stringContaining("create() has no option 'frobnicate'"),
      expect.stringContaining('preferredOutputLocation'),
      expect.stringContaining('enableGraphCapture'),
      expect.stringContaining("run() has no option 'frobnicate'"),
    ]);
  });

  test.each([
    ['optimizedModelFilePath', '/tmp/model.onnx', /writes no optimised models/],
    ['intraOpNumThreads', -1, /a whole number from 0/],
    ['freeDimensionOverrides', { N: 1.5 }, /whole numbers from 0/],
    ['preferredOutputLocation', 'moon', /'gpu-buffer'/],
    ['externalData', 'weights.bin', /a list/],
    ['extra', 'more', /an object/],
  ])('of another kind are refused (%s)', async (option, value, message) => {
    const creating = InferenceSession.create(model, { [option]: value } as object);
    const error = await expectFailure(creating, 'InvalidInput', message);
    expect(error.fields.option).toBe(option);
  });

  test('disabled leaves optimisations out, which a profile shows', async () => {
    const counts = [];
    for (const graphOptimizationLevel of ['disabled', 'all'] as const) {
      const events = await profiled({ graphOptimizationLevel }, smallNetwork());
      counts.push(events.filter(({ cat }) => cat === 'Node').length);
    }
    expect(counts[0]).toBeGreaterThan(counts[1]!);
  });

  test('sizes for names hold for feeds', async () => {
    const session = await InferenceSession.create(model, { freeDimensionOverrides: { N: 2 } });
    expect(session.inputMetadata).toMatchObject([{ shape: [2, 3] }]);
    await expectFailure(session.run({ x: x() }), 'InvalidInput', /'x' has 1 along axis 0.* 2/);
    await session.release();
  });
});

interface Values {
  data: Float32Array;
  dims: readonly number[];
}

interface Event {
  cat: string;
  name: string;
  ts: number;
  dur: number;
}

/** What the file of a profile of two runs has. */
async function profiled(
  options: object,
  { model, input }: { model: Uint8Array; input: Values },
): Promise<Event[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-profile-'));
  try {
    const profileFilePrefix = join(folder, 'profile');
    const session = await InferenceSession.create(model, {
      enableProfiling: true,
      profileFilePrefix,
      ...options,
    });
    const feeds = { [session.inputNames[0]!]: new Tensor('float32', input.data, input.dims) };
    await session.run(feeds);
    await session.run(feeds);
    session.endProfiling();
    await session.run(feeds);
    session.endProfiling();
    await session.release();
    const files = readdirSync(folder);
    expect(files).toEqual([expect.stringMatching(/^profile_\d{4}-.*\.json$/)]);
    return JSON.parse(readFileSync(join(folder, files[0]!), 'utf8')) as Event[];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a profile is a file of events, of the runs until it ends', async () => {
  const events = await profiled(
    {},
    { model, input: { data: Float32Array.of(1, 2, 3), dims: [1, 3] } },
  );
  const runs = events.filter(({ name }) => name === 'model_run');
  expect(runs).toHaveLength(2);
  expect(runs[1]!.ts).toBeGreaterThanOrEqual(runs[0]!.ts + runs[0]!.dur - 1);
  const nodes = events.filter(({ cat }) => cat === 'Node');
  expect(nodes.length).toBeGreaterThanOrEqual(2);
  expect(nodes.every(({ name, ts }) => name.endsWith('_kernel_time') && ts >= 0)).toBe(true);
});

describe('env.wasm', () => {
  const create = () => InferenceSession.create(model);

  test("names the engine's folder and file", async () => {
    env.wasm.wasmPaths = pathToFileURL('dist/wasm/').href;
    await (await create()).release();
    env.wasm.wasmPaths = 'https://[nowhere]/';
    await expectFailure(create(), 'EngineLoadError', /env\.wasm\.wasmPaths/);
    env.wasm.wasmPaths = { wasm: pathToFileURL('dist/wasm/none.wasm') };
    await expectFailure(create(), 'EngineLoadError', /none\.wasm/);
  });

  /** The bytes of an engine of one thread; new ones, and so nobody else's engine. */
  const newEngine = async () => {
    const { variant } = await fovea.capabilities({ numThreads: 1 });
    env.wasm.numThreads = 1;
    env.wasm.wasmBinary = readFileSync(`dist/wasm/fovea-${variant}.wasm`);
  };

  test('takes the bytes of the engine before its address', async () => {
    await newEngine();
    env.wasm.wasmPaths = 'https://[nowhere]/';
    await (await create()).release();
    env.wasm.wasmBinary = Uint8Array.of(1, 2, 3);
    await expectFailure(create(), 'EngineLoadError', /wasmBinary/);
  });

  test('refuses threads that are no number', async () => {
    env.wasm.numThreads = 1.5;
    await expectFailure(create(), 'InvalidInput', /numThreads/);
  });

  test('bounds the time in which an engine starts', async () => {
    await newEngine();
    env.wasm.initTimeout = 0.01;
    await expectFailure(create(), 'EngineLoadError', /0\.01 ms of env\.wasm\.initTimeout/);
    env.wasm.initTimeout = 60_000;
    await (await create()).release();
  });
});

test('sequences are arrays of Tensors, and no tensors in metadata', async () => {
  const session = await InferenceSession.create(sequence());
  expect(session.inputMetadata.map(({ isTensor }) => isTensor)).toEqual([true, false]);
  const one = new Tensor('float32', [1], [1]);
  const { y, z } = await session.run({ x: one, all: [one, one] as never });
  expect([[...(y!.data as Float32Array)], [...(z!.data as Float32Array)]]).toEqual([[1, 1], [-1]]);
  await session.release();
});

test('the engine of an address of a file', async () => {
  const session = await InferenceSession.create(
    pathToFileURL('models/fovea-x2-fast-fp16.onnx').href,
  );
  expect(session.inputNames).toHaveLength(1);
  await session.release();
});

test('of the backends of the highest priority the last added is taken where none is named', async () => {
  const backend = (name: string) => ({
    init: async () => {},
    createInferenceSessionHandler: () => Promise.reject(new Error(name)),
  });
  ort.registerBackend('first', backend('first'), 10);
  ort.registerBackend('last', backend('last'), 10);
  ort.registerBackend('lower', backend('lower'), 9);
  await expect(InferenceSession.create(model)).rejects.toThrow('last');
  const session = await InferenceSession.create(model, { executionProviders: ['wasm'] });
  await session.release();
});
