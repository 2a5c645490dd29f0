/** The network of `fovea/models/x3` computing with bytes: smaller and faster. See models/README.md. */
export default new URL('./fovea-x3-int8.onnx', import.meta.url);
