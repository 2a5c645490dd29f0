import type { Features, Layers } from './layers.js';

/**
 * Ma et al. 2018 ("ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design"), 1x, as PyTorch
 * exports torchvision's.
 *
 * @returns [1, 1000]
 */
export function shuffleNetV2(b: Layers, input: Features, dims: readonly number[]): string[] {
  let side = [dims[2]! / 4, dims[3]! / 4] as const;
  let x = b.relu(b.convolve(input, 24, { kernel: 3, stride: 2 }));
  x = b.maxPool(x, 3, 2, 1);
  for (const [channels, repeats] of [
    [116, 4],
    [232, 8],
    [464, 4],
  ] as const) {
    side = [side[0] / 2, side[1] / 2];
    x = shuffled(b, b.join(halvedBranches(b, x, channels / 2)), side);
    for (let i = 1; i < repeats; ++i) {
      const [kept, worked] = b.split(x, channels / 2, channels / 2) as [Features, Features];
      x = shuffled(b, b.join([kept, branch(b, worked, channels / 2, 1)]), side);
    }
  }
  x = b.relu(b.convolve(x, 1024));
  const means = b.node('ReduceMean', [x.name], { axes: [2, 3], keepdims: 0 });
  const weights = b.constant(b.random.normal(1000 * 1024, 1 / 32), [1000, 1024]);
  const bias = b.constant(b.random.normal(1000, 0.01));
  return [b.node('Gemm', [means, weights, bias], { transB: 1 })];
}

function halvedBranches(b: Layers, x: Features, channels: number): Features[] {
  const short = b.relu(b.convolve(b.depthwise(x, { stride: 2 }), channels));
  return [short, branch(b, x, channels, 2)];
}

function branch(b: Layers, x: Features, channels: number, stride: number): Features {
  const narrow = b.relu(b.convolve(x, channels));
  return b.relu(b.convolve(b.depthwise(narrow, { stride }), channels));
}

/** The channels of both halves in turns. */
function shuffled(b: Layers, x: Features, [height, width]: readonly [number, number]): Features {
  const { channels } = x;
  const halves = b.reshape(x.name, [1, 2, channels / 2, height, width]);
  const swapped = b.transpose(halves, [0, 2, 1, 3, 4]);
  return { name: b.reshape(swapped, [1, channels, height, width]), channels };
}

/**
 * Sandler et al. 2018 ("MobileNetV2: Inverted Residuals and Linear Bottlenecks") under DeepLabv3 (Chen et al.
 * 2017) without its atrous branches, stride 16, 21 classes, as tf2onnx writes it: NHWC outside.
 *
 * @returns [1, height, width, 21]
 */
export function deepLab(b: Layers, _: Features, dims: readonly number[]): string[] {
  const size = [dims[1]!, dims[2]!] as const;
  const image = { name: b.transpose('input', [0, 3, 1, 2]), channels: 3 };
  let x = relu6(b, b.convolve(image, 32, { kernel: 3, stride: 2 }));
  x = b.convolve(relu6(b, b.depthwise(x)), 16);
  for (const [channels, repeats, stride, dilation] of [
    [24, 2, 2, 1],
    [32, 3, 2, 1],
    [64, 4, 2, 1],
    [96, 3, 1, 1],
    [160, 3, 1, 2],
    [320, 1, 1, 2],
  ] as const) {
    for (let i = 0; i < repeats; ++i) {
      // The first block of what was a stride of 2 sees as far as before.
      const near = channels === 160 && i === 0 ? 1 : dilation;
      x = inverted(b, x, channels, i === 0 ? stride : 1, near);
    }
  }
  const deep = [Math.ceil(size[0] / 16), Math.ceil(size[1] / 16)] as const;
  const means = b.apply('ReduceMean', [x], { axes: [2, 3], keepdims: 1 });
  const image1 = b.resize(b.relu(b.convolve(means, 256)), deep, linear);
  const joined = b.join([image1, b.relu(b.convolve(x, 256))]);
  const logits = b.convolve(b.relu(b.convolve(joined, 256)), 21);
  return [b.transpose(b.resize(logits, size, linear).name, [0, 2, 3, 1])];
}

const linear = { mode: 'linear', coordinate_transformation_mode: 'align_corners' };

function relu6(b: Layers, x: Features): Features {
  return b.clip(x, 0, 6);
}

function inverted(b: Layers, x: Features, channels: number, stride: number, dilation: number) {
  const wide = relu6(b, b.convolve(x, 6 * x.channels));
  const mixed = relu6(b, b.depthwise(wide, { stride, dilation }));
  const narrow = b.convolve(mixed, channels, { gain: 0.5 });
  return stride === 1 && x.channels === channels ? b.add(x, narrow) : narrow;
}
