import { FoveaError } from '../base/errors.js';
import { described } from '../base/kinds.js';
import type { FeedData, TensorData } from '../host/feeding.js';
import type { Rectangle, ValueInfo } from '../host/module.js';
import { asTensor, isTensorLike, type TensorLike } from '../session/tensor.js';
import { tensorData } from '../session/values.js';
import { elementsOf } from './elements.js';
import type { PictureType } from './form.js';

/**
 * What an input besides the picture gets: a tensor; a number, for all elements of what the input
 * declares, whose free sizes are the tile's; or a function that makes a tensor for a tile: the part of
 * the picture, in its pixels, that the network is given, which may reach beyond the picture's border.
 */
export type InputValue = number | TensorLike | ((tile: Readonly<Rectangle>) => TensorLike);

/** The inputs of a network besides the picture. */
export class OtherInputs {
  readonly #values: Readonly<Record<string, InputValue>>;
  readonly #declared: readonly ValueInfo[];

  /** Throws FoveaError InvalidInput for what the model has no input for. */
  constructor(values: Readonly<Record<string, InputValue>>, declared: readonly ValueInfo[]) {
    const names = declared.map(({ name }) => name);
    const unknown = Object.keys(values).find((name) => !names.includes(name));
    if (unknown !== undefined) {
      const message = `the model has no input '${unknown}', only ${names.join(', ')}`;
      throw new FoveaError('InvalidInput', message, { option: 'inputs' });
    }
    this.#values = values;
    this.#declared = declared;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name);
  }

  /** The same with other values for some. */
  with(values: Readonly<Record<string, InputValue>> | undefined): OtherInputs {
    return values ? new OtherInputs({ ...this.#values, ...values }, this.#declared) : this;
  }

  /** What they are fed for a tile. */
  feeds(tile: Rectangle): FeedData[] {
    return Object.entries(this.#values).map(([name, value]) => {
      if (typeof value === 'number') return { name, ...this.#filled(name, value, tile) };
      const tensor: unknown = typeof value === 'function' ? value({ ...tile }) : value;
      if (!isTensorLike(tensor)) {
        const what = `the input '${name}' gets a number, a Tensor, or a function that makes one`;
        throw new FoveaError('InvalidInput', `${what}, not ${described(tensor)}`, {
          option: 'inputs',
        });
      }
      return {
        name,
        ...tensorData(asTensor(tensor, `what is fed to '${name}'`), (bytes) => bytes.slice()),
      };
    });
  }

  #filled(name: string, value: number, { width, height }: Rectangle): TensorData {
    const { type, shape } = this.#declared.find((each) => each.name === name)!;
    if (!['float32', 'float16', 'uint8'].includes(type)) {
      const message = `the input '${name}' is ${type}: give it a Tensor`;
      throw new FoveaError('InvalidInput', message, { option: 'inputs' });
    }
    const rank = shape?.length ?? 0;
    const dims = (shape ?? []).map((size, axis) => {
      if (typeof size === 'number') return size;
      return axis === rank - 1 ? width : axis === rank - 2 ? height : 1;
    });
    const elements = new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(value);
    return { type: type as PictureType, dims, data: elementsOf(type as PictureType, elements) };
  }
}
