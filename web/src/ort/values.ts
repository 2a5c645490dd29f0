// Names that onnxruntime-common has for models and for what goes in and out of them.

import type { Tensor } from './tensor.js';

/** A URL; in Node a path. */
export type FileUrlOrPath = string;
export type FileBlob = Blob;
export type FileData = Uint8Array | ArrayBufferLike;
export type FileType = FileUrlOrPath | FileBlob | FileData;

/** A file of weights: the location that the model names, and where it comes from. */
export interface ExternalDataFileDescription {
  data: FileType;
  path: string;
}

/** A string is both the location that the model names and the address. */
export type ExternalDataFileType = ExternalDataFileDescription | FileUrlOrPath;

export interface OnnxModelOptions {
  /** The files that weights outside the model are in. */
  externalData?: readonly ExternalDataFileType[];
}

export type NonTensorType = never;
export type OnnxValue = Tensor;
export type OnnxValueDataLocation = Tensor.DataLocation;
