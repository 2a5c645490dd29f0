import { type Features, type Layers, nearest } from './layers.js';

/**
 * Sun et al. 2023 ("Spatially-Adaptive Feature Modulation for Efficient Image Super-Resolution"), SAFMN: 36
 * features, 8 blocks.
 *
 * @returns [1, 3, scale height, scale width]
 */
export function safmn(b: Layers, input: Features, dims: readonly number[], scale: number) {
  const size = [dims[2]!, dims[3]!] as const;
  const first = b.convolve(input, 36, { kernel: 3 });
  let x = first;
  for (let i = 0; i < 8; ++i) {
    x = b.add(modulated(b, normalised(b, x), size), x);
    x = b.add(mixed(b, normalised(b, x)), x);
  }
  const last = b.convolve(b.add(x, first), 3 * scale ** 2, { kernel: 3 });
  return [b.shuffle(last, scale).name];
}

/** Of every pixel over its channels, as PyTorch exports it written out. */
function normalised(b: Layers, x: Features): Features {
  const mean = (y: Features) => b.apply('ReduceMean', [y], { axes: [1], keepdims: 1 });
  const centre = mean(x);
  const centred = () => b.apply('Sub', [x, centre]);
  const variance = mean(b.apply('Pow', [centred(), b.number(2)]));
  const deviation = b.apply('Sqrt', [b.apply('Add', [variance, b.number(1e-6)])]);
  const scaled = b.apply('Div', [centred(), deviation]);
  const { channels } = x;
  const perChannel = (values: Float32Array) => b.constant(values, [channels, 1, 1]);
  const weighted = b.node('Mul', [perChannel(b.random.pixels(channels)), scaled.name]);
  return { ...x, name: b.node('Add', [weighted, perChannel(b.random.normal(channels, 0.01))]) };
}

/** Four scales of a quarter of the channels each tell how much of each pixel is taken. */
function modulated(b: Layers, x: Features, [height, width]: readonly [number, number]): Features {
  const quarter = x.channels / 4;
  const scales = b.split(x, quarter, quarter, quarter, quarter).map((part, level) => {
    if (level === 0) return b.depthwise(part);
    // An adaptive pool to sizes that divide the image's.
    const pooled = b.maxPool(part, 2 ** level, 2 ** level);
    return b.resize(b.depthwise(pooled), [height, width], nearest);
  });
  return b.multiply(b.geluOf(b.convolve(b.join(scales), x.channels)), x);
}

function mixed(b: Layers, x: Features): Features {
  const wide = b.geluOf(b.convolve(x, 2 * x.channels, { kernel: 3 }));
  return b.convolve(wide, x.channels, { gain: 0.5 });
}

/**
 * Wan et al. 2024 ("Swift Parameter-free Attention Network for Efficient Super-Resolution"), SPAN-S: 48 features, 6
 * blocks, each convolution's branches made one as for inference.
 *
 * @returns [1, 3, scale height, scale width]
 */
export function span(b: Layers, input: Features, scale: number): string[] {
  const mean = b.constant(Float32Array.of(0.4488, 0.4371, 0.404), [1, 3, 1, 1]);
  const levels = b.apply('Mul', [b.apply('Sub', [input, mean]), b.number(255)]);
  const first = b.convolve(levels, 48, { kernel: 3, gain: 1 / 64 });
  let x = first;
  const outputs: Features[] = [];
  const inner: Features[] = [];
  for (let i = 0; i < 6; ++i) {
    // PyTorch's activation is in place: what is joined at the end is the activated one.
    const a1 = b.silu(b.convolve(x, 48, { kernel: 3 }));
    const c2 = b.convolve(a1, 48, { kernel: 3 });
    const c3 = b.convolve(b.silu(c2), 48, { kernel: 3 });
    const attention = b.apply('Sub', [b.sigmoid(c3), b.number(0.5)]);
    x = b.multiply(b.add(c3, x), attention);
    outputs.push(x);
    inner.push(a1);
  }
  const deep = b.convolve(x, 48, { kernel: 3 });
  const joined = b.join([first, deep, outputs[0]!, inner[5]!]);
  const last = b.convolve(b.convolve(joined, 48), 3 * scale ** 2, { kernel: 3 });
  return [b.shuffle(last, scale).name];
}
