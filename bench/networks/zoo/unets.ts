import type { Features, Layers } from './layers.js';

/**
 * Ronneberger et al. 2015 ("U-Net: Convolutional Networks for Biomedical Image Segmentation") with normalisation
 * and 32 first features, as PyTorch Hub's brain-segmentation-pytorch (Buda et al. 2019).
 *
 * @returns [1, 1, height, width]
 */
export function uNet(b: Layers, input: Features): string[] {
  const twice = (x: Features, channels: number) =>
    [0, 1].reduce((y) => b.relu(b.convolve(y, channels, { kernel: 3 })), x);
  const kept: Features[] = [];
  let x = input;
  for (const channels of [32, 64, 128, 256]) {
    kept.push(twice(x, channels));
    x = b.maxPool(kept.at(-1)!, 2, 2);
  }
  x = twice(x, 512);
  for (const skipped of kept.toReversed()) {
    const enlarged = b.deconvolve(x, skipped.channels, { kernel: 2, stride: 2 });
    x = twice(b.join([enlarged, skipped]), skipped.channels);
  }
  return [b.sigmoid(b.convolve(x, 1)).name];
}

/**
 * waifu2x' UpCUNet (nagadomi 2018): two U-Nets of unpadded convolutions and squeeze-and-excitation, the second
 * of which corrects what the first has enlarged.
 *
 * @returns [1, 3, 2 height - 72, 2 width - 72]
 */
export function cuNet(b: Layers, input: Features): string[] {
  const enlarged = b.clip(shallow(b, input), 0, 1);
  const corrected = b.add(deep(b, enlarged), b.crop(enlarged, 20));
  return [b.clip(corrected, 0, 1).name];
}

const unpadded = { kernel: 3, pads: [0, 0, 0, 0] };
const halving = { kernel: 2, stride: 2, pads: [0, 0, 0, 0] };

function shallow(b: Layers, input: Features): Features {
  const x1 = pair(b, input, 32, 64);
  const x2 = excited(b, pair(b, down(b, x1), 128, 64));
  const x3 = b.leaky(b.convolve(b.add(b.crop(x1, 4), up(b, x2, 64)), 64, unpadded), 0.1);
  return b.deconvolve(x3, 3, { kernel: 4, stride: 2, pad: 3 });
}

function deep(b: Layers, input: Features): Features {
  const x1 = pair(b, input, 32, 64);
  const x2 = excited(b, pair(b, down(b, x1), 64, 128));
  const x3 = excited(b, pair(b, down(b, x2), 256, 128));
  const x4 = excited(b, pair(b, b.add(b.crop(x2, 4), up(b, x3, 128)), 64, 64));
  const x5 = b.leaky(b.convolve(b.add(b.crop(x1, 16), up(b, x4, 64)), 64, unpadded), 0.1);
  return b.convolve(x5, 3, { ...unpadded, gain: 0.1 });
}

function pair(b: Layers, x: Features, middle: number, channels: number): Features {
  const first = b.leaky(b.convolve(x, middle, unpadded), 0.1);
  return b.leaky(b.convolve(first, channels, unpadded), 0.1);
}

function excited(b: Layers, x: Features): Features {
  const means = b.apply('ReduceMean', [x], { axes: [2, 3], keepdims: 1 });
  return b.squeezeExcite(x, means, x.channels / 8);
}

function down(b: Layers, x: Features): Features {
  return b.leaky(b.convolve(x, x.channels, halving), 0.1);
}

function up(b: Layers, x: Features, channels: number): Features {
  return b.leaky(b.deconvolve(x, channels, { kernel: 2, stride: 2 }), 0.1);
}
