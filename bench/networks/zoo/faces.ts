import type { Features, Layers } from './layers.js';

/**
 * Bazarevsky et al. 2019 ("BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs"), the front camera's
 * network that MediaPipe ships, as PyTorch exports it: single blocks of 3x3, 896 anchors of 17 numbers.
 *
 * @returns the boxes [1, 896, 16] and the scores [1, 896, 1]
 */
export function blazeFace(b: Layers, input: Features): string[] {
  const padded = b.pad(input, [0, 0, 1, 1, 0, 0, 2, 2]);
  let x = b.relu(b.convolve(padded, 24, { kernel: 5, stride: 2, pads: [0, 0, 0, 0] }));
  for (const channels of [24, 28]) x = blazeBlock(b, x, channels);
  x = blazeBlock(b, x, 32, 2);
  for (const channels of [36, 42]) x = blazeBlock(b, x, channels);
  x = blazeBlock(b, x, 48, 2);
  for (const channels of [56, 64, 72, 80, 88]) x = blazeBlock(b, x, channels);
  let coarse = blazeBlock(b, x, 96, 2);
  for (let i = 0; i < 4; ++i) coarse = blazeBlock(b, coarse, 96);
  const ofBoth = (fine: number, ofCoarse: number, width: number) =>
    b.node('Concat', [anchors(b, x, fine, width), anchors(b, coarse, ofCoarse, width)], {
      axis: 1,
    });
  return [ofBoth(32, 96, 16), ofBoth(2, 6, 1)];
}

/** A depthwise and a 1x1 convolution, added to the input with channels of zeros. */
function blazeBlock(b: Layers, x: Features, channels: number, stride = 1): Features {
  const wide = stride === 2;
  const shrunk = wide ? b.depthwise(b.pad(x, [0, 0, 0, 0, 0, 0, 2, 2]), halving) : b.depthwise(x);
  const branch = b.convolve(shrunk, channels, { gain: 0.5 });
  let kept = wide ? b.maxPool(x, 2, 2) : x;
  const more = channels - x.channels;
  if (more > 0) kept = b.pad(kept, [0, 0, 0, 0, 0, more, 0, 0], channels);
  return b.relu(b.add(branch, kept));
}

const halving = { stride: 2, pads: [0, 0, 0, 0] };

/** A 1x1 convolution as rows [1, anchors, width]. */
function anchors(b: Layers, x: Features, channels: number, width: number): string {
  const last = b.transpose(b.convolve(x, channels).name, [0, 2, 3, 1]);
  return b.reshape(last, [1, -1, width]);
}

/**
 * Ultra-Light-Fast-Generic-Face-Detector-1MB (Linzaer 2019), the version RFB for 320x240: an SSD on separable
 * convolutions with one block of receptive fields (Liu et al. 2018). Its exported files decode the boxes.
 *
 * @returns the scores [1, anchors, 2] and the boxes [1, anchors, 4]
 */
export function ultraFace(b: Layers, input: Features, dims: readonly number[]): string[] {
  let x = b.relu(b.convolve(input, 16, { kernel: 3, stride: 2 }));
  const sources: Features[] = [];
  const layers = (...steps: readonly (readonly [number, number])[]) => {
    for (const [channels, stride] of steps) x = separable(b, x, channels, stride);
  };
  layers([32, 1], [32, 2], [32, 1], [64, 2], [64, 1], [64, 1]);
  x = receptiveFields(b, x);
  sources.push(x);
  layers([128, 2], [128, 1], [128, 1]);
  sources.push(x);
  layers([256, 2], [256, 1]);
  sources.push(x);
  const extra = b.depthwise(b.relu(b.convolve(x, 64)), { stride: 2 });
  sources.push(b.relu(b.convolve(b.relu(extra), 256)));

  const counts = [3, 2, 2, 3];
  const ofAll = (width: number) => {
    const parts = sources.map((source, at) => header(b, source, counts[at]! * width, at === 3));
    const rows = parts.map(({ name }) =>
      b.reshape(b.transpose(name, [0, 2, 3, 1]), [1, -1, width]),
    );
    return b.node('Concat', rows, { axis: 1 });
  };
  const scores = b.node('Softmax', [ofAll(2)], { axis: 2 });
  return [scores, decodeBoxes(b, ofAll(4), anchorCount(dims, counts))];
}

function separable(b: Layers, x: Features, channels: number, stride: number): Features {
  return b.relu(b.convolve(b.relu(b.depthwise(x, { stride })), channels));
}

/** What tells classes or places of each anchor: separable, but the last. */
function header(b: Layers, x: Features, channels: number, last: boolean): Features {
  if (last) return b.convolve(x, channels, { kernel: 3, gain: 0.5 });
  return b.convolve(b.relu(b.depthwise(x)), channels, { gain: 0.5 });
}

/** Branches of 3x3 convolutions that see 5, 7 and 11 pixels far. */
function receptiveFields(b: Layers, x: Features): Features {
  const branch = (dilation: number, ...widths: readonly number[]) => {
    let y = b.convolve(x, 8);
    for (const width of widths) y = b.relu(b.convolve(y, width, { kernel: 3 }));
    return b.convolve(y, 16, { kernel: 3, dilation });
  };
  const joined = b.join([branch(2, 16), branch(3, 16), branch(5, 12, 16)]);
  const fused = b.convolve(joined, 64, { gain: 0.5 });
  const scaled = b.apply('Mul', [fused, b.number(1)]);
  return b.relu(b.add(scaled, b.convolve(x, 64, { gain: 0.5 })));
}

function anchorCount(dims: readonly number[], counts: readonly number[]): number {
  const cells = (stride: number) => Math.ceil(dims[2]! / stride) * Math.ceil(dims[3]! / stride);
  return counts.reduce((sum, count, at) => sum + count * cells(8 * 2 ** at), 0);
}

/** SSD's centres and sizes, relative to anchors, as corners. */
function decodeBoxes(b: Layers, offsets: string, count: number): string {
  const priors = (at: number) => b.constant(b.random.pixels(2 * count), [1, count, at]);
  const [centres, sizes] = [priors(2), priors(2)];
  const part = (x: string, from: number) => b.slice(x, 2, from, from + 2);
  const times = (x: string, y: string) => b.node('Mul', [x, y]);
  const moved = times(times(part(offsets, 0), b.number(0.1)), sizes);
  const centre = b.node('Add', [moved, centres]);
  const size = times(b.node('Exp', [times(part(offsets, 2), b.number(0.2))]), sizes);
  const boxes = b.node('Concat', [centre, size], { axis: 2 });
  const half = () => b.node('Div', [part(boxes, 2), b.number(2)]);
  const low = b.node('Sub', [part(boxes, 0), half()]);
  const high = b.node('Add', [part(boxes, 0), half()]);
  return b.node('Concat', [low, high], { axis: 2 });
}
