import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkModel, InferenceSession, Tensor } from 'fovea';
import { OnnxBuilder } from '../../tests/support/onnx-builder.js';

const megabyte = 2 ** 20;
const channels = 512;
const layers = 12;
/** Of each layer, in float32: what kernels make of them takes about as much. */
const weightBytes = channels ** 2 * 4;
const options = { variant: 'simd', worker: false } as const;

const { instantiate } = WebAssembly;
const memories = new Set<WebAssembly.Memory>();

beforeAll(() => {
  WebAssembly.instantiate = (async (module: WebAssembly.Module, imports: WebAssembly.Imports) => {
    const instance = await instantiate(module, imports);
    for (const value of Object.values(instance.exports)) {
      if (value instanceof WebAssembly.Memory) memories.add(value);
    }
    return instance;
  }) as typeof instantiate;
});

afterAll(() => {
  WebAssembly.instantiate = instantiate;
});

test('large weights are in the memory of WebAssembly in one form only', async () => {
  const model = convolutions();
  const session = await InferenceSession.create(model, options);
  const output = await outputOf(session, 16);
  const bytes = memoryBytes();
  await outputOf(session, 1);
  await outputOf(session, 24);
  expect(await outputOf(session, 16)).toEqual(output);
  await session.release();

  const fresh = await InferenceSession.create(model, options);
  expect(await outputOf(fresh, 16)).toEqual(output);
  await fresh.release();

  const freeDimensionOverrides = { height: 16, width: 16 };
  const { memory } = await checkModel(model, { ...options, freeDimensionOverrides });
  expect(memory!.weights).toBeLessThan(1.1 * layers * weightBytes);
  // What the engine starts with, a layer's own weights while they are packed, and gaps.
  const besides = 2 * megabyte + 3 * weightBytes;
  expect(bytes).toBeLessThan(memory!.weights + memory!.activations + besides);
});

function memoryBytes(): number {
  return [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

function convolutions(): Uint8Array {
  const builder = new OnnxBuilder();
  let value = builder.input('x', [1, channels, 'height', 'width']);
  for (let layer = 0; layer < layers; ++layer) {
    const weights = Float32Array.from({ length: channels ** 2 }, (_, i) => Math.sin(i + layer));
    const weight = builder.constant(weights, [channels, channels, 1, 1]);
    value = builder.node('Conv', [value, weight]);
  }
  builder.output(value);
  return builder.build();
}

async function outputOf(session: InferenceSession, size: number): Promise<Float32Array> {
  const x = Float32Array.from({ length: channels * size ** 2 }, (_, i) => Math.cos(i));
  const feeds = { x: new Tensor('float32', x, [1, channels, size, size]) };
  const outputs = await session.run(feeds);
  return Object.values(outputs)[0]!.data as Float32Array;
}
