// Names of types that onnxruntime-common has in its namespace `Tensor`; tensor.ts puts them there.

import type { GlobalType } from './global-type.js';

/** What holds the elements of each type. */
export interface DataTypeMap {
  float32: Float32Array;
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  string: string[];
  /** 0 or 1 for each element. */
  bool: Uint8Array;
  /** A Float16Array where the platform has one, else bits in a Uint16Array. */
  float16: Uint16Array;
  float64: Float64Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  /** Two elements in a byte. */
  uint4: Uint8Array;
  /** Two elements in a byte. A Uint8Array in truth; onnxruntime declares it so. */
  int4: Int8Array;
}

/** An element of each type, as a value of its own. */
export interface ElementTypeMap {
  float32: number;
  uint8: number;
  int8: number;
  uint16: number;
  int16: number;
  int32: number;
  int64: bigint;
  string: string;
  bool: boolean;
  float16: number;
  float64: number;
  uint32: number;
  uint64: bigint;
  uint4: number;
  int4: number;
}

export type Type = keyof DataTypeMap;
export type DataType = DataTypeMap[Type];
export type ElementType = ElementTypeMap[Type];

/** Where a tensor's elements are: nowhere after dispose(). */
export type DataLocation = 'none' | 'cpu' | 'cpu-pinned' | 'texture' | 'gpu-buffer' | 'ml-tensor';

export type CpuPinnedDataTypes = Exclude<Type, 'string'>;
export type TextureDataTypes = 'float32';
export type GpuBufferDataTypes =
  'float32' | 'float16' | 'int32' | 'int64' | 'uint32' | 'uint8' | 'bool';
export type MLTensorDataTypes = Exclude<Type, 'string' | 'float64' | 'int16' | 'uint16'>;

export type TextureType = WebGLTexture;
export type GpuBufferTypeFallback = { size: number; mapState: 'unmapped' | 'pending' | 'mapped' };
export type GpuBufferType = GlobalType<'GPUBuffer', GpuBufferTypeFallback>;
export type MLTensorTypeFallback = { destroy(): void };
export type MLTensorType = GlobalType<'MLTensor', MLTensorTypeFallback>;
