/** Triples photographs. See `models`. */
export default new URL('./fovea-x3-fp16.onnx', import.meta.url);
