/**
 * What `Upscaler.create()` takes unless told otherwise: the one network that the package's root names,
 * and so the one that bundlers take along where no other is imported.
 */
export function defaultModel(): URL {
  return new URL('./models/fovea-x2-fp16.onnx', import.meta.url);
}
