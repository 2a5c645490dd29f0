import type { Features, Layers } from './layers.js';

/**
 * Ayazoglu 2021 ("Extremely Lightweight Quantization Robust Real-Time Single-Image Super Resolution for Mobile
 * Devices"), XLSR: blocks of four groups, and clipped ReLU at the end.
 *
 * @returns [1, 3, scale height, scale width]
 */
export function xlsr(b: Layers, input: Features, scale: number): string[] {
  let x = b.relu(b.convolve(input, 32, { kernel: 3 }));
  x = b.convolve(x, 32);
  for (let i = 0; i < 3; ++i) {
    x = b.convolve(b.relu(b.convolve(x, 32, { kernel: 3, groups: 4 })), 32);
  }
  const joined = b.join([x, b.convolve(input, 16, { kernel: 3 })]);
  const last = b.convolve(b.relu(b.convolve(joined, 32)), 3 * scale ** 2, { kernel: 3 });
  return [b.clip(b.shuffle(last, scale), 0, 1).name];
}

export interface EdgeSizes {
  /** Templates that are compared. */
  templates: number;
  kernel: number;
  scale: number;
}

/**
 * Navarrete Michelini et al. 2022 ("edge-SR: Super-Resolution For The Masses"), eSR-TM: one convolution without
 * bias, a pixel shuffle, and a mean of templates that a softmax weighs.
 *
 * @returns [1, 1, scale height, scale width]
 */
export function edgeSr(
  b: Layers,
  input: Features,
  dims: readonly number[],
  { templates, kernel, scale }: EdgeSizes,
): string[] {
  const outputs = 2 * templates * scale ** 2;
  const weights = b.random.normal(outputs * kernel ** 2, Math.sqrt(2) / kernel);
  const filtered = b.node('Conv', [input.name, b.constant(weights, [outputs, 1, kernel, kernel])], {
    dilations: [1, 1],
    group: 1,
    kernel_shape: [kernel, kernel],
    pads: Array<number>(4).fill((kernel - 1) / 2),
    strides: [1, 1],
  });
  const [height, width] = [scale * dims[2]!, scale * dims[3]!];
  const shuffled = b.pixelShuffle(filtered, scale);
  const both = b.reshape(shuffled, [1, 2, templates, height, width]);
  const [values, keys] = [0, 1].map((at) =>
    b.node('Gather', [both, b.constant(BigInt64Array.of(BigInt(at)), [])], { axis: 1 }),
  ) as [string, string];
  const weighted = b.node('Mul', [values, b.node('Softmax', [keys], { axis: 1 })]);
  return [b.node('ReduceSum', [weighted, b.int64(1)], { keepdims: 1 })];
}
