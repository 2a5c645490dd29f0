// Networks that see far, by random weights that sum to 1 and lie mostly where a kernel ends: so that
// what is farthest away matters, and plain pictures stay plain.

import { OnnxBuilder, type Attribute, type Dim } from '../../../tests/support/onnx-builder.js';
import { randomNumbers } from './parts.js';

export interface SeeingNetwork {
  name: string;
  model: Uint8Array;
  /** How many pixels far it sees, to the side to which it sees farthest. */
  sees: number;
}

/** What a convolution is like. */
interface Kernel {
  /** Channels of the input and of the output; unless given, each channel goes by itself. */
  channels?: readonly [number, number];
  /** How many channels go by themselves: 3 unless given. */
  apart?: number;
  /** Height and width: 3 x 3 unless given. */
  size?: readonly [number, number];
  dilation?: number;
  stride?: number;
  /** Top, left, bottom, right; unless given, as many as keep the size. */
  pads?: readonly [number, number, number, number];
  /** How much of the weight lies where the kernel ends. */
  far?: number;
}

/** Networks of all the kinds of layers of which pictures are made in tiles. */
export function seeingNetworks(): SeeingNetwork[] {
  return [
    network('3 layers', 3, (make, x) => make.layers(3, x)),
    network('60 layers', 60, (make, x) => make.layers(60, x, { far: 0.97 })),
    network('dilations', 1 + 2 + 4 + 8, (make, x) => {
      const first = make.conv(x, { channels: [3, 8] });
      const second = make.conv(first, { channels: [8, 8], dilation: 2 });
      const third = make.conv(second, { channels: [8, 8], dilation: 4 });
      return make.conv(third, { channels: [8, 3], dilation: 8 });
    }),
    network('a stride of 2, and back', 10, (make, x) => {
      const half = make.conv(x, { stride: 2 });
      const back = make.repeated(make.layers(4, half), 2);
      return make.mean(x, back);
    }),
    network('a pixel-unshuffle', 9, (make, x) => {
      const unshuffled = make.node('SpaceToDepth', [x], { blocksize: 2 });
      const seen = make.layers(4, unshuffled, { apart: 12 });
      return make.node('DepthToSpace', [seen], { blocksize: 2 });
    }),
    network('valid convolutions', 5, (make, x) => make.layers(5, x, { pads: [0, 0, 0, 0] })),
    network('ConvTranspose', 5, (make, x) => make.doubled(make.layers(4, x)), 1),
    network('pooling', 8, (make, x) => {
      const three = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
      const largest = make.node('MaxPool', [x], three);
      const mean = make.node('AveragePool', [largest], three);
      const padded = make.node('AveragePool', [mean], { ...three, count_include_pad: 1 });
      const half = make.node('MaxPool', [padded], { kernel_shape: [2, 2], strides: [2, 2] });
      return make.repeated(make.layers(2, half), 2);
    }),
    network('kernels of 1x7 and 7x1, padded on one side', 15, (make, x) => {
      const left = make.conv(x, { size: [1, 7], pads: [0, 6, 0, 0] });
      const down = make.conv(left, { size: [7, 1], pads: [0, 0, 6, 0] });
      const more = make.conv(down, { size: [1, 7], pads: [0, 6, 0, 0] });
      return make.conv(more, { size: [1, 7] });
    }),
    network('borders continued by the network', 12, (make, x) => {
      let made = x;
      for (let i = 0; i < 12; ++i) {
        const more = make.padded(made, i % 2 === 0 ? 'edge' : 'reflect', 1);
        made = make.conv(more, { pads: [0, 0, 0, 0] });
      }
      return made;
    }),
  ];
}

/** Makes pictures darker by what all of them is like: by a mean, or by layers that it goes through. */
export function squeezingModel(): Uint8Array {
  const make = new Maker();
  const x = make.input();
  const seen = make.conv(x);
  const squeezed = make.node('GlobalAveragePool', [seen]);
  const weights = make.constant([-3, 0, 0, 0, -3, 0, 0, 0, -3], [3, 3, 1, 1]);
  const bias = make.constant([2, 2, 2]);
  const excited = make.node('Conv', [squeezed, weights, bias], { kernel_shape: [1, 1] });
  const gain = make.node('Sigmoid', [excited]);
  return make.built(make.node('Mul', [seen, gain]), 2, { 'fovea.range': '0..1' });
}

