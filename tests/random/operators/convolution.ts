import type { Attributes, GraphMaker, Value } from '../maker.js';
import { elementCount } from '../tensors.js';
import type { Operator } from './operator.js';

/** A window along every spatial axis, as attributes say it. */
interface Window {
  kernel: number[];
  strides: number[];
  dilations: number[];
  pads: number[];
  autoPad: string;
}

/** As many sizes, mostly all the same, as exporters write them. */
function perAxis(maker: GraphMaker, count: number, choices: readonly number[]): number[] {
  if (maker.random.chance(0.6)) return Array<number>(count).fill(maker.random.of(choices));
  return Array.from({ length: count }, () => maker.random.of(choices));
}

function randomWindow(maker: GraphMaker, axes: number, kernels: readonly number[]): Window {
  const { random } = maker;
  const kernel = perAxis(maker, axes, kernels);
  const strides = perAxis(maker, axes, random.chance(0.6) ? [1] : [1, 2, 2, 3]);
  const dilations = perAxis(maker, axes, random.chance(0.8) ? [1] : [1, 2, 3]);
  const autoPad = random.chance(0.2) ? random.of(['SAME_UPPER', 'SAME_LOWER', 'VALID']) : 'NOTSET';
  // onnxruntime's SAME does not know dilations.
  if (autoPad.startsWith('SAME')) dilations.fill(1);
  const same = kernel.map((size, i) => ((size - 1) * dilations[i]!) >> 1);
  const pads = random.chance(0.6) ? [...same, ...same] : perAxis(maker, 2 * axes, [0, 1, 0, 2]);
  return { kernel, strides, dilations, pads: autoPad === 'NOTSET' ? pads : [], autoPad };
}

/** Defaults are now written and now not. */
function attributesOf(maker: GraphMaker, { kernel, strides, dilations, pads, autoPad }: Window) {
  const unlessDefault = (values: number[], usual: number) =>
    values.every((value) => value === usual) && maker.random.chance(0.5) ? undefined : values;
  return {
    kernel_shape: kernel,
    strides: unlessDefault(strides, 1),
    dilations: unlessDefault(dilations, 1),
    pads: pads.length > 0 ? unlessDefault(pads, 0) : undefined,
    auto_pad: autoPad === 'NOTSET' ? undefined : autoPad,
  } satisfies Attributes;
}

