import { signal } from '@preact/signals';
import { Tensor, type Value } from 'fovea';
import { PlainError } from '../../base/messages.js';
import type { Numbers } from '../onnx/elements.js';
import { likelyChannels, numbersOf, type ChannelAxis } from './planes.js';

/** A value that was computed. */
export interface Watched {
  name: string;
  type: string;
  dims: readonly number[];
  numbers: Numbers;
}

/** The value whose channels are shown. */
export class Watching {
  readonly watched = signal<Watched | undefined>(undefined);
  readonly channels = signal<ChannelAxis>('first');
  /** The first channel that is shown. */
  readonly from = signal(0);

  /** @throws PlainError for what is no array of numbers */
  show(name: string, value: Value): void {
    const tensor = value instanceof Tensor ? value : undefined;
    const numbers = tensor && numbersOf(tensor);
    if (!tensor || !numbers || tensor.size === 0) {
      const message = `${name} is ${tensor?.size === 0 ? 'empty' : 'no array of numbers'}.`;
      throw new PlainError('This cannot be shown as pictures.', message);
    }
    const { type, dims } = tensor;
    this.watched.value = { name, type, dims, numbers };
    this.channels.value = likelyChannels(dims);
    this.from.value = 0;
  }

  clear(): void {
    this.watched.value = undefined;
  }
}
