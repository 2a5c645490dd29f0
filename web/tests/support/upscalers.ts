import { Upscaler, type UpscalerOptions } from 'fovea';

const upscalers: Upscaler[] = [];

/** An upscaler that releaseAll() releases. */
export async function create(model: Uint8Array, options?: UpscalerOptions): Promise<Upscaler> {
  const upscaler = await Upscaler.create(model, options);
  upscalers.push(upscaler);
  return upscaler;
}

export async function releaseAll(): Promise<void> {
  await Promise.all(upscalers.splice(0).map((upscaler) => upscaler.release()));
}
