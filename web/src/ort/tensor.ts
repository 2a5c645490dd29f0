/* eslint-disable @typescript-eslint/no-namespace -- onnxruntime's types are found by Tensor.Type and the like */

import { Tensor as FoveaTensor } from '../index.js';
import { deviceProperties, fromGpuBuffer, fromMLTensor, fromTexture } from './device-tensor.js';
import { fromImage } from './from-image.js';
import type { ConversionUtils } from './image-options.js';
import { PinnedTensor } from './pinned-tensor.js';
import type { TensorFactory } from './tensor-factory.js';
import type * as types from './tensor-namespace.js';
import { toDataURL, toImageData } from './to-image.js';

export declare namespace Tensor {
  type DataTypeMap = types.DataTypeMap;
  type ElementTypeMap = types.ElementTypeMap;
  type Type = types.Type;
  type DataType = types.DataType;
  type ElementType = types.ElementType;
  type DataLocation = types.DataLocation;
  type CpuPinnedDataTypes = types.CpuPinnedDataTypes;
  type TextureDataTypes = types.TextureDataTypes;
  type TextureType = types.TextureType;
  type GpuBufferDataTypes = types.GpuBufferDataTypes;
  type GpuBufferTypeFallback = types.GpuBufferTypeFallback;
  type GpuBufferType = types.GpuBufferType;
  type MLTensorDataTypes = types.MLTensorDataTypes;
  type MLTensorTypeFallback = types.MLTensorTypeFallback;
  type MLTensorType = types.MLTensorType;
}

/** A tensor of one element type. */
export interface TypedTensor<T extends Tensor.Type> extends ConversionUtils {
  readonly type: T;
  /** Sizes, outermost first. */
  readonly dims: readonly number[];
  /** The number of elements. */
  readonly size: number;
  readonly location: Tensor.DataLocation;
  /** The elements in row-major order. Throws FoveaError InvalidInput where they are on a device. */
  readonly data: Tensor.DataTypeMap[T];
  /** Throws FoveaError InvalidInput for a tensor elsewhere, as do gpuBuffer and mlTensor. */
  readonly texture: Tensor.TextureType;
  readonly gpuBuffer: Tensor.GpuBufferType;
  readonly mlTensor: Tensor.MLTensorType;
  /**
   * The elements, downloaded where they are on a device.
   *
   * @param releaseData whether the device's memory is then given up
   * @throws FoveaError InvalidInput where there is no way to download them, and after dispose()
   */
  getData(releaseData?: boolean): Promise<Tensor.DataTypeMap[T]>;
  /** The same elements in another shape of as many. */
  reshape(dims: readonly number[]): TypedTensor<T>;
  /** Lets go of the elements. */
  dispose(): void;
}

/** A tensor of any element type. */
export type Tensor = TypedTensor<Tensor.Type>;

type Numbers = readonly number[];
type Integer64 = 'uint64' | 'int64';

/** The elements of a type given as numbers have to be such: 300 is no uint8, 1.5 no int32. */
export interface TensorConstructor extends TensorFactory {
  new (type: 'string', data: readonly string[], dims?: Numbers): TypedTensor<'string'>;
  new (type: 'bool', data: Uint8Array | readonly boolean[], dims?: Numbers): TypedTensor<'bool'>;
  new (type: 'uint8', data: Uint8ClampedArray, dims?: Numbers): TypedTensor<'uint8'>;
  new <T extends Integer64>(
    type: T,
    data: Tensor.DataTypeMap[T] | readonly bigint[] | Numbers,
    dims?: Numbers,
  ): TypedTensor<T>;
  new <T extends Exclude<Tensor.Type, 'string' | 'bool' | Integer64>>(
    type: T,
    data: Tensor.DataTypeMap[T] | Numbers,
    dims?: Numbers,
  ): TypedTensor<T>;
  new (data: Float32Array, dims?: Numbers): TypedTensor<'float32'>;
  new (data: Int8Array, dims?: Numbers): TypedTensor<'int8'>;
  new (data: Uint8Array, dims?: Numbers): TypedTensor<'uint8'>;
  new (data: Uint8ClampedArray, dims?: Numbers): TypedTensor<'uint8'>;
  new (data: Uint16Array, dims?: Numbers): TypedTensor<'uint16'>;
  new (data: Int16Array, dims?: Numbers): TypedTensor<'int16'>;
  new (data: Int32Array, dims?: Numbers): TypedTensor<'int32'>;
  new (data: BigInt64Array, dims?: Numbers): TypedTensor<'int64'>;
  new (data: readonly string[], dims?: Numbers): TypedTensor<'string'>;
  new (data: readonly boolean[], dims?: Numbers): TypedTensor<'bool'>;
  new (data: Float64Array, dims?: Numbers): TypedTensor<'float64'>;
  new (data: Uint32Array, dims?: Numbers): TypedTensor<'uint32'>;
  new (data: BigUint64Array, dims?: Numbers): TypedTensor<'uint64'>;
  new (
    type: Tensor.Type,
    data: Tensor.DataType | Numbers | readonly string[] | readonly bigint[] | readonly boolean[],
    dims?: Numbers,
  ): Tensor;
  new (data: Tensor.DataType, dims?: Numbers): Tensor;
}

/**
 * The package's own Tensor, with all that onnxruntime's has besides. A class of its own would make two
 * kinds of tensors; pages that do not import this module are spared the code.
 */
export const Tensor: TensorConstructor = extended();

function extended(): TensorConstructor {
  const fromPinnedBuffer = (type: never, data: never, dims?: Numbers) =>
    new PinnedTensor(type, data, dims);
  const statics = { fromImage, fromTexture, fromGpuBuffer, fromMLTensor, fromPinnedBuffer };
  addMethods(FoveaTensor, statics);
  addMethods(FoveaTensor.prototype, {
    toImageData(this: FoveaTensor, options?: never) {
      return toImageData(this, options);
    },
    toDataURL(this: FoveaTensor, options?: never) {
      return toDataURL(this, options);
    },
  });
  Object.defineProperties(FoveaTensor.prototype, deviceProperties);
  return FoveaTensor as unknown as TensorConstructor;
}

function addMethods(target: object, methods: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
  }
}
