// How tensors are made of what is no array, as onnxruntime-common declares it.

import type {
  OptionsDimensions,
  OptionsFormat,
  TensorFromImageBitmapOptions,
  TensorFromImageDataOptions,
  TensorFromImageElementOptions,
  TensorFromUrlOptions,
} from './image-options.js';
import type {
  CpuPinnedDataTypes,
  DataTypeMap,
  GpuBufferDataTypes,
  GpuBufferType,
  MLTensorDataTypes,
  MLTensorType,
  TextureDataTypes,
  TextureType,
  Type,
} from './tensor-namespace.js';
import type { TypedTensor } from './tensor.js';

interface Described<T> {
  readonly type: T;
  readonly dims: readonly number[];
}

/** How the elements of a tensor on a device are reached, and given up. */
export interface DeviceAccess<T extends Type> {
  /** Fetches the elements; without it, they cannot be had. */
  download?(): Promise<DataTypeMap[T]>;
  /** Called when the tensor is disposed of; without it, what it is on is the caller's. */
  dispose?(): void;
}

export interface CpuPinnedConstructorParameters<
  T extends CpuPinnedDataTypes = CpuPinnedDataTypes,
> extends Described<T> {
  readonly location: 'cpu-pinned';
  readonly data: DataTypeMap[T];
}

export interface TextureConstructorParameters<T extends TextureDataTypes = TextureDataTypes>
  extends Described<T>, DeviceAccess<T> {
  readonly location: 'texture';
  readonly texture: TextureType;
}

export interface GpuBufferConstructorParameters<T extends GpuBufferDataTypes = GpuBufferDataTypes>
  extends Described<T>, DeviceAccess<T> {
  readonly location: 'gpu-buffer';
  readonly gpuBuffer: GpuBufferType;
}

export interface MLTensorConstructorParameters<T extends MLTensorDataTypes = MLTensorDataTypes>
  extends Described<T>, DeviceAccess<T> {
  readonly location: 'ml-tensor';
  readonly mlTensor: MLTensorType;
}

export interface TensorFromTextureOptions<T extends TextureDataTypes>
  extends Required<OptionsDimensions>, OptionsFormat, DeviceAccess<T> {}

interface OnDevice<T extends Type> extends DeviceAccess<T> {
  readonly dims: readonly number[];
  /** `float32` unless given. */
  dataType?: T;
}

export type TensorFromGpuBufferOptions<T extends GpuBufferDataTypes> = OnDevice<T>;
export type TensorFromMLTensorOptions<T extends MLTensorDataTypes> = OnDevice<T>;

type OfImage = Promise<TypedTensor<'float32'> | TypedTensor<'uint8'>>;

/** All but fromPinnedBuffer() make what no session here takes: their elements are on no processor. */
export interface TensorFactory {
  /**
   * A float32 tensor [1, channels, height, width] of a picture. Only in pages and workers.
   *
   * @throws FoveaError InvalidInput for what is no picture, and for options that cannot be met;
   *   NetworkError where an address has no picture
   */
  fromImage(imageData: ImageData, options?: TensorFromImageDataOptions): OfImage;
  fromImage(imageElement: HTMLImageElement, options?: TensorFromImageElementOptions): OfImage;
  fromImage(urlSource: string, options?: TensorFromUrlOptions): OfImage;
  fromImage(bitmap: ImageBitmap, options: TensorFromImageBitmapOptions): OfImage;

  /** A tensor [1, height, width, 4] in a texture of WebGL. */
  fromTexture<T extends TextureDataTypes = 'float32'>(
    texture: TextureType,
    options: TensorFromTextureOptions<T>,
  ): TypedTensor<'float32'>;

  /** A tensor in a buffer of WebGPU. */
  fromGpuBuffer<T extends GpuBufferDataTypes>(
    buffer: GpuBufferType,
    options: TensorFromGpuBufferOptions<T>,
  ): TypedTensor<T>;

  /** A tensor of WebNN. */
  fromMLTensor<T extends MLTensorDataTypes>(
    tensor: MLTensorType,
    options: TensorFromMLTensorOptions<T>,
  ): TypedTensor<T>;

  /** A tensor whose elements stay where they are; by default of one dimension. */
  fromPinnedBuffer<T extends Exclude<Type, 'string'>>(
    type: T,
    buffer: DataTypeMap[T],
    dims?: readonly number[],
  ): TypedTensor<T>;
}
