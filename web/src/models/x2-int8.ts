/** The network of `fovea/models/x2` computing with bytes: smaller and faster. See models/README.md. */
export default new URL('./fovea-x2-int8.onnx', import.meta.url);
