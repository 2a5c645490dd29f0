/** Doubles pictures that JPEG compression has damaged, and mends them. See `models`. */
export default new URL('./fovea-x2-web-fp16.onnx', import.meta.url);
