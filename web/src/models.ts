/**
 * The package's own networks by their names. An entry of its own: bundlers such as Vite take along
 * every file that a module names, used or not. A page with one network imports `fovea/models/x4`.
 *
 * @module fovea/models
 */

/**
 * The networks of the package, as sources for `Upscaler.create`: small, trained on generated pictures
 * only, free to use (CC0). models/README.md tells what they are good at, and how good.
 */
// Literal URLs, so that bundlers find the files; getters, because a page may need none of them.
export const models = {
  /** Doubles photographs: what `Upscaler.create()` takes unless told otherwise. */
  get x2(): URL {
    return new URL('./models/fovea-x2-fp16.onnx', import.meta.url);
  },
  /** Doubles photographs, several times as fast and nearly as well. */
  get x2Fast(): URL {
    return new URL('./models/fovea-x2-fast-fp16.onnx', import.meta.url);
  },
  /** Doubles pictures that JPEG compression has damaged, and mends them. */
  get x2Web(): URL {
    return new URL('./models/fovea-x2-web-fp16.onnx', import.meta.url);
  },
  /** Triples photographs. */
  get x3(): URL {
    return new URL('./models/fovea-x3-fp16.onnx', import.meta.url);
  },
  /** Quadruples photographs. */
  get x4(): URL {
    return new URL('./models/fovea-x4-fp16.onnx', import.meta.url);
  },
} as const;
