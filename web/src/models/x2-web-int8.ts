/** The network of `fovea/models/x2-web` computing with bytes: smaller and faster. See models/README.md. */
export default new URL('./fovea-x2-web-int8.onnx', import.meta.url);
