import { FoveaError } from './errors.js';
import {
  convertArray,
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

  /** Where the elements are: always in JavaScript's memory. */
  readonly location = 'cpu';

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
  constructor(first: unknown, second?: unknown, third?: readonly number[]) {
    const typed = typeof first === 'string';
    const data = typed ? second : first;
    const type = typed ? first : inferType(data);
    if (!isTensorType(type)) throw invalid(`there is no tensor type '${type}'`);
    this.type = type as T;
    this.data = toElements(type, data) as TensorDataMap[T];
    this.dims = [
      ...((typed ? third : (second as readonly number[] | undefined)) ?? [this.data.length]),
    ];
    this.size = countElements(this.dims);
    if (this.size !== this.data.length) {
      throw invalid(
        `a tensor of shape [${this.dims.join(',')}] has ${this.size} elements, ` +
          `but the data has ${this.data.length}`,
      );
    }
  }

  /** The same elements in another shape of as many. */
  reshape(dims: readonly number[]): Tensor<T> {
    return new Tensor<T>(this.type, this.data, dims);
  }

  /** The elements; for code that also handles tensors elsewhere. */
  getData(): Promise<TensorDataMap[T]> {
    return Promise.resolve(this.data);
  }
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

function toElements(type: TensorType, data: unknown): unknown {
  if (data instanceof Uint8ClampedArray && type === 'uint8') {
    return new Uint8Array(data.buffer, data.byteOffset, data.length);
  }
  if (holds(type, data)) return data;
  if (Array.isArray(data) && type !== 'string') {
    return convertArray(type, data);
  }
  throw invalid(`a ${type} tensor cannot be made from ${describe(data)}`);
}

function describe(data: unknown): string {
  if (Array.isArray(data)) return 'an array whose elements are not all strings';
  return typeof data === 'object' && data !== null
    ? `a ${data.constructor.name}`
    : `${typeof data}`;
}

function invalid(message: string): FoveaError {
  return new FoveaError('InvalidInput', message);
}
