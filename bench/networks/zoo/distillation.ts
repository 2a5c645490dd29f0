import { bilinear, type Features, type Layers } from './layers.js';

/**
 * Hui et al. 2019 ("Lightweight Image Super-Resolution with Information Multi-distillation Network"), IMDN: 64
 * features, 6 blocks.
 *
 * @returns [1, 3, scale height, scale width]
 */
export function imdn(b: Layers, input: Features, dims: readonly number[], scale: number): string[] {
  const pixels = dims[2]! * dims[3]!;
  const first = b.convolve(input, 64, { kernel: 3 });
  const blocks: Features[] = [];
  for (let i = 0; i < 6; ++i) blocks.push(multiDistillation(b, blocks.at(-1) ?? first, pixels));
  return [upsampled(b, b.add(collected(b, blocks), first), scale)];
}

/** Each convolution keeps a quarter of its channels for the end and gives the others to the next. */
function multiDistillation(b: Layers, input: Features, pixels: number): Features {
  const kept: Features[] = [];
  let x = input;
  for (let i = 0; i < 3; ++i) {
    const wide = b.leaky(b.convolve(x, 64, { kernel: 3 }), 0.05);
    const [few, others] = b.split(wide, 16, 48) as [Features, Features];
    kept.push(few);
    x = others;
  }
  const joined = b.join([...kept, b.convolve(x, 16, { kernel: 3 })]);
  const contrasts = b.add(deviations(b, joined, pixels), b.means(joined));
  const weighted = b.squeezeExcite(joined, contrasts, 4);
  return b.add(b.convolve(weighted, 64, { gain: 0.5 }), input);
}

/** Of every channel, as PyTorch's sums and powers. */
function deviations(b: Layers, x: Features, pixels: number): Features {
  const sum = (y: Features) =>
    [3, 2].reduce((z, axis) => b.apply('ReduceSum', [z, b.int64(axis)], { keepdims: 1 }), y);
  const mean = (y: Features) => b.apply('Div', [sum(y), b.number(pixels)]);
  const squares = b.apply('Pow', [b.apply('Sub', [x, mean(x)]), b.number(2)]);
  return b.apply('Pow', [mean(squares), b.number(0.5)]);
}

/**
 * Liu et al. 2020 ("Residual Feature Distillation Network for Lightweight Image Super-Resolution"), as it won
 * AIM 2020's challenge: 50 features, 4 blocks.
 *
 * @returns [1, 3, scale height, scale width]
 */
export function rfdn(b: Layers, input: Features, dims: readonly number[], scale: number): string[] {
  const size = [dims[2]!, dims[3]!] as const;
  const first = b.convolve(input, 50, { kernel: 3 });
  const blocks: Features[] = [];
  for (let i = 0; i < 4; ++i) blocks.push(featureDistillation(b, blocks.at(-1) ?? first, size));
  return [upsampled(b, b.add(collected(b, blocks), first), scale)];
}

function featureDistillation(b: Layers, input: Features, size: readonly [number, number]) {
  const kept: Features[] = [];
  let x = input;
  for (let i = 0; i < 3; ++i) {
    kept.push(b.leaky(b.convolve(x, 25), 0.05));
    x = b.leaky(b.add(b.convolve(x, 50, { kernel: 3, gain: 0.3 }), x), 0.05);
  }
  kept.push(b.leaky(b.convolve(x, 25, { kernel: 3 }), 0.05));
  return spatialAttention(b, b.convolve(b.join(kept), 50), size);
}

/** Liu et al. 2020 ("Residual Feature Aggregation Network for Image Super-Resolution"). */
function spatialAttention(b: Layers, x: Features, size: readonly [number, number]): Features {
  const narrow = b.convolve(x, 12);
  const shrunk = b.convolve(narrow, 12, { kernel: 3, stride: 2, pads: [0, 0, 0, 0] });
  let far = b.maxPool(shrunk, 7, 3);
  for (let i = 0; i < 2; ++i) far = b.relu(b.convolve(far, 12, { kernel: 3 }));
  far = b.resize(b.convolve(far, 12, { kernel: 3 }), size, bilinear);
  const factors = b.convolve(b.add(far, b.convolve(narrow, 12)), x.channels);
  return b.multiply(x, b.sigmoid(factors));
}

/** What all blocks gave, as much as the first features are. */
function collected(b: Layers, blocks: readonly Features[]): Features {
  const joined = b.convolve(b.join(blocks), blocks[0]!.channels);
  return b.convolve(b.leaky(joined, 0.05), joined.channels, { kernel: 3 });
}

function upsampled(b: Layers, x: Features, scale: number): string {
  return b.shuffle(b.convolve(x, 3 * scale ** 2, { kernel: 3 }), scale).name;
}
