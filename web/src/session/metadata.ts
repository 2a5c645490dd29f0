import type { ModelInfo, ValueInfo } from '../host/module.js';
import { dictionary } from '../base/kinds.js';
import type { TensorType } from './tensor-types.js';

/** An input or output as the model declares it. */
export interface ValueMetadata {
  name: string;
  /** False for sequences and maps, and for optionals, of which only a run tells what they hold. */
  isTensor: boolean;
  /**
   * The element type of a tensor; `sequence` for what is a list of Tensors, or of Maps, in JavaScript,
   * and `map` for what is a Map; `undefined` for optionals, and where the model does not say.
   */
  type: TensorType | 'sequence' | 'map' | 'undefined';
  /**
   * A number for a fixed size, a name for a symbolic one, `?` for one without a name; undefined
   * where the model declares no shape, and for what is no tensor.
   */
  shape: readonly (number | string)[] | undefined;
}

/** What a model says of itself. */
export interface ModelMetadata {
  irVersion: number;
  producerName: string;
  producerVersion: string;
  opsets: readonly { domain: string; version: number }[];
  /** ONNX's metadata_props. */
  properties: Readonly<Record<string, string>>;
}

/** A declaration as the engine gives it, as onnxruntime-common does. */
export function toMetadata({ name, type, shape }: ValueInfo): ValueMetadata {
  const isTensor = !['sequence', 'map', 'undefined'].includes(type);
  return { name, isTensor, type, shape: shape?.map((size) => size ?? '?') };
}

/** What the engine tells of a model, without its inputs and outputs. */
export function toModelMetadata(info: ModelInfo): ModelMetadata {
  const { irVersion, producerName, producerVersion, opsets, properties } = info;
  const named = dictionary(Object.entries(properties));
  return { irVersion, producerName, producerVersion, opsets, properties: named };
}
