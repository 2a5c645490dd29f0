import type { Dim } from '../../tests/support/onnx-builder.js';
import { NetworkBuilder } from './builder.js';
import type { Random } from './random.js';

export type Activation = 'relu' | 'prelu' | 'none';

/** A convolution of odd kernel size that keeps width and height, and what follows it. */
export interface ChainLayer {
  inputs: number;
  outputs: number;
  kernel: number;
  /** [outputs, inputs, kernel, kernel] */
  weights: Float32Array;
  bias: Float32Array;
  activation: Activation;
  /** Of PReLU, one a channel. */
  slopes: Float32Array;
}

/** Convolutions one after the other, then a pixel shuffle: what any library can be told by hand. */
export interface Chain {
  layers: ChainLayer[];
  /** Of the pixel shuffle; channels are ordered [colour, row, column], as PyTorch's. */
  scale: number;
  /** Whether the input, enlarged to nearest neighbours, is added to the result. */
  addsInput: boolean;
}

/** A layer with random weights. */
export function randomLayer(
  random: Random,
  [inputs, outputs, kernel]: readonly [number, number, number],
  activation: Activation,
): ChainLayer {
  return {
    inputs,
    outputs,
    kernel,
    weights: random.he(outputs, inputs, kernel),
    bias: random.normal(outputs, 0.01),
    activation,
    slopes: random.pixels(outputs).map((x) => x / 2),
  };
}

/** The chain as an .onnx file; input `input` [1, C, height, width], output `output`. */
export function chainToOnnx(chain: Chain, dims: readonly Dim[], random: Random): Uint8Array {
  const builder = new NetworkBuilder(random);
  const input = builder.input('input', dims);
  let x: string = input;
  for (const layer of chain.layers) {
    x = builder.convWith(x, layer.weights, layer.bias, [layer.outputs, layer.inputs, layer.kernel]);
    if (layer.activation === 'relu') x = builder.node('Relu', [x]);
    if (layer.activation === 'prelu') x = builder.prelu(x, layer.slopes);
  }
  x = builder.pixelShuffle(x, chain.scale);
  if (chain.addsInput) x = builder.node('Add', [x, builder.nearest(input, chain.scale)]);
  builder.output(builder.node('Identity', [x], {}, 'output'));
  return builder.build();
}
