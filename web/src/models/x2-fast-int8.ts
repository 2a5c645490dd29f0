/** The network of `fovea/models/x2-fast` computing with bytes: smaller and faster. See models/README.md. */
export default new URL('./fovea-x2-fast-int8.onnx', import.meta.url);
