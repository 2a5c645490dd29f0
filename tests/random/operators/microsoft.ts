// com.microsoft's operators, as onnxruntime's optimiser and exporters for it leave them in files.

import type { Attributes, GraphMaker, Value } from '../maker.js';
import { elementCount, randomTensor, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';
import { qLinear } from './qlinear.js';

function entry(
  name: string,
  add: (maker: GraphMaker, qualified: string) => Value | undefined,
): Operator {
  const qualified = `com.microsoft:${name}`;
  return { name: qualified, add: (maker) => add(maker, qualified) };
}

const floatOf = ({ random }: GraphMaker, choices: readonly number[]) =>
  random.chance(0.5) ? { float: random.of(choices) } : undefined;

/** An activation with the sum of a row before it. */
function biased(name: string): Operator {
  return entry(name, (maker, qualified) => {
    const x = maker.take(1, 4, { largest: 1e3 });
    const hasBias = name === 'BiasGelu' || maker.random.chance(0.5);
    const bias = hasBias ? maker.weights([x.dims.at(-1)!]) : undefined;
    return maker.one(qualified, [x, bias]);
  });
}

const activation = (name: string, attributes: (maker: GraphMaker) => Attributes = () => ({})) =>
  entry(name, (maker, qualified) =>
    maker.one(qualified, [maker.take(0, 5, { largest: 1e3 })], attributes(maker)),
  );

const fusedActivations = ['Relu', 'Tanh', 'Sigmoid', 'LeakyRelu', 'Clip', 'HardSigmoid'];

function activationAttributes({ random }: GraphMaker): Attributes {
  const name = random.of(fusedActivations);
  const params: Record<string, number[]> = {
    LeakyRelu: [0.2],
    Clip: [-0.5, 1],
    HardSigmoid: [0.2, 0.5],
  };
  const floats = params[name];
  return { activation: name, activation_params: floats ? { floats } : undefined };
}

const fusedConv = entry('FusedConv', (maker, qualified) => {
  const { random, type } = maker;
  const [group, size] = [random.of([1, 1, 2]), random.int(1, 3)];
  const channels = group * random.int(1, 4);
  const outputs = group * random.int(1, 4);
  const x = maker.input(type, [random.int(1, 2), channels, random.int(3, 7), random.int(3, 7)]);
  const pad = random.int(0, 1);
  const out = x.dims.slice(2).map((length) => length + 2 * pad - size + 1);
  const dims = [x.dims[0]!, outputs, ...out];
  const bias = random.chance(0.7) ? maker.weights([outputs]) : undefined;
  const added = random.chance(0.4) ? maker.input(type, dims) : undefined;
  const weights = maker.weights([outputs, channels / group, size, size], 0.5);
  const attributes = {
    ...activationAttributes(maker),
    pads: [pad, pad, pad, pad],
    kernel_shape: [size, size],
    group,
  };
  return maker.one(qualified, [x, weights, bias, added], attributes, { dims, bound: 20 });
});

const convTransposeWithDynamicPads = entry('ConvTransposeWithDynamicPads', (maker, qualified) => {
  const { random, type } = maker;
  const [channels, outputs, size, stride] = [
    random.int(1, 3),
    random.int(1, 3),
    random.int(2, 3),
    random.int(1, 2),
  ];
  const x = maker.input(type, [random.int(1, 2), channels, random.int(2, 5), random.int(2, 5)]);
  const pads = random.ints(4, 0, 1);
  const out = x.dims.slice(2).map((length, i) => {
    return (length - 1) * stride + size - pads[i]! - pads[i + 2]!;
  });
  if (out.some((length) => length < 1)) return undefined;
  const inputs = [
    x,
    maker.weights([channels, outputs, size, size]),
    maker.int64s(pads),
    random.chance(0.5) ? maker.weights([outputs]) : undefined,
  ];
  const attributes = { strides: [stride, stride], kernel_shape: [size, size] };
  const dims = [x.dims[0]!, outputs, ...out];
  return maker.one(qualified, inputs, attributes, { dims, bound: 20 });
});

const fusedGemm = entry('FusedGemm', (maker, qualified) => {
  const { random, type } = maker;
  const [m, k, n] = [maker.size(), random.int(1, 9), maker.size()];
  const [transA, transB] = [random.int(0, 1), random.int(0, 1)];
  const c = random.chance(0.7) ? maker.weights(random.of([[n], [m, n], [1, n], [1]])) : undefined;
  const inputs = [
    maker.input(type, transA ? [k, m] : [m, k]),
    maker.weights(transB ? [n, k] : [k, n]),
    c,
  ];
  const name = random.of(['Relu', 'Tanh', 'Sigmoid', 'LeakyRelu']);
  const attributes = {
    transA,
    transB,
    alpha: floatOf(maker, [0.5, 2]),
    beta: floatOf(maker, [0.5, 2]),
    activation: name,
    activation_alpha: name === 'LeakyRelu' ? { float: 0.2 } : undefined,
  };
  return maker.one(qualified, inputs, attributes, { dims: [m, n], bound: 50 });
});

function transposedMatMul(name: string): Operator {
  return entry(name, (maker, qualified) => {
    const { random, type } = maker;
    const [m, k, n] = [maker.size(), random.int(1, 9), maker.size()];
    const batch = random.of([[], [2], [2, 3]]);
    const [transA, transB] = [random.int(0, 1), random.int(0, 1)];
    const a = maker.input(type, [...batch, ...(transA ? [k, m] : [m, k])]);
    const b = maker.weights([...batch, ...(transB ? [n, k] : [k, n])]);
    const attributes = { transA, transB, alpha: floatOf(maker, [0.5, 2]) };
    const dims = [...batch, m, n];
    return maker.one(qualified, [a, b], attributes, { dims, bound: 50 });
  });
}

/** A sum, then its normalisation. */
function skipNormalization(name: string): Operator {
  return entry(name, (maker, qualified) => {
    const { random, type } = maker;
    const hasMean = name === 'SkipLayerNormalization';
    const dims = [random.int(1, 3), random.int(1, 4), random.of([2, 4, 8, 5])];
    const row = () => maker.weights([dims[2]!], 1, type);
    const x = maker.input(type, dims);
    const skip = random.chance(0.8) ? dims : random.of([dims.slice(1), [1, ...dims.slice(1)]]);
    const inputs = [
      x,
      maker.input(type, skip),
      row(),
      ...(hasMean ? [random.chance(0.7) ? row() : undefined] : []),
      random.chance(0.5) ? row() : undefined,
    ];
    const attributes = { epsilon: { float: random.of([1e-5, 1e-3]) } };
    const sum = { dims, bound: 5 };
    const results = random.chance(0.4)
      ? [{ bound: 10 }, undefined, undefined, sum]
      : [{ bound: 10 }];
    return maker.node(qualified, inputs, attributes, results)[0];
  });
}

const embedLayerNormalization = entry('EmbedLayerNormalization', (maker, qualified) => {
  const { random } = maker;
  const [batch, tokens, hidden, entries] = [random.int(1, 2), random.int(1, 5), 4, 6];
  const ids = (most: number) =>
    maker.given(tensorOf('int32', [batch, tokens], random.ints(batch * tokens, 0, most)));
  const hasSegments = random.chance(0.6);
  const inputs = [
    ids(entries - 1),
    hasSegments ? ids(1) : undefined,
    maker.weights([entries, hidden]),
    maker.weights([7, hidden]),
    hasSegments ? maker.weights([2, hidden]) : undefined,
    maker.weights([hidden]),
    maker.weights([hidden]),
  ];
  const results = [
    { type: 'float32' as const, dims: [batch, tokens, hidden], bound: 10 },
    { type: 'int32' as const, dims: [batch], exact: true, bound: 9 },
  ];
  return maker.node(qualified, inputs, { epsilon: floatOf(maker, [1e-5, 0.1]) }, results)[0];
});

const attention = entry('Attention', (maker, qualified) => {
  const { random, type } = maker;
  const [batch, tokens, heads, size] = [random.int(1, 2), random.int(1, 5), random.int(1, 3), 4];
  const [hidden, width] = [random.int(3, 6), heads * size];
  const x = maker.input(type, [batch, tokens, hidden]);
  const lengths = random.ints(batch, 1, tokens);
  const mask = random.of([
    undefined,
    maker.given(tensorOf('int32', [batch], lengths)),
    maker.given(tensorOf('int32', [batch, tokens], paddingMask(lengths, tokens))),
  ]);
  const inputs = [
    x,
    maker.weights([hidden, 3 * width], 0.7),
    maker.weights([3 * width]),
    mask,
    undefined,
    random.chance(0.3) ? maker.weights([batch, heads, tokens, tokens]) : undefined,
  ];
  const attributes = {
    num_heads: heads,
    unidirectional: random.of([undefined, 0, 1]),
    scale: floatOf(maker, [0.3]),
  };
  const dims = [batch, tokens, width];
  return maker.one(qualified, inputs, attributes, { dims, bound: 5 });
});

const paddingMask = (lengths: readonly number[], tokens: number) =>
  lengths.flatMap((length) => Array.from({ length: tokens }, (_, i) => Number(i < length)));

const multiHeadAttention = entry('MultiHeadAttention', (maker, qualified) => {
  const { random, type } = maker;
  const [batch, queries, heads] = [random.int(1, 2), random.int(1, 5), random.int(1, 3)];
  const [keys, size, valueSize] = [random.int(1, 5), 4, random.of([4, 4, 6])];
  const lengths = random.ints(batch, 1, keys);
  const mask = tensorOf('int32', [batch, keys], paddingMask(lengths, keys));
  const inputs = [
    maker.input(type, [batch, queries, heads * size]),
    maker.input(type, [batch, keys, heads * size]),
    maker.input(type, [batch, keys, heads * valueSize]),
    random.chance(0.5) ? maker.weights([heads * (2 * size + valueSize)]) : undefined,
    random.chance(0.3) ? maker.given(mask) : undefined,
    random.chance(0.3) ? maker.weights([batch, heads, queries, keys]) : undefined,
  ];
  const attributes = {
    num_heads: heads,
    scale: floatOf(maker, [0.3]),
    unidirectional: queries === keys ? random.of([undefined, 0, 1]) : undefined,
  };
  const dims = [batch, queries, heads * valueSize];
  return maker.one(qualified, inputs, attributes, { dims, bound: 5 });
});

/** With keys of before, whose buffers are as long as they need be. */
const groupQueryAttention = entry('GroupQueryAttention', (maker, qualified) => {
  const { random, type } = maker;
  const keyHeads = random.int(1, 2);
  const [batch, heads, size] = [random.int(1, 2), keyHeads * random.int(1, 2), 16];
  const past = random.chance(0.5) ? random.int(1, 4) : 0;
  const tokens = past > 0 ? 1 : random.int(1, 4);
  const total = past + tokens;
  const rotates = random.chance(0.4);
  const cache = () => (rotates ? maker.weights([total + 2, size / 2], 1, type) : undefined);
  const pastOf = () => maker.input(type, [batch, keyHeads, past, size]);
  const inputs = [
    maker.input(type, [batch, tokens, heads * size]),
    maker.input(type, [batch, tokens, keyHeads * size]),
    maker.input(type, [batch, tokens, keyHeads * size]),
    past > 0 ? pastOf() : undefined,
    past > 0 ? pastOf() : undefined,
    maker.given(tensorOf('int32', [batch], new Array<number>(batch).fill(total - 1))),
    maker.constant(tensorOf('int32', [], [total])),
    cache(),
    cache(),
  ];
  const attributes = {
    num_heads: heads,
    kv_num_heads: keyHeads,
    do_rotary: rotates ? 1 : undefined,
    rotary_interleaved: rotates ? random.of([undefined, 0, 1]) : undefined,
    scale: floatOf(maker, [0.3]),
    local_window_size: random.chance(0.2) ? 2 : undefined,
    softcap: random.chance(0.2) ? { float: 2 } : undefined,
  };
  const present = { dims: [batch, keyHeads, total, size], bound: 3 };
  const results = [{ dims: [batch, tokens, heads * size], bound: 5 }, present, present];
  return maker.node(qualified, inputs, attributes, results)[0];
});

const rotaryEmbedding = entry('RotaryEmbedding', (maker, qualified) => {
  const { random, type } = maker;
  const [batch, heads, tokens, size] = [random.int(1, 2), random.int(1, 3), random.int(1, 4), 8];
  const isFlat = random.chance(0.5);
  const dims = isFlat ? [batch, tokens, heads * size] : [batch, heads, tokens, size];
  const each = random.chance(0.5);
  const count = each ? batch * tokens : 1;
  const inputs = [
    maker.input(type, dims),
    maker.int64s(random.ints(count, 0, 4), each ? [batch, tokens] : [1]),
    maker.weights([9, size / 2], 1, type),
    maker.weights([9, size / 2], 1, type),
  ];
  const attributes = { interleaved: random.of([undefined, 0, 1]) };
  return maker.one(qualified, inputs, attributes, { bound: 4 });
});

/** Weights of four bits, two in a byte, in blocks with a scale each. */
const matMulNBits = entry('MatMulNBits', (maker, qualified) => {
  const { random, type } = maker;
  const [rows, inner, columns] = [random.int(1, 5), random.of([16, 32, 40, 64]), random.int(1, 9)];
  const block = random.of([16, 32]);
  const blocks = Math.ceil(inner / block);
  const hasZeros = random.chance(0.4);
  const bytes = (dims: readonly number[]) => maker.constant(randomTensor(random, 'uint8', dims));
  const inputs = [
    maker.input(type, [rows, inner]),
    bytes([columns, blocks, block / 2]),
    maker.weights([columns * blocks], 0.2, type),
    hasZeros ? bytes([columns * Math.ceil(blocks / 2)]) : undefined,
    undefined,
    random.chance(0.3) ? maker.weights([columns], 1, type) : undefined,
  ];
  const attributes = { K: inner, N: columns, bits: 4, block_size: block };
  return maker.one(qualified, inputs, attributes, { dims: [rows, columns], bound: 100 });
});

const cropAndResize = entry('CropAndResize', (maker, qualified) => {
  const { random, type } = maker;
  const x = maker.input(type, [random.int(1, 2), random.int(1, 3), 6, 5]);
  const count = random.int(1, 3);
  const boxes = Array.from({ length: count }, () => {
    const [top, left] = [random.uniform() / 2, random.uniform() / 2];
    return [top, left, top + random.uniform(), left + random.uniform()];
  });
  const [height, width] = [random.int(1, 4), random.int(1, 4)];
  const inputs = [
    x,
    maker.given(tensorOf('float32', [count, 4], boxes.flat())),
    maker.given(tensorOf('int32', [count], random.ints(count, 0, x.dims[0]! - 1))),
    maker.constant(tensorOf('int32', [2], [height, width])),
  ];
  const attributes = {
    mode: random.of([undefined, 'bilinear', 'nearest']),
    extrapolation_value: floatOf(maker, [0.5]),
  };
  const dims = [count, x.dims[1]!, height, width];
  return maker.one(qualified, inputs, attributes, { dims });
});

const inverse = entry('Inverse', (maker, qualified) => {
  const { random, type } = maker;
  const size = random.int(1, 4);
  const batch = random.of([[], [2]]);
  // Far from what has no inverse.
  const identity = Array.from({ length: elementCount(batch) * size * size }, (_, i) => {
    const place = i % (size * size);
    return place % (size + 1) === 0 ? 3 + random.uniform() : random.uniform() - 0.5;
  });
  const x = maker.given(tensorOf(type, [...batch, size, size], identity));
  return maker.one(qualified, [x], {}, { bound: 2 });
});

const expandDims = entry('ExpandDims', (maker, qualified) => {
  const x = maker.take(0, 4);
  const axis = maker.random.int(-x.dims.length - 1, x.dims.length);
  const dims = x.dims.toSpliced(axis < 0 ? axis + x.dims.length + 1 : axis, 0, 1);
  const at = maker.constant(tensorOf('int32', [], [axis]));
  return maker.one(qualified, [x, at], {}, { dims, exact: x.exact });
});

const gatherNd = entry('GatherND', (maker, qualified) => {
  const { random } = maker;
  const x = maker.take(1, 4);
  if (elementCount(x.dims) === 0) return undefined;
  const depth = random.int(1, x.dims.length);
  const count = random.int(1, 3);
  const places = Array.from({ length: count }, () =>
    x.dims.slice(0, depth).map((size) => random.int(0, size - 1)),
  );
  const dims = [count, ...x.dims.slice(depth)];
  const result = { dims, exact: x.exact };
  return maker.one(qualified, [x, maker.int64s(places.flat(), [count, depth])], {}, result);
});

const pad = entry('Pad', (maker, qualified) => {
  const { random } = maker;
  const x = maker.take(1, 4);
  if (elementCount(x.dims) === 0) return undefined;
  const mode = random.of([undefined, 'constant', 'edge', 'reflect']);
  const amounts = () =>
    x.dims.map((size) => random.int(0, mode === 'reflect' ? Math.min(2, size - 1) : 2));
  const [before, after] = [amounts(), amounts()];
  const dims = x.dims.map((size, axis) => size + before[axis]! + after[axis]!);
  const value = random.chance(0.5) ? maker.number(0.5, x.type) : undefined;
  const pads = maker.int64s([...before, ...after]);
  return maker.one(qualified, [x, pads, value], { mode }, { dims, exact: x.exact });
});

const trilu = entry('Trilu', (maker, qualified) => {
  const x = maker.take(2, 4);
  const k = maker.random.chance(0.6) ? maker.int64s([maker.random.int(-3, 3)], []) : undefined;
  return maker.one(qualified, [x, k], { upper: maker.random.of([0, 1]) }, { exact: x.exact });
});

const unique = entry('Unique', (maker, qualified) => {
  const x = maker.take(1, 1, { exact: true });
  const indices = { type: 'int64' as const, exact: true };
  const results = [{ dims: [1], exact: true }, indices, indices];
  const made = maker.node(qualified, [x], {}, results);
  made.forEach((value) => maker.end(value));
  return made[0];
});

export const microsoft: Operator[] = [
  biased('BiasGelu'),
  biased('FastGelu'),
  activation('Gelu'),
  activation('QuickGelu', (maker) => ({ alpha: floatOf(maker, [1, 2]) })),
  fusedConv,
  convTransposeWithDynamicPads,
  fusedGemm,
  transposedMatMul('FusedMatMul'),
  transposedMatMul('TransposeMatMul'),
  skipNormalization('SkipLayerNormalization'),
  skipNormalization('SkipSimplifiedLayerNormalization'),
  embedLayerNormalization,
  attention,
  multiHeadAttention,
  groupQueryAttention,
  rotaryEmbedding,
  matMulNBits,
  cropAndResize,
  inverse,
  expandDims,
  gatherNd,
  pad,
  trilu,
  unique,
  ...qLinear,
];
