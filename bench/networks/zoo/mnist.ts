import type { Layers } from './layers.js';

/**
 * The ONNX Model Zoo's mnist-8, as CNTK has exported it: biases are additions, padding is left to the runtime, and
 * the last weights are reshaped in the graph.
 *
 * @returns [1, 10]
 */
export function mnist(b: Layers): string[] {
  const kernel = (inputs: number, outputs: number) =>
    b.constant(b.random.he(outputs, inputs, 5), [outputs, inputs, 5, 5]);
  const layer = (x: string, inputs: number, outputs: number) => {
    const sums = b.node('Conv', [x, kernel(inputs, outputs)], {
      auto_pad: 'SAME_UPPER',
      dilations: [1, 1],
      group: 1,
      kernel_shape: [5, 5],
      strides: [1, 1],
    });
    const bias = b.constant(b.random.normal(outputs, 0.01), [outputs, 1, 1]);
    return b.node('Relu', [b.node('Add', [sums, bias])]);
  };
  const pool = (x: string, size: number) =>
    b.node('MaxPool', [x], {
      auto_pad: 'NOTSET',
      kernel_shape: [size, size],
      pads: [0, 0, 0, 0],
      strides: [size, size],
    });
  const features = pool(layer(pool(layer('input', 1, 8), 2), 8, 16), 3);
  const row = b.reshape(features, [1, 256]);
  const weights = b.constant(b.random.normal(2560, 1 / 16), [16, 4, 4, 10]);
  const product = b.node('MatMul', [row, b.reshape(weights, [256, 10])]);
  return [b.node('Add', [product, b.constant(b.random.normal(10, 0.01), [1, 10])])];
}
