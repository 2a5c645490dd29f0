/** Doubles photographs, several times as fast and nearly as well. See `models`. */
export default new URL('./fovea-x2-fast-fp16.onnx', import.meta.url);