/** The output's spatial sizes; nothing where the window does not fit. */
function slide(sizes: readonly number[], window: Window, ceil: boolean): number[] | undefined {
  const { kernel, strides, dilations, pads, autoPad } = window;
  const out = sizes.map((size, i) => {
    const stride = strides[i]!;
    if (autoPad.startsWith('SAME')) return Math.ceil(size / stride);
    const [before, after] = [pads[i] ?? 0, pads[sizes.length + i] ?? 0];
    const room = size + before + after - ((kernel[i]! - 1) * dilations[i]! + 1);
    if (size === 0 || (room < 0 && !ceil)) return -1;
    const count = (ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
    // A window may not begin in the padding at the end.
    return ceil && (count - 1) * stride >= size + before ? count - 1 : count;
  });
  return out.every((size) => size > 0) ? out : undefined;
}

/** A value with spatial axes, mostly an image. */
function image(maker: GraphMaker): Value {
  const ranks = maker.random.chance(0.75) ? ([4, 4] as const) : ([3, 5] as const);
  return maker.take(...ranks);
}

/** A bias of as many channels: mostly a constant, now and then an input or missing. */
function bias(maker: GraphMaker, channels: number): Value | undefined {
  if (maker.random.chance(0.3)) return undefined;
  if (maker.random.chance(0.1)) return maker.input(maker.floatType, [channels]);
  return maker.weights([channels]);
}

/** Weights that keep magnitudes; now and then the model's input. */
function filters(maker: GraphMaker, dims: readonly number[], fanIn: number): Value {
  if (maker.random.chance(0.08)) return maker.input(maker.floatType, dims);
  return maker.weights(dims, Math.sqrt(3 / Math.max(fanIn, 1)));
}

/** Groups that divide the channels: mostly one, or all, which is depthwise. */
function groupsFor(maker: GraphMaker, channels: number): number {
  if (channels < 2 || maker.random.chance(0.65)) return 1;
  const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter(
    (divisor) => channels % divisor === 0,
  );
  return maker.random.of([...divisors, channels, channels]);
}

export interface ConvOptions {
  outputs?: number;
  kernels?: readonly number[];
  /** Whether the output has the input's sizes. */
  keepsSize?: boolean;
}

/** A Conv of a value with spatial axes. */
export function addConv(maker: GraphMaker, x: Value, options: ConvOptions = {}): Value | undefined {
  const [batch, channels, ...sizes] = x.dims as [number, number, ...number[]];
  if (channels === 0) return undefined;
  const group = options.outputs === undefined ? groupsFor(maker, channels) : 1;
  const window = randomWindow(maker, sizes.length, options.kernels ?? [1, 3, 3, 3, 5, 2, 4, 7]);
  if (options.keepsSize) {
    const same = window.kernel.map((size) => (size - 1) >> 1);
    const ones = same.map(() => 1);
    Object.assign(window, {
      strides: ones,
      dilations: ones,
      pads: [...same, ...same],
      autoPad: 'NOTSET',
    });
  }
  const out = slide(sizes, window, false);
  if (!out) return undefined;
  const outputs = options.outputs ?? group * Math.max(1, Math.ceil(maker.channels() / group));
  const fanIn = (channels / group) * elementCount(window.kernel);
  const weights = filters(maker, [outputs, channels / group, ...window.kernel], fanIn);
  const written = group > 1 || maker.random.chance(0.3) ? group : undefined;
  const attributes = { ...attributesOf(maker, window), group: written };
  const dims = [batch, outputs, ...out];
  return maker.one('Conv', [x, weights, bias(maker, outputs)], attributes, {
    dims,
    bound: x.bound + 1,
  });
}

const conv: Operator = {
  name: 'Conv',
  weight: 8,
  add: (maker) => addConv(maker, image(maker)),
};

/** The output's size along an axis of a ConvTranspose. */
function transposedSize(window: Window, axes: number, i: number, size: number, extra: number) {
  const whole =
    (size - 1) * window.strides[i]! + (window.kernel[i]! - 1) * window.dilations[i]! + 1 + extra;
  return whole - (window.pads[i] ?? 0) - (window.pads[axes + i] ?? 0);
}

const convTranspose: Operator = {
  name: 'ConvTranspose',
  weight: 3,
  add(maker) {
    const { random } = maker;
    const x = image(maker);
    const [batch, channels, ...sizes] = x.dims as [number, number, ...number[]];
    if (elementCount(x.dims) === 0) return undefined;
    const group = groupsFor(maker, channels);
    const window = randomWindow(maker, sizes.length, [2, 3, 4, 1, 5]);
    if (random.chance(0.5)) window.strides = sizes.map(() => 2);
    // What runtimes do with SAME differs between the versions of the standard.
    if (window.autoPad !== 'NOTSET') Object.assign(window, { autoPad: 'NOTSET', pads: [] });
    const extra = sizes.map((_, i) =>
      random.chance(0.2)
        ? random.int(0, Math.max(window.strides[i]!, window.dilations[i]!) - 1)
        : 0,
    );
    const out = sizes.map((size, i) => transposedSize(window, sizes.length, i, size, extra[i]!));
    if (out.some((size) => size < 1)) return undefined;
    const each = Math.max(1, Math.ceil(maker.channels() / group));
    const fanIn = (channels / group) * elementCount(window.kernel);
    const weights = filters(maker, [channels, each, ...window.kernel], fanIn);
    const attributes = {
      ...attributesOf(maker, window),
      group: group > 1 ? group : undefined,
      output_padding: extra.some(Boolean) ? extra : undefined,
    };
    const inputs = [x, weights, bias(maker, each * group)];
    return maker.one('ConvTranspose', inputs, attributes, {
      dims: [batch, each * group, ...out],
      bound: x.bound + 1,
    });
  },
};

/** Windows whose padding is smaller than they are, as runtimes demand. */
function poolWindow(maker: GraphMaker, axes: number, hasDilations: boolean): Window {
  const window = randomWindow(maker, axes, [2, 3, 3, 1, 5]);
  if (!hasDilations) window.dilations = window.dilations.map(() => 1);
  window.pads = window.pads.map((pad, i) => Math.min(pad, window.kernel[i % axes]! - 1));
  return window;
}

function poolAttributes(maker: GraphMaker, window: Window, ceil: boolean, hasDilations: boolean) {
  const attributes: Attributes = attributesOf(maker, window);
  if (!hasDilations) delete attributes.dilations;
  if (ceil) attributes.ceil_mode = 1;
  return attributes;
}

const maxPool: Operator = {
  name: 'MaxPool',
  weight: 3,
  add(maker) {
    const { random, opset } = maker;
    const x = image(maker);
    const [batch, channels, ...sizes] = x.dims as [number, number, ...number[]];
    const hasDilations = opset >= 10;
    const window = poolWindow(maker, sizes.length, hasDilations);
    const ceil = hasDilations && window.autoPad === 'NOTSET' && random.chance(0.3);
    const out = slide(sizes, window, ceil);
    if (!out) return undefined;
    const attributes = poolAttributes(maker, window, ceil, hasDilations);
    const dims = [batch, channels, ...out];
    const values = { dims, exact: x.exact };
    // Which of equal values is the greatest is not said, but those of inputs all differ.
    if (!x.exact || opset < 8 || random.chance(0.7)) {
      return maker.one('MaxPool', [x], attributes, values);
    }
    if (random.chance(0.3)) attributes.storage_order = 1;
    const indices = { type: 'int64' as const, dims, exact: true, bound: 1e5 };
    return maker.node('MaxPool', [x], attributes, [values, indices])[0];
  },
};

const averagePool: Operator = {
  name: 'AveragePool',
  weight: 3,
  add(maker) {
    const { random, opset } = maker;
    const x = image(maker);
    const [batch, channels, ...sizes] = x.dims as [number, number, ...number[]];
    const hasDilations = opset >= 19;
    const window = poolWindow(maker, sizes.length, hasDilations);
    const ceil = opset >= 10 && window.autoPad === 'NOTSET' && random.chance(0.3);
    const out = slide(sizes, window, ceil);
    if (!out) return undefined;
    const attributes = poolAttributes(maker, window, ceil, hasDilations);
    if (random.chance(0.4)) attributes.count_include_pad = 1;
    return maker.one('AveragePool', [x], attributes, { dims: [batch, channels, ...out] });
  },
};

const lpPool: Operator = {
  name: 'LpPool',
  add(maker) {
    const { random, opset } = maker;
    const x = image(maker);
    const [batch, channels, ...sizes] = x.dims as [number, number, ...number[]];
    const isLate = opset >= 18;
    const window = poolWindow(maker, sizes.length, isLate);
    const ceil = isLate && window.autoPad === 'NOTSET' && random.chance(0.3);
    const out = slide(sizes, window, ceil);
    if (!out) return undefined;
    const p = random.of([undefined, 1, 2, 3]);
    const attributes = { ...poolAttributes(maker, window, ceil, isLate), p };
    const dims = [batch, channels, ...out];
    return maker.one('LpPool', [x], attributes, { dims, bound: 10 * x.bound });
  },
};

/** The places of a MaxPool without overlaps, and what they held. */
const maxUnpool: Operator = {
  name: 'MaxUnpool',
  add(maker) {
    const { random } = maker;
    const [batch, channels] = [random.int(1, 2), random.int(1, 3)];
    const sizes = random.of([[4], [4, 6], [6, 4], [2, 4, 6]]);
    const kernel = sizes.map(() => 2);
    const x = maker.input('float32', [batch, channels, ...sizes]);
    const dims = [batch, channels, ...sizes.map((size) => size / 2)];
    const window = { kernel_shape: kernel, strides: kernel };
    const results = [
      { dims, exact: true },
      { dims, type: 'int64' as const, exact: true, bound: 1e5 },
    ];
    const [greatest, places] = maker.node('MaxPool', [x], window, results);
    if (!greatest || !places) return undefined;
    const whole = [batch, channels, ...sizes];
    const size = random.chance(0.4) ? maker.int64s(whole) : undefined;
    return maker.one('MaxUnpool', [greatest, places, size], window, { dims: whole, exact: true });
  },
};

function globalPool(name: string): Operator {
  return {
    name,
    add(maker) {
      const x = image(maker);
      if (elementCount(x.dims) === 0) return undefined;
      const dims = x.dims.map((size, axis) => (axis < 2 ? size : 1));
      const p = name === 'GlobalLpPool' ? maker.random.of([undefined, 1, 2, 3]) : undefined;
      const bound = p === undefined ? x.bound : 300 * x.bound;
      return maker.one(name, [x], { p }, { dims, bound });
    },
  };
}

export const convolution: Operator[] = [
  conv,
  convTranspose,
  maxPool,
  averagePool,
  globalPool('GlobalAveragePool'),
  globalPool('GlobalMaxPool'),
  globalPool('GlobalLpPool'),
  lpPool,
  maxUnpool,
];
