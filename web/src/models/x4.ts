/** Quadruples photographs. See `models`. */
export default new URL('./fovea-x4-fp16.onnx', import.meta.url);
