import { NetworkBuilder } from '../builder.js';

/** A value [1, channels, height, width]. */
export interface Features {
  readonly name: string;
  readonly channels: number;
}

export interface ConvOptions {
  /** Of both sides, or [height, width]. */
  kernel?: number | readonly [number, number];
  stride?: number;
  dilation?: number;
  groups?: number;
  /** Above, left, below, right; unless given, what keeps the size at a stride of 1. */
  pads?: number[];
  /** What the weights' deviation by He et al. 2015 is multiplied with: less in residual branches. */
  gain?: number;
}

/** Layers that are told by what they give: how many channels come in, they know. Weights are random. */
export class Layers extends NetworkBuilder {
  /** What most networks are fed: colours. */
  feed(dims: readonly number[]): Features {
    return { name: this.input('input', dims), channels: dims[1]! };
  }

  /** A convolution with a bias, into which exporters fold a normalisation over batches. */
  convolve(x: Features, channels: number, options: ConvOptions = {}): Features {
    const { kernel = 1, stride = 1, dilation = 1, groups = 1, gain = 1 } = options;
    const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const [above, left] = [height, width].map((size) => (dilation * (size - 1)) / 2) as [
      number,
      number,
    ];
    const inputs = x.channels / groups;
    const weights = this.weights(channels * inputs * height * width, inputs * height * width, gain);
    const name = this.node(
      'Conv',
      [x.name, this.constant(weights, [channels, inputs, height, width]), this.#bias(channels)],
      {
        dilations: [dilation, dilation],
        group: groups,
        kernel_shape: [height, width],
        pads: options.pads ?? [above, left, above, left],
        strides: [stride, stride],
      },
    );
    return { name, channels };
  }

  /** Each channel by itself. */
  depthwise(x: Features, options: Omit<ConvOptions, 'groups'> = {}): Features {
    return this.convolve(x, x.channels, { kernel: 3, ...options, groups: x.channels });
  }

  /** A transposed convolution. */
  deconvolve(
    x: Features,
    channels: number,
    { kernel, stride, pad = 0 }: { kernel: number; stride: number; pad?: number },
  ): Features {
    const taps = x.channels * (kernel / stride) ** 2;
    const weights = this.weights(x.channels * channels * kernel ** 2, taps, 1);
    const name = this.node(
      'ConvTranspose',
      [
        x.name,
        this.constant(weights, [x.channels, channels, kernel, kernel]),
        this.#bias(channels),
      ],
      {
        dilations: [1, 1],
        group: 1,
        kernel_shape: [kernel, kernel],
        pads: [pad, pad, pad, pad],
        strides: [stride, stride],
      },
    );
    return { name, channels };
  }

  /** An operator that keeps the channels of its first input. */
  apply(op: string, inputs: readonly (Features | string)[], attributes: Attributes = {}): Features {
    const names = inputs.map((input) => (typeof input === 'string' ? input : input.name));
    return { name: this.node(op, names, attributes), channels: (inputs[0] as Features).channels };
  }

  relu = (x: Features) => this.apply('Relu', [x]);
  sigmoid = (x: Features) => this.apply('Sigmoid', [x]);
  add = (x: Features, y: Features) => this.apply('Add', [x, y]);
  multiply = (x: Features, y: Features) => this.apply('Mul', [x, y]);

  leaky(x: Features, slope: number): Features {
    return this.apply('LeakyRelu', [x], { alpha: { float: slope } });
  }

  /** As exporters write it: there is no such operator before opset 24. */
  silu(x: Features): Features {
    return this.multiply(x, this.sigmoid(x));
  }

  geluOf({ name, channels }: Features): Features {
    return { name: this.gelu(name), channels };
  }

  clip(x: Features, least: number, most: number): Features {
    return this.apply('Clip', [x, this.number(least), this.number(most)]);
  }

  join(parts: readonly Features[]): Features {
    const name = this.node('Concat', namesOf(parts), { axis: 1 });
    return { name, channels: parts.reduce((sum, { channels }) => sum + channels, 0) };
  }

  /** Of a value's channels the first so many, the next, and so on. */
  split(x: Features, ...sizes: readonly number[]): Features[] {
    const outputs = sizes.map((_, at) => `${x.name}_part_${at}`);
    this.foreign('', 'Split', [x.name, this.int64(...sizes)], { axis: 1 }, outputs);
    return outputs.map((name, at) => ({ name, channels: sizes[at]! }));
  }

  maxPool(x: Features, kernel: number, stride: number, pad = 0): Features {
    return this.apply('MaxPool', [x], {
      ceil_mode: 0,
      dilations: [1, 1],
      kernel_shape: [kernel, kernel],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    });
  }

  /** Factors of channels: two 1x1 convolutions of their means (Hu et al. 2018). */
  squeezeExcite(x: Features, means: Features, hidden: number): Features {
    const squeezed = this.relu(this.convolve(means, hidden));
    return this.multiply(x, this.sigmoid(this.convolve(squeezed, x.channels)));
  }

  means(x: Features): Features {
    return this.apply('GlobalAveragePool', [x]);
  }

  shuffle({ name, channels }: Features, scale: number): Features {
    return { name: this.pixelShuffle(name, scale), channels: channels / scale ** 2 };
  }

  /** A Resize to so many rows and columns. */
  resize(
    x: Features,
    [height, width]: readonly [number, number],
    attributes: Attributes,
  ): Features {
    const sizes = this.int64(1, x.channels, height, width);
    return this.apply('Resize', [x, '', '', sizes], attributes);
  }

  /** Constants before or behind along the axes, or elements cut off where an amount is negative. */
  pad(x: Features, amounts: readonly number[], channels = x.channels): Features {
    const padded = this.apply('Pad', [x, this.int64(...amounts), this.number(0)], {
      mode: 'constant',
    });
    return { ...padded, channels };
  }

  /** So many pixels less at each border. */
  crop(x: Features, margin: number): Features {
    return this.pad(x, [0, 0, -margin, -margin, 0, 0, -margin, -margin]);
  }

  reshape(name: string, dims: readonly number[]): string {
    return this.node('Reshape', [name, this.int64(...dims)]);
  }

  transpose(name: string, perm: number[]): string {
    return this.node('Transpose', [name], { perm });
  }

  /** Slice of one axis. */
  slice(name: string, axis: number, from: number, to: number, step = 1): string {
    const [starts, ends, axes, steps] = [from, to, axis, step].map((value) =>
      this.int64(value),
    ) as [string, string, string, string];
    return this.node('Slice', [name, starts, ends, axes, steps]);
  }

  protected weights(count: number, fanIn: number, gain: number): Float32Array {
    return this.random.normal(count, gain * Math.sqrt(2 / fanIn));
  }

  #bias(channels: number): string {
    return this.constant(this.random.normal(channels, 0.01));
  }
}

export type Attributes = NonNullable<Parameters<NetworkBuilder['node']>[2]>;

/** PyTorch's `F.interpolate`, bilinear. */
export const bilinear: Attributes = {
  mode: 'linear',
  coordinate_transformation_mode: 'half_pixel',
  cubic_coeff_a: { float: -0.75 },
  nearest_mode: 'floor',
};

/** PyTorch's `F.interpolate`, nearest. */
export const nearest: Attributes = {
  mode: 'nearest',
  coordinate_transformation_mode: 'asymmetric',
  cubic_coeff_a: { float: -0.75 },
  nearest_mode: 'floor',
};

export const namesOf = (values: readonly Features[]) => values.map(({ name }) => name);
