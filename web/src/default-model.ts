/**
 * What `Upscaler.create()` takes unless told otherwise. Written out a second time, so that
 * bundlers that leave unused code away (webpack) take the other networks along only where `models`
 * is used.
 */
export function defaultModel(): URL {
  return new URL('./models/fovea-x2-fp16.onnx', import.meta.url);
}
