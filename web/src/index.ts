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
} from './checking/check-model.js';
export type {
  AttributeValue,
  CustomInput,
  CustomNode,
  CustomOperator,
  CustomOutput,
  CustomRun,
  OperatorModule,
} from './session/custom-operators.js';
export { capabilities, type Capabilities } from './engine/capabilities.js';
export type {
  Limits,
  MemoryNeed,
  NodeProblem,
  Precision,
  ReceptiveField,
  Rectangle,
} from './host/module.js';
export type { EngineOptions, Variant } from './engine/options.js';
export { FoveaError, type FoveaErrorCode } from './base/errors.js';
export { clearModelCache, type ClearOptions } from './source/clear-cache.js';
export type { Decrypt, DownloadOptions, ModelFile } from './source/download.js';
export type { ExternalData, ExternalDataFile } from './source/external-data.js';
export type { ModelMetadata, ValueMetadata } from './session/metadata.js';
export type {
  OnnxruntimeRunOptions,
  OnnxruntimeSessionOptions,
} from './session/onnxruntime-options.js';
export { registerOperator } from './session/operator-registry.js';
export type { NodeProfile } from './session/profile.js';
export type { LoadOptions, ReadOptions } from './source/reading.js';
export type { Feeds, RunOptions, RunResult } from './session/run.js';
export type { Fetches } from './session/request.js';
export { InferenceSession, type SessionOptions } from './session/session.js';
export type { ModelSource } from './source/source.js';
export {
  Tensor,
  type TensorInit,
  type TensorLike,
  type Value,
  type ValueLike,
} from './session/tensor.js';
export type {
  RawDataMap,
  TensorDataMap,
  TensorType,
  TypedDataMap,
} from './session/tensor-types.js';
export type { OnProgress, Progress } from './base/progress.js';
export type { Border, NetworkColor, NetworkOptions, Pair, Range } from './network/form.js';
export type { Locality } from './network/locality.js';
export type { MMDeployFiles } from './network/mmdeploy.js';
export type { InputValue } from './network/other-inputs.js';
export type { Canvas } from './pictures/canvas.js';
export type { Components } from './pictures/elements.js';
export type { FileSource } from './pictures/files.js';
export type { Channels } from './pictures/picture.js';
export type { SharpPicture } from './pictures/sharp.js';
export type { RawPicture } from './pictures/sinks.js';
export type { PixelData } from './pictures/image-data.js';
export type { ColorSpace, HalfFloats } from './pictures/pixels.js';
export type { Drawable, PictureSource, PixelSource } from './pictures/sources.js';
export type { ResultTile } from './upscale/enlarging.js';
export type {
  TileSettings,
  TilesOptions,
  UpscaleOptions,
  UpscalerOptions,
} from './upscale/options.js';
export type { FileOutput, Output, ResultOf } from './upscale/outputs.js';
export type { Pipeline } from './upscale/pipeline.js';
export type { RegionOptions } from './upscale/regions.js';
export type { SizeOptions } from './upscale/target-size.js';
export { Upscaler, type TileProfile } from './upscale/upscaler.js';
export { version } from './version.js';
