// Compiled against the package's declarations; never run.
import {
  type Capabilities,
  capabilities,
  checkModel,
  clearModelCache,
  type CustomOperator,
  FoveaError,
  InferenceSession,
  type LoadOptions,
  type ModelReport,
  registerOperator,
  Tensor,
  Upscaler,
} from 'fovea';
import { createServer, type ServiceOptions } from 'fovea/serve';
import * as ort from 'fovea/ort';
import { decryptAes128Gcm, encryptAes128Gcm } from 'fovea/encryption';
import { convertToFloat16, editModel, extractModel, type ModelEdits } from 'fovea/edit';
import { quantize, type LayerReport, type QuantizeOptions } from 'fovea/quantize';

export async function run(model: Uint8Array, signal: AbortSignal): Promise<Float32Array> {
  const options: LoadOptions = { variant: 'simd', numThreads: 2 };
  const session = await InferenceSession.create(model, options);
  const input = new Tensor('float32', new Float32Array(12), [1, 3, 2, 2]);
  const { output } = await session.run({ input }, ['output'], { signal });
  if (!output || !(output.data instanceof Float32Array)) throw new TypeError(output?.type);
  return output.data;
}

export async function fetchAndRun(key: CryptoKey | Uint8Array): Promise<InferenceSession> {
  const fetchOptions: RequestInit = { headers: { accept: 'application/octet-stream' } };
  const decrypt = decryptAes128Gcm((keyId) => (keyId === '' ? key : new Uint8Array(16)));
  await clearModelCache({ cache: 'models' });
  const options: LoadOptions = { cache: 'models', retry: 1, fetchOptions, decrypt };
  const encrypted: ReadableStream<Uint8Array> = encryptAes128Gcm(key)(new Blob([]).stream());
  return InferenceSession.create(encrypted, options);
}

export async function upscale(image: ImageBitmap, canvas: HTMLCanvasElement): Promise<ImageData> {
  const upscaler = await Upscaler.create(new URL('https://example.org/x2.onnx'), { range: 255 });
  const { data, width, height } = await upscaler.upscale(image, { tile: 128 });
  const same: HTMLCanvasElement = await upscaler.upscale(image, { output: canvas });
  const file: Blob = await upscaler.upscale(image, {
    output: { type: 'image/webp', quality: 0.9 },
  });
  if (same !== canvas || file.size === 0) throw new Error('no result');
  return new ImageData(new Uint8ClampedArray(data), width, height);
}

export async function examine(blob: Blob): Promise<[ModelReport, Capabilities]> {
  try {
    return [await checkModel(blob), await capabilities()];
  } catch (error) {
    if (error instanceof FoveaError && error.code === 'MalformedModel') error.message.trim();
    throw error;
  }
}

export async function serve(options: ServiceOptions): Promise<string> {
  const server = await createServer({ model: 'x4', ...options });
  return server.listen({ port: 0 });
}

const twice: CustomOperator = {
  domain: 'com.example',
  opType: 'Twice',
  infer: (_, [x]) => (x ? [x] : []),
  async run({ attributes }, [x], { signal }) {
    if (!x || signal.aborted || attributes.mode !== 'fast') return [];
    return [{ ...x, data: Float32Array.from(x.data as Float32Array, (value) => 2 * value) }];
  },
};
export const unregister: () => void = registerOperator(twice);
registerOperator({ module: new URL('https://example.org/twice.js') });

export async function runAsOnnxruntime(
  model: ArrayBuffer,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.TypedTensor<'float32'>> {
  ort.env.wasm.numThreads = 1;
  const session: ort.InferenceSession = await ort.InferenceSession.create(model, options);
  const feeds: Record<string, ort.Tensor> = { x: new ort.Tensor('float32', [1], [1]) };
  const { y } = await session.run(feeds);
  if (y?.type !== 'float32') throw new TypeError(y?.type);
  return y as ort.TypedTensor<'float32'>;
}

// What the declarations must refuse, so that they say more than `any`.
// @ts-expect-error an element type that does not exist
new Tensor('float31', new Float32Array(1));
// @ts-expect-error another element type's data
new Tensor('float32', new Int32Array(1));
// @ts-expect-error a variant that does not exist
export const options: LoadOptions = { variant: 'scalar' };

export async function change(
  model: Uint8Array,
  feeds: { input: Tensor }[],
): Promise<LayerReport[]> {
  const edits: ModelEdits = { metadata: { author: 'me', note: null }, opset: 17 };
  const part = await extractModel(await editModel(model, edits), { inputs: ['x'], outputs: ['y'] });
  const { warnings }: { warnings: string[] } = await convertToFloat16(part);
  const options: QuantizeOptions = { feeds, method: 'minmax', keepFloat: warnings, budgetDb: 0.2 };
  const { report } = await quantize(part, options);
  return report.layers.filter(({ histogram }) => (histogram?.counts.length ?? 0) > 0);
}
