/**
 * Changes models and writes them anew: what they say of themselves, parts of them, float16. A small
 * program beside the engine does it, loaded when it is first needed.
 *
 * @module fovea/edit
 */

export {
  convertToFloat16,
  editModel,
  extractModel,
  type ExtractOptions,
  type Float16Options,
  type ModelEdits,
} from './tools/edit.js';
export type { ModelWithWarnings } from './tools/methods.js';
export type { EditingOptions, ToolsOptions } from './tools/options.js';
export { FoveaError, type FoveaErrorCode } from './base/errors.js';
