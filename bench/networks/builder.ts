import { OnnxBuilder } from '../../tests/support/onnx-builder.js';
import type { Random } from './random.js';

/** Layers of super-resolution networks, with random weights. Values are named by strings. */
export class NetworkBuilder extends OnnxBuilder {
  constructor(readonly random: Random) {
    super();
  }

  /** A convolution that keeps width and height. */
  conv(x: string, inputs: number, outputs: number, kernel: number): string {
    const weights = this.random.he(outputs, inputs, kernel);
    return this.convWith(x, weights, this.random.normal(outputs, 0.01), [outputs, inputs, kernel]);
  }

  convWith(
    x: string,
    weights: Float32Array,
    bias: Float32Array,
    [outputs, inputs, kernel]: readonly [number, number, number],
  ): string {
    const w = this.constant(weights, [outputs, inputs, kernel, kernel]);
    const pads = Array<number>(4).fill((kernel - 1) / 2);
    return this.node('Conv', [x, w, this.constant(bias)], { kernel_shape: [kernel, kernel], pads });
  }

  /** Enlarges `scale` times: a transposed convolution with that stride. */
  deconv(x: string, inputs: number, outputs: number, kernel: number, scale: number): string {
    // Every output pixel sums over (kernel / scale)^2 taps of each input channel.
    const taps = inputs * (kernel / scale) ** 2;
    const weights = this.random.normal(inputs * outputs * kernel ** 2, Math.sqrt(2 / taps));
    const pad = (kernel - 1) / 2;
    return this.node(
      'ConvTranspose',
      [
        x,
        this.constant(weights, [inputs, outputs, kernel, kernel]),
        this.constant(this.random.normal(outputs, 0.01)),
      ],
      {
        kernel_shape: [kernel, kernel],
        strides: [scale, scale],
        pads: [pad, pad, pad, pad],
        output_padding: [scale - 1, scale - 1],
      },
    );
  }

  prelu(x: string, slopes: Float32Array): string {
    return this.node('PRelu', [x, this.constant(slopes, [slopes.length, 1, 1])]);
  }

  leakyRelu(x: string): string {
    return this.node('LeakyRelu', [x], { alpha: { float: 0.2 } });
  }

  pixelShuffle(x: string, scale: number): string {
    return this.node('DepthToSpace', [x], { blocksize: scale, mode: 'CRD' });
  }

  nearest(x: string, scale: number): string {
    return this.#resize(x, scale, {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    });
  }

  bicubic(x: string, scale: number): string {
    return this.#resize(x, scale, {
      mode: 'cubic',
      coordinate_transformation_mode: 'half_pixel',
      cubic_coeff_a: { float: -0.75 },
    });
  }

  /** A residual branch, scaled down. */
  addScaled(x: string, branch: string, factor: number): string {
    const scaled = this.node('Mul', [branch, this.number(factor)]);
    return this.node('Add', [scaled, x]);
  }

  /** As exporters wrote it before opset 20. */
  gelu(x: string): string {
    const erf = this.node('Erf', [this.node('Div', [x, this.number(Math.SQRT2)])]);
    const doubled = this.node('Mul', [x, this.node('Add', [erf, this.number(1)])]);
    return this.node('Mul', [doubled, this.number(0.5)]);
  }

  /** A scalar. */
  number(value: number): string {
    return this.constant(Float32Array.of(value), []);
  }

  #resize(x: string, scale: number, attributes: Parameters<OnnxBuilder['node']>[2]): string {
    const scales = this.constant(Float32Array.of(1, 1, scale, scale));
    return this.node('Resize', [x, '', scales], attributes);
  }
}
