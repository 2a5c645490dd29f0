import type { NetworkBuilder } from './builder.js';

/** Sizes of a SwinIR; the input's sides are multiples of `window`. */
export interface SwinSizes {
  height: number;
  width: number;
  /** Features of a token, which every pixel is. */
  features: number;
  heads: number;
  window: number;
  /** Residual groups, each of this many pairs of a plain and a shifted layer. */
  groups: number;
  pairs: number;
  scale: number;
}

/**
 * Liang et al. 2021 ("SwinIR: Image Restoration Using Swin Transformer"), as PyTorch exports the
 * lightweight variant at a fixed size.
 */
export function swinir(b: NetworkBuilder, input: string, sizes: SwinSizes): string {
  const { features, groups, scale } = sizes;
  const shallow = b.conv(input, 3, features, 3);
  let tokens = layerNorm(b, toTokens(b, shallow, sizes), features);
  for (let i = 0; i < groups; ++i) tokens = residualGroup(b, tokens, sizes);
  const deep = b.conv(toImage(b, layerNorm(b, tokens, features), sizes), features, features, 3);
  const image = b.node('Add', [deep, shallow]);
  return b.pixelShuffle(b.conv(image, features, 3 * scale ** 2, 3), scale);
}

function residualGroup(b: NetworkBuilder, input: string, sizes: SwinSizes): string {
  let x = input;
  for (let i = 0; i < sizes.pairs; ++i) x = layer(b, layer(b, x, sizes, false), sizes, true);
  const image = b.conv(toImage(b, x, sizes), sizes.features, sizes.features, 3);
  return b.node('Add', [toTokens(b, image, sizes), input]);
}

/** Attention within windows, then two fully connected layers, each with a residual. */
function layer(b: NetworkBuilder, input: string, sizes: SwinSizes, shifted: boolean): string {
  const { features, height, width, window } = sizes;
  const shift = shifted ? window / 2 : 0;
  const map = reshape(b, layerNorm(b, input, features), [1, height, width, features]);
  const attended = attention(b, toWindows(b, roll(b, map, shift), sizes), sizes, shifted);
  const back = roll(b, fromWindows(b, attended, sizes), -shift);
  const x = b.node('Add', [input, reshape(b, back, [1, height * width, features])]);
  const hidden = b.gelu(linear(b, layerNorm(b, x, features), features, 2 * features));
  return b.node('Add', [x, linear(b, hidden, 2 * features, features)]);
}

function attention(b: NetworkBuilder, windows: string, sizes: SwinSizes, shifted: boolean) {
  const { features, heads } = sizes;
  const area = sizes.window ** 2;
  const count = (sizes.height * sizes.width) / area;
  const depth = features / heads;
  const split = reshape(b, linear(b, windows, features, 3 * features), [
    count,
    area,
    3,
    heads,
    depth,
  ]);
  const parts = transpose(b, split, [2, 0, 3, 1, 4]);
  const [q, k, v] = [0, 1, 2].map((i) =>
    b.node('Gather', [parts, b.constant(BigInt64Array.of(BigInt(i)), [])], { axis: 0 }),
  ) as [string, string, string];
  const scaled = b.node('Mul', [q, b.number(depth ** -0.5)]);
  const products = b.node('MatMul', [scaled, transpose(b, k, [0, 1, 3, 2])]);
  const position = b.constant(b.random.normal(heads * area ** 2, 0.5), [1, heads, area, area]);
  let scores = b.node('Add', [products, position]);
  if (shifted) {
    const masked = reshape(b, scores, [1, count, heads, area, area]);
    const mask = b.constant(shiftMask(sizes), [1, count, 1, area, area]);
    scores = reshape(b, b.node('Add', [masked, mask]), [count, heads, area, area]);
  }
  const values = b.node('MatMul', [b.node('Softmax', [scores], { axis: -1 }), v]);
  const merged = reshape(b, transpose(b, values, [0, 2, 1, 3]), [count, area, features]);
  return linear(b, merged, features, features);
}

/** -100 between pixels of a shifted window that are no neighbours in the image. */
function shiftMask({ height, width, window }: SwinSizes): Float32Array {
  const region = (at: number, size: number) =>
    at < size - window ? 0 : at < size - window / 2 ? 1 : 2;
  const area = window ** 2;
  const across = width / window;
  const count = (height / window) * across;
  const regionOf = (index: number, pixel: number) =>
    3 * region(Math.floor(index / across) * window + Math.floor(pixel / window), height) +
    region((index % across) * window + (pixel % window), width);
  return Float32Array.from({ length: count * area * area }, (_, i) => {
    const index = Math.floor(i / area ** 2);
    const [from, to] = [Math.floor(i / area) % area, i % area];
    return regionOf(index, from) === regionOf(index, to) ? 0 : -100;
  });
}

/** [1, H, W, C] moved up and left by `shift` pixels, what leaves coming back on the other side. */
function roll(b: NetworkBuilder, map: string, shift: number): string {
  const slice = (x: string, axis: number, from: number, to: number) =>
    b.node('Slice', [x, b.int64(from), b.int64(to), b.int64(axis)]);
  if (shift === 0) return map;
  const end = 2 ** 31;
  const along = (x: string, axis: number) =>
    b.node('Concat', [slice(x, axis, shift, end), slice(x, axis, 0, shift)], { axis });
  return along(along(map, 1), 2);
}

function toWindows(b: NetworkBuilder, map: string, sizes: SwinSizes): string {
  const { features, height, width, window } = sizes;
  const split = [1, height / window, window, width / window, window, features];
  const windows = transpose(b, reshape(b, map, split), [0, 1, 3, 2, 4, 5]);
  return reshape(b, windows, [-1, window ** 2, features]);
}

function fromWindows(b: NetworkBuilder, windows: string, sizes: SwinSizes): string {
  const { features, height, width, window } = sizes;
  const split = [1, height / window, width / window, window, window, features];
  const map = transpose(b, reshape(b, windows, split), [0, 1, 3, 2, 4, 5]);
  return reshape(b, map, [1, height, width, features]);
}

/** [1, C, H, W] to [1, H W, C]. */
function toTokens(b: NetworkBuilder, image: string, { features, height, width }: SwinSizes) {
  return transpose(b, reshape(b, image, [1, features, height * width]), [0, 2, 1]);
}

function toImage(b: NetworkBuilder, tokens: string, { features, height, width }: SwinSizes) {
  return reshape(b, transpose(b, tokens, [0, 2, 1]), [1, features, height, width]);
}

function linear(b: NetworkBuilder, x: string, inputs: number, outputs: number): string {
  const weights = b.random.normal(inputs * outputs, Math.sqrt(1 / inputs));
  const product = b.node('MatMul', [x, b.constant(weights, [inputs, outputs])]);
  return b.node('Add', [b.constant(b.random.normal(outputs, 0.01)), product]);
}

function layerNorm(b: NetworkBuilder, x: string, features: number): string {
  const scale = b.constant(b.random.pixels(features));
  const bias = b.constant(b.random.normal(features, 0.01));
  return b.node('LayerNormalization', [x, scale, bias], { axis: -1, epsilon: { float: 1e-5 } });
}

function reshape(b: NetworkBuilder, x: string, dims: readonly number[]): string {
  return b.node('Reshape', [x, b.int64(...dims)]);
}

function transpose(b: NetworkBuilder, x: string, perm: number[]): string {
  return b.node('Transpose', [x], { perm });
}
