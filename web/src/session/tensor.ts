import { FoveaError } from '../base/errors.js';
import { described, isRecord, typedArrayName } from '../base/kinds.js';
import {
  convertArray,
  dataLength,
  holds,
  inferType,
  isTensorType,
  type TensorDataMap,
  type TensorType,
} from './tensor-types.js';

/** What a tensor can be made from: its own typed array, or plain values that are converted. */
export type TensorInit<T extends TensorType> =
  | TensorDataMap[T]
  | (T extends 'string' ? readonly string[] : readonly number[] | readonly bigint[])
  | (T extends 'bool' ? readonly boolean[] : never)
  | (T extends 'uint8' ? Uint8ClampedArray : never);

/** What is taken as a Tensor: one of another copy of this package, say, or what came as a message. */
export interface TensorLike {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly data: TensorDataMap[TensorType];
}

/**
 * A dense row-major array of numbers, booleans or strings, as `Tensor` of onnxruntime-common.
 *
 * @example new Tensor('float32', new Float32Array(12), [1, 3, 2, 2])
 */
export class Tensor<T extends TensorType = TensorType> {
  readonly type: T;

  /** Sizes, outermost first; empty for a scalar. */
  readonly dims: readonly number[];

  /** The elements, in row-major order. */
  readonly data: TensorDataMap[T];

  /** The number of elements. */
  readonly size: number;

  /** Where the elements are: in JavaScript's memory, or nowhere after dispose(). */
  readonly location: 'cpu' | 'none' = 'cpu';

  /**
   * @param type element type
   * @param data elements in row-major order; a typed array is kept, not copied
   * @param dims sizes, outermost first; by default one dimension of all elements
   * @throws FoveaError InvalidInput when these do not fit each other
   */
  constructor(type: T, data: TensorInit<T>, dims?: readonly number[]);
  /** Infers the element type from a typed array, or from an array of strings or booleans. */
  constructor(
    data: TensorDataMap[T] | Uint8ClampedArray | readonly boolean[],
    dims?: readonly number[],
  );
  constructor(first: unknown, second?: unknown, third?: unknown) {
    const typed = typeof first === 'string';
    const data = typed ? second : first;
    const type = typed ? first : inferType(data);
    if (!isTensorType(type)) throw invalid(`there is no tensor type '${type}'`);
    this.type = type as T;
    this.data = toElements(type, data) as TensorDataMap[T];
    this.dims = toDims(typed ? third : second, this.data.length);
    this.size = countElements(this.dims);
    const length = dataLength(type, this.size);
    if (length !== this.data.length) {
      const inArray = length === this.size ? '' : `, ${length} of its array`;
      throw invalid(
        `a ${type} tensor of shape [${this.dims.join(',')}] has ${this.size} elements${inArray}, ` +
          `but the data has ${this.data.length}`,
      );
    }
  }

  /** The same elements in another shape of as many. */
  reshape(dims: readonly number[]): Tensor<T> {
    return new Tensor<T>(this.type, this.data, dims);
  }

  /** The elements; for code that also handles tensors elsewhere. Rejects after dispose(). */
  async getData(): Promise<TensorDataMap[T]> {
    return this.data;
  }

  /** Lets go of the elements, which then throw FoveaError InvalidInput where they are asked for. */
  dispose(): void {
    const disposed = () => {
      throw invalid('the tensor has been disposed of');
    };
    Object.defineProperty(this, 'data', { get: disposed, enumerable: false });
    Object.defineProperty(this, 'location', { value: 'none' });
  }
}

/**
 * What is fed or fetched as a Tensor: one of this class, or what has the shape of one, be it of another
 * copy of this package, of onnxruntime-common, or come as a message.
 *
 * @param what names the value in messages
 * @throws FoveaError InvalidInput where it is neither
 */
export function asTensor(value: unknown, what: string): Tensor {
  if (value instanceof Tensor) return value as Tensor;
  if (!isTensorLike(value)) throw invalid(`${what} is no Tensor but ${described(value)}`);
  if (typeof value.location === 'string' && !value.location.startsWith('cpu')) {
    const message = `${what} is a Tensor whose data are not in JavaScript's memory`;
    throw invalid(`${message} but in '${value.location}': give what its getData() does`);
  }
  const { type, data, dims } = value as Tensor;
  return new Tensor(type, data, dims);
}

/**
 * A value of a model: a tensor; a sequence of tensors; for an optional, what it holds, or null; a map,
 * as ai.onnx.ml's operators make it.
 */
export type Value = Tensor | null | readonly Value[] | ReadonlyMap<string | bigint, unknown>;

/** What is taken as a value. */
export type ValueLike = TensorLike | null | readonly ValueLike[];

/** Whether a value has the shape of a Tensor. */
export function isTensorLike(value: unknown): value is { location?: unknown } {
  return isRecord(value) && typeof value.type === 'string' && 'dims' in value && 'data' in value;
}

/** The product of the sizes. Throws FoveaError InvalidInput for a size that is none. */
export function countElements(dims: readonly number[]): number {
  for (const dim of dims) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw invalid(`[${dims.join(',')}] is no shape: sizes are integers from 0`);
    }
  }
  return dims.reduce((product, dim) => product * dim, 1);
}

function toDims(dims: unknown, elements: number): readonly number[] {
  if (dims === undefined) return [elements];
  if (Array.isArray(dims)) return [...(dims as readonly number[])];
  throw invalid(`a shape is an array of sizes, not ${described(dims)}`);
}

function toElements(type: TensorType, data: unknown): unknown {
  if (type === 'uint8' && typedArrayName(data) === 'Uint8ClampedArray') {
    const { buffer, byteOffset, length } = data as Uint8ClampedArray;
    return new Uint8Array(buffer, byteOffset, length);
  }
  if (holds(type, data)) return data;
  if (Array.isArray(data) && type !== 'string') {
    return convertArray(type, data);
  }
  const given = Array.isArray(data)
    ? 'an array whose elements are not all strings'
    : described(data);
  throw invalid(`a ${type} tensor cannot be made from ${given}`);
}

function invalid(message: string): FoveaError {
  return new FoveaError('InvalidInput', message);
}
