/** Doubles photographs: what `Upscaler.create()` takes unless told otherwise. See `models`. */
export default new URL('./fovea-x2-fp16.onnx', import.meta.url);
