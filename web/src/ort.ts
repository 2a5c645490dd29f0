/**
 * The names, arguments and options of onnxruntime-web and onnxruntime-node, computed by Fovea. Its Tensor
 * is the package's own.
 *
 * @module fovea/ort
 */

import * as ort from './ort/members.js';

export * from './ort/members.js';
export default ort;
