import { Tensor as FoveaTensor } from '../index.js';

type PinnedType = Exclude<FoveaTensor['type'], 'string'>;

/** A tensor of what onnxruntime calls a pinned buffer: a typed array that stays where it is. */
export class PinnedTensor<T extends PinnedType> extends FoveaTensor<T> {
  constructor(type: T, data: FoveaTensor<T>['data'], dims?: readonly number[]) {
    // Never a list, which would be copied.
    super(type, data, dims);
    Object.defineProperty(this, 'location', { value: 'cpu-pinned' });
  }

  override reshape(dims: readonly number[]): PinnedTensor<T> {
    return new PinnedTensor(this.type, this.data, dims);
  }
}
