import type { Features, Layers } from './layers.js';

/**
 * Ge et al. 2021 ("YOLOX: Exceeding YOLO Series in 2021"), YOLOX-nano: depth 0.33, width 0.25, separable
 * convolutions; exported without decoding.
 *
 * @returns [1, anchors, 85]
 */
export function yoloxNano(b: Layers, input: Features): string[] {
  let x = b.silu(b.convolve(focus(b, input), 16, { kernel: 3 }));
  x = stage(b, separable(b, x, 32, 2), 32, 1);
  const fine = stage(b, separable(b, x, 64, 2), 64, 3);
  const middle = stage(b, separable(b, fine, 128, 2), 128, 3);
  const pooled = pyramidPool(b, separable(b, middle, 256, 2));
  const coarse = stage(b, pooled, 256, 1, false);

  const down16 = pointwise(b, coarse, 128);
  const up16 = stage(b, b.join([enlarged(b, down16), middle]), 128, 1, false);
  const down8 = pointwise(b, up16, 64);
  const out8 = stage(b, b.join([enlarged(b, down8), fine]), 64, 1, false);
  const out16 = stage(b, b.join([separable(b, out8, 64, 2), down8]), 128, 1, false);
  const out32 = stage(b, b.join([separable(b, out16, 128, 2), down16]), 256, 1, false);

  const rows = [out8, out16, out32].map((features) => {
    const { name, channels } = head(b, features);
    return b.reshape(name, [1, channels, -1]);
  });
  return [b.transpose(b.node('Concat', rows, { axis: 2 }), [0, 2, 1])];
}

/** Pixels of every second row and column, as channels. */
function focus(b: Layers, x: Features): Features {
  const all = 2 ** 31 - 1;
  const every = (row: number, column: number): Features => ({
    name: b.slice(b.slice(x.name, 2, row, all, 2), 3, column, all, 2),
    channels: x.channels,
  });
  return b.join([every(0, 0), every(1, 0), every(0, 1), every(1, 1)]);
}

/** SiLU lets less through than ReLU, for which He et al. meant their deviation. */
const gain = 1.18;

function pointwise(b: Layers, x: Features, channels: number): Features {
  return b.silu(b.convolve(x, channels, { gain }));
}

function separable(b: Layers, x: Features, channels: number, stride = 1): Features {
  return pointwise(b, b.silu(b.depthwise(x, { stride, gain })), channels);
}

/** Half of the channels through bottlenecks, half past them (Wang et al. 2020, "CSPNet"). */
function stage(b: Layers, x: Features, channels: number, count: number, adds = true): Features {
  let deep = pointwise(b, x, channels / 2);
  const past = pointwise(b, x, channels / 2);
  for (let i = 0; i < count; ++i) {
    const branch = separable(b, pointwise(b, deep, channels / 2), channels / 2);
    deep = adds ? b.add(branch, deep) : branch;
  }
  return pointwise(b, b.join([deep, past]), channels);
}

function pyramidPool(b: Layers, x: Features): Features {
  const narrow = pointwise(b, x, x.channels / 2);
  const pools = [5, 9, 13].map((kernel) => b.maxPool(narrow, kernel, 1, (kernel - 1) / 2));
  return pointwise(b, b.join([narrow, ...pools]), x.channels);
}

function enlarged(b: Layers, x: Features): Features {
  return { ...x, name: b.nearest(x.name, 2) };
}

/** Boxes, whether there is something, and what it is. */
function head(b: Layers, x: Features): Features {
  const stem = pointwise(b, x, 64);
  const twice = () => separable(b, separable(b, stem, 64), 64);
  const classes = b.convolve(twice(), 80);
  const places = twice();
  const [box, object] = [b.convolve(places, 4), b.convolve(places, 1)];
  return b.join([box, b.sigmoid(object), b.sigmoid(classes)]);
}
