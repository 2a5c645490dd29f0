/** The network of `fovea/models/x4` computing with bytes: smaller and faster. See models/README.md. */
export default new URL('./fovea-x4-int8.onnx', import.meta.url);
