import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { finish, modelUrl, picture, side } from './page.js';

env.wasm.wasmPaths = { wasm: '/node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm' };
env.wasm.numThreads = 1;
env.wasm.proxy = new URLSearchParams(location.search).get('worker') === 'yes';

// Its worker runs the script it is in, which is this one.
if (typeof document !== 'undefined') await measure();

async function measure(): Promise<void> {
  const [session, pixels] = await Promise.all([
    InferenceSession.create(modelUrl, { executionProviders: ['wasm'] }),
    picture(),
  ]);
  const input = new Tensor('float32', toPlanes(pixels.data), [1, 3, side, side]);
  const { output } = await session.run({ input });
  const [, , height, width] = output!.dims as [number, number, number, number];
  finish(new ImageData(fromPlanes(output!.data as Float32Array), width, height));
}

function toPlanes(rgba: Uint8ClampedArray): Float32Array {
  const pixels = rgba.length / 4;
  const planes = new Float32Array(3 * pixels);
  for (let i = 0; i < pixels; ++i) {
    for (let colour = 0; colour < 3; ++colour) {
      planes[colour * pixels + i] = rgba[4 * i + colour]! / 255;
    }
  }
  return planes;
}

function fromPlanes(planes: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const pixels = planes.length / 3;
  const rgba = new Uint8ClampedArray(4 * pixels).fill(255);
  for (let i = 0; i < pixels; ++i) {
    for (let colour = 0; colour < 3; ++colour) {
      rgba[4 * i + colour] = 255 * planes[colour * pixels + i]!;
    }
  }
  return rgba;
}
