import { FoveaError } from '../base/errors.js';
import { described } from '../base/kinds.js';
import type { TensorData } from '../host/feeding.js';
import type { Rectangle, ValueInfo } from '../host/module.js';
import { asTensor, isTensorLike, type TensorLike } from '../session/tensor.js';
import { tensorData } from '../session/values.js';
import { filledElements, valuesOf } from './elements.js';
import type { PictureType } from './form.js';

/**
 * What an input besides the picture gets: a tensor; a number, for all elements of what the input
 * declares, whose free sizes are the tile's; or a function that makes a tensor for a tile: the part of
 * the picture, in its pixels, that the network is given, which may reach beyond the picture's border.
 */
export type InputValue = number | TensorLike | ((tile: Readonly<Rectangle>) => TensorLike);

type TensorFeed = TensorData & { name: string };

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
  feeds(tile: Rectangle): TensorFeed[] {
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

  /** The same, but maps of the tile's size have their mean everywhere, as suits a plain picture. */
  plainFeeds(tile: Rectangle): TensorFeed[] {
    return this.feeds(tile).map((feed) => {
      const { dims, type } = feed;
      const isMap = dims.some(
        (size, axis) => size === tile.height && dims[axis + 1] === tile.width,
      );
      if (!isMap || !isFillable(type)) return feed;
      const values = valuesOf(feed);
      const mean = values.reduce((sum, value) => sum + value / values.length, 0);
      return { ...feed, data: filledElements(type, values.length, mean) };
    });
  }

  #filled(name: string, value: number, { width, height }: Rectangle): TensorData {
    const { type, shape } = this.#declared.find((each) => each.name === name)!;
    if (!isFillable(type)) {
      const message = `the input '${name}' is ${type}: give it a Tensor`;
      throw new FoveaError('InvalidInput', message, { option: 'inputs' });
    }
    const rank = shape?.length ?? 0;
    const dims = (shape ?? []).map((size, axis) => {
      if (typeof size === 'number') return size;
      return axis === rank - 1 ? width : axis === rank - 2 ? height : 1;
    });
    const count = dims.reduce((a, b) => a * b, 1);
    return { type, dims, data: filledElements(type, count, value) };
  }
}

function isFillable(type: string): type is PictureType {
  return ['float32', 'float16', 'uint8'].includes(type);
}
