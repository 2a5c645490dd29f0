/**
 * Quantises models where they are used: in a page or in Node. A small program beside the engine does it,
 * loaded when it is first needed.
 *
 * @module fovea/quantize
 */

export type { QuantiserOptions, QuantizeOptions, QuantizeSettings } from './quantize/options.js';
export { quantize } from './quantize/quantize.js';
export type {
  Histogram,
  LayerReport,
  QuantizeReport,
  QuantizeResult,
  ValueRange,
} from './quantize/report.js';
export type { ToolsOptions } from './tools/options.js';
export { FoveaError, type FoveaErrorCode } from './base/errors.js';
