/**
 * Runs ONNX models by a C++ engine in WebAssembly, in browsers and in Node.
 *
 * Importing this has no side effects: nothing is loaded or started before it is asked for.
 *
 * @module fovea
 */

export {
  checkModel,
  type CheckOptions,
  type FreeDimension,
  type ModelReport,
} from './check-model.js';
export type {
  AttributeValue,
  CustomInput,
  CustomNode,
  CustomOperator,
  CustomOutput,
  CustomRun,
  OperatorModule,
} from './custom-operators.js';
export { capabilities, type Capabilities } from './engine/capabilities.js';
export type { Limits, MemoryNeed, NodeProblem, Precision } from './engine/module.js';
export type { EngineOptions, Variant } from './engine/options.js';
export { FoveaError, type FoveaErrorCode } from './errors.js';
export type { ExternalData, ExternalDataFile } from './external-data.js';
export type { ModelMetadata, ValueMetadata } from './metadata.js';
export type { OnnxruntimeRunOptions, OnnxruntimeSessionOptions } from './onnxruntime-options.js';
export { registerOperator } from './operator-registry.js';
export { models } from './models.js';
export type { NodeProfile } from './profile.js';
export type { LoadOptions, ReadOptions } from './reading.js';
export type { Feeds, RunOptions, RunResult } from './run.js';
export type { Fetches } from './request.js';
export { InferenceSession, type SessionOptions } from './session.js';
export type { ModelSource } from './source.js';
export { Tensor, type TensorInit, type TensorLike, type Value, type ValueLike } from './tensor.js';
export type { RawDataMap, TensorDataMap, TensorType, TypedDataMap } from './tensor-types.js';
export type { NetworkOptions, Pair } from './engine/forms.js';
export type { Drawable } from './upscale/drawables.js';
export type { Locality } from './upscale/locality.js';
export type { ColorSpace, PictureSource, PixelData, PixelSource } from './upscale/pictures.js';
export {
  Upscaler,
  type TileProfile,
  type UpscaleOptions,
  type UpscalerOptions,
} from './upscaler.js';
export { version } from './version.js';