function network(
  name: string,
  sees: number,
  layers: (make: Maker, x: string) => string,
  factor = 2,
): SeeingNetwork {
  const make = new Maker();
  return { name, sees, model: make.built(layers(make, make.input()), factor) };
}

class Maker {
  readonly #builder = new OnnxBuilder();
  readonly #random = randomNumbers(11);

  input(): string {
    return this.#builder.input('x', [1, 3, 'H', 'W']);
  }

  node(opType: string, inputs: readonly string[], attributes?: Record<string, Attribute>): string {
    return this.#builder.node(opType, inputs, attributes);
  }

  constant(values: readonly number[], dims?: readonly number[]): string {
    return this.#builder.constant(Float32Array.from(values), dims);
  }

  /** Layers that each channel goes through by itself, unless `channels` are given. */
  layers(count: number, value: string, kernel: Kernel = {}): string {
    let made = value;
    for (let i = 0; i < count; ++i) made = this.conv(made, kernel);
    return made;
  }

  conv(value: string, kernel: Kernel = {}): string {
    const { channels, apart = 3, size = [3, 3], dilation = 1, stride = 1, far = 0.8 } = kernel;
    const [height, width] = size;
    const [from, to] = channels ?? [1, apart];
    const [y, x] = [((height - 1) / 2) * dilation, ((width - 1) / 2) * dilation];
    const weights = Array.from({ length: to }, (_, channel) => {
      const taps = this.#shares(from * height * width, 1 - far);
      // Each channel looks to a corner of its own.
      const row = channel % 2 === 0 ? 0 : height - 1;
      const column = channel % 4 < 2 ? 0 : width - 1;
      taps[((channel % from) * height + row) * width + column]! += far;
      return taps;
    });
    return this.node('Conv', [value, this.constant(weights.flat(), [to, from, height, width])], {
      ...{ group: channels ? 1 : apart, kernel_shape: [...size] },
      ...{ dilations: [dilation, dilation], strides: [stride, stride] },
      pads: [...(kernel.pads ?? [y, x, y, x])],
    });
  }

  /** A ConvTranspose of twice the size. */
  doubled(value: string): string {
    const weights = Array.from({ length: 3 }, () => {
      const taps = new Array<number>(16);
      // A result is a sum over every other tap of the rows and of the columns.
      for (const first of [0, 1, 4, 5]) {
        const shares = this.#shares(4, 1);
        [0, 2, 8, 10].forEach((step, i) => (taps[first + step] = shares[i]!));
      }
      return taps;
    });
    const kernel = this.constant(weights.flat(), [3, 1, 4, 4]);
    const attributes = { group: 3, kernel_shape: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1] };
    return this.node('ConvTranspose', [value, kernel], attributes);
  }

  padded(value: string, mode: string, by: number): string {
    const pads = this.#builder.int64(0, 0, by, by, 0, 0, by, by);
    return this.node('Pad', [value, pads], { mode });
  }

  repeated(value: string, factor: number): string {
    return this.node('Resize', [value, '', this.constant([1, 1, factor, factor])], repeating);
  }

  mean(a: string, b: string): string {
    return this.node('Mul', [this.node('Add', [a, b]), this.constant([0.5])]);
  }

  built(value: string, factor: number, metadata: Record<string, string> = {}): Uint8Array {
    const made = factor === 1 ? value : this.repeated(value, factor);
    const free: Dim[] = [1, 3, 'H2', 'W2'];
    this.#builder.output(this.#builder.node('Identity', [made], {}, 'y'), free);
    return this.#builder.build({ metadata });
  }

  /** Random numbers above 0 that sum to `sum`. */
  #shares(count: number, sum: number): number[] {
    const numbers = Array.from({ length: count }, () => 0.1 + this.#random());
    const total = numbers.reduce((a, b) => a + b, 0);
    return numbers.map((number) => (number * sum) / total);
  }
}

const repeating = {
  mode: 'nearest',
  nearest_mode: 'floor',
  coordinate_transformation_mode: 'asymmetric',
};
