// All that onnxruntime-common exports, and listSupportedBackends() of onnxruntime-node.

export {
  listSupportedBackends,
  registerBackend,
  type Backend,
  type InferenceSessionHandler,
  type SessionHandler,
} from './backends.js';
export { env, type Env } from './env.js';
export type {
  ConversionUtils,
  ImageFormat,
  ImageTensorLayout,
  OptionResizedDimensions,
  OptionsDimensions,
  OptionsFormat,
  OptionsNormalizationParameters,
  OptionsTensorDataType,
  OptionsTensorFormat,
  OptionsTensorLayout,
  TensorFromImageBitmapOptions,
  TensorFromImageDataOptions,
  TensorFromImageElementOptions,
  TensorFromUrlOptions,
  TensorToDataUrlOptions,
  TensorToImageDataOptions,
} from './image-options.js';
export { InferenceSession, type InferenceSessionFactory } from './session.js';
export { Tensor, type TensorConstructor, type TypedTensor } from './tensor.js';
export type {
  CpuPinnedConstructorParameters,
  GpuBufferConstructorParameters,
  MLTensorConstructorParameters,
  TensorFactory,
  TensorFromGpuBufferOptions,
  TensorFromMLTensorOptions,
  TensorFromTextureOptions,
  TextureConstructorParameters,
} from './tensor-factory.js';
export {
  TRACE,
  TRACE_EVENT_BEGIN,
  TRACE_EVENT_END,
  TRACE_FUNC_BEGIN,
  TRACE_FUNC_END,
} from './trace.js';
export type {
  ExternalDataFileDescription,
  ExternalDataFileType,
  FileBlob,
  FileData,
  FileType,
  FileUrlOrPath,
  NonTensorType,
  OnnxModelOptions,
  OnnxValue,
  OnnxValueDataLocation,
} from './values.js';
