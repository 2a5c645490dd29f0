import type { Features, Layers } from './layers.js';

const square = { kernel: 3 };

/**
 * Lim et al. 2017 ("Enhanced Deep Residual Networks for Single Image Super-Resolution"), the baseline: 16 blocks
 * of 64 features, without normalisation.
 *
 * @returns [1, 3, scale height, scale width]
 */
export function edsr(b: Layers, input: Features, scale: 2 | 4): string[] {
  return enlarged(b, input, scale, (first) => {
    let x = first;
    for (let i = 0; i < 16; ++i) {
      const inner = b.relu(b.convolve(x, 64, square));
      x = b.add(b.convolve(inner, 64, { ...square, gain: 0.3 }), x);
    }
    return x;
  });
}

export interface RcanSizes {
  groups: number;
  /** Blocks of a group. */
  blocks: number;
  scale: 2 | 4;
}

/**
 * Zhang et al. 2018 ("Image Super-Resolution Using Very Deep Residual Channel Attention Networks"): 64 features,
 * reduced to 4 for the attention. Published with 10 groups of 20 blocks.
 *
 * @returns [1, 3, scale height, scale width]
 */
export function rcan(b: Layers, input: Features, { groups, blocks, scale }: RcanSizes): string[] {
  return enlarged(b, input, scale, (first) => {
    let x = first;
    for (let i = 0; i < groups; ++i) {
      let inner = x;
      for (let j = 0; j < blocks; ++j) inner = attentionBlock(b, inner);
      x = b.add(b.convolve(inner, 64, { ...square, gain: 0.3 }), x);
    }
    return x;
  });
}

function attentionBlock(b: Layers, x: Features): Features {
  const branch = b.convolve(b.relu(b.convolve(x, 64, square)), 64, { ...square, gain: 0.5 });
  return b.add(b.squeezeExcite(branch, b.means(branch), 4), x);
}

/** What EDSR and those after it have around their bodies: the mean colour taken off, a pixel shuffle for each 2. */
function enlarged(
  b: Layers,
  input: Features,
  scale: 2 | 4,
  body: (first: Features) => Features,
): string[] {
  const first = b.convolve(shifted(b, input), 64, square);
  let x = b.add(b.convolve(body(first), 64, { ...square, gain: 0.5 }), first);
  for (let i = 1; i < scale; i *= 2) x = b.shuffle(b.convolve(x, 256, square), 2);
  return [shifted(b, b.convolve(x, 3, { ...square, gain: 0.5 })).name];
}

/** A 1x1 convolution of the colours, as which PyTorch's implementations shift them. */
function shifted(b: Layers, x: Features): Features {
  return b.convolve(x, 3);
}
