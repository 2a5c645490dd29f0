// What exporters write, in pieces: the passes make one node of it where they recognise it.

import { broadcast, type GraphMaker, type Value } from '../maker.js';
import { elementCount } from '../tensors.js';
import { addConv } from './convolution.js';
import { operandFor } from './elementwise.js';
import { addMatMul, reductionAxes } from './matrices.js';
import { addDepthToSpace } from './movement.js';
import { addBatchNormalization } from './normalization.js';
import type { Operator } from './operator.js';

type Step = (maker: GraphMaker, x: Value) => Value | undefined;

/** x `opType` y, in either order. */
function combined(maker: GraphMaker, opType: string, x: Value, y: Value): Value | undefined {
  const dims = broadcast(x.dims, y.dims);
  const operands = maker.random.chance(0.3) ? [y, x] : [x, y];
  return dims && maker.one(opType, operands, {}, { dims, bound: x.bound + y.bound });
}

const withNumber = (maker: GraphMaker, opType: string, x: Value, value: number) => {
  const number = maker.number(value, maker.floatType, maker.random.of([[], [], [1]]));
  const dims = broadcast(x.dims, number.dims)!;
  return maker.one(
    opType,
    [x, number],
    {},
    { dims, bound: x.bound * Math.max(1, Math.abs(value)) },
  );
};

/** The steps one after the other, as far as they go. */
function follow(maker: GraphMaker, x: Value, steps: readonly Step[]): Value {
  return steps.reduce((value, step) => step(maker, value) ?? value, x);
}

// ---- convolutions ----

const activationNames = ['Relu', 'LeakyRelu', 'Sigmoid', 'Tanh', 'HardSigmoid', 'Elu', 'Softplus'];

const activation: Step = (maker, x) => {
  const { random, opset } = maker;
  const kind = random.of([
    ...activationNames,
    'Clip',
    'PRelu',
    'PRelu',
    'Gelu',
    'HardSwish',
    'Swish',
  ]);
  if (kind === 'PRelu') {
    const channels = x.dims[1] ?? 1;
    const ones = x.dims.slice(2).map(() => 1);
    const dims = random.of([[channels, ...ones], [1], [1, channels, ...ones]]);
    return broadcast(x.dims, dims)?.join() === x.dims.join()
      ? maker.one('PRelu', [x, maker.weights(dims)])
      : undefined;
  }
  if (kind === 'Clip') {
    const [low, high] = random.of<[number, number]>([
      [0, 6],
      [0, 1],
      [-1, 0.5],
    ]);
    if (opset < 11) return maker.one('Clip', [x], { min: { float: low }, max: { float: high } });
    const limits = [maker.number(low), random.chance(0.7) ? maker.number(high) : undefined];
    return maker.one('Clip', [x, ...limits]);
  }
  if (kind === 'Gelu') return gelu(maker, x);
  if (kind === 'Swish') return swish(maker, x);
  if (kind === 'HardSwish') return hardSwish(maker, x);
  return maker.one(
    kind,
    [x],
    kind === 'LeakyRelu' && random.chance(0.5) ? { alpha: { float: 0.2 } } : {},
  );
};

const batchNormalization: Step = (maker, x) =>
  maker.opset >= 9 ? addBatchNormalization(maker, x) : undefined;

/** A constant for each channel, or whatever broadcasts. */
const affine: Step = (maker, x) => {
  const { random } = maker;
  const opType = random.of(['Add', 'Mul', 'Sub', 'Div', 'Add']);
  const channels = [x.dims[1] ?? 1, ...x.dims.slice(2).map(() => 1)];
  const dims = random.chance(0.6) ? channels : maker.broadcastable(x.dims);
  if (broadcast(x.dims, dims)?.join() !== x.dims.join()) return undefined;
  const constant = opType === 'Div' ? maker.awayFromZero(dims) : maker.weights(dims);
  const operands = random.chance(0.2) && opType !== 'Div' ? [constant, x] : [x, constant];
  return maker.one(opType, operands, {}, { dims: x.dims, bound: 2 * x.bound + 2 });
};

/** The sum with a value of its shape, or with one that broadcasts. */
const residual: Step = (maker, x) => {
  const same = (v: Value) => v.type === x.type && v !== x && v.dims.join() === x.dims.join();
  const other = maker.random.chance(0.75) ? maker.pick(same) : undefined;
  return combined(maker, 'Add', x, other ?? operandFor(maker, x));
};

const depthToSpace: Step = (maker, x) => {
  const block = [3, 2].find(
    (size) => x.dims.length === 4 && x.dims[1]! > 0 && x.dims[1]! % size ** 2 === 0,
  );
  return block === undefined ? undefined : addDepthToSpace(maker, x, block);
};

const blockSizes = [4, 9, 12, 16, 3, 1, 2, 8];

/** Conv and what may follow it. */
const convChain: Operator = {
  name: 'chain: Conv and what follows',
  weight: 8,
  add(maker) {
    const { random } = maker;
    const input = maker.float(3, random.chance(0.85) ? 4 : 5);
    let x: Value | undefined = input;
    for (let count = random.int(1, 3); count > 0 && x; --count) {
      x = addConv(maker, x, {
        outputs: random.of(blockSizes),
        kernels: [3, 3, 1, 5, 7, 2],
        keepsSize: random.chance(0.8),
      });
      const steps = [batchNormalization, affine, activation, residual, depthToSpace, activation];
      x = x && follow(maker, x, random.some(steps, 0.4));
    }
    return x;
  },
};

const transposed = (maker: GraphMaker, x: Value, perm: readonly number[]) =>
  maker.one('Transpose', [x], { perm: [...perm] }, { dims: perm.map((axis) => x.dims[axis]!) });

/** Channels last, as TensorFlow's exporter writes it: each Conv between two Transposes. */
const channelsLast: Operator = {
  name: 'chain: Conv of channels last',
  weight: 2,
  add(maker) {
    const { random } = maker;
    let x: Value | undefined = maker.float(4, 4);
    for (let count = random.int(1, 3); count > 0 && x; --count) {
      const image = transposed(maker, x, [0, 3, 1, 2]);
      const options = { outputs: random.of(blockSizes), kernels: [3, 1, 5] };
      const conv = image && addConv(maker, image, { ...options, keepsSize: random.chance(0.8) });
      x = conv && transposed(maker, conv, [0, 2, 3, 1]);
      x = x && follow(maker, x, random.some([activation, residual, activation], 0.5));
    }
    return x;
  },
};

/** Convolutions of images that are put together first. */
const concatenatedConv: Operator = {
  name: 'chain: Concat and Conv',
  weight: 4,
  add(maker) {
    const { random } = maker;
    // Parts of whole vectors are taken as they are.
    const x = random.chance(0.3)
      ? maker.float(4, 4)
      : maker.input(maker.floatType, [1, random.of([4, 8]), random.int(8, 20), random.int(8, 20)]);
    const options = { kernels: [3, 3, 1, 5], keepsSize: true };
    const first = addConv(maker, x, { ...options, outputs: random.of([4, 4, 8, 16, 1]) });
    const second = first && addConv(maker, x, { ...options, outputs: random.of([4, 4, 8, 8, 5]) });
    if (!second) return undefined;
    // Only what convolutions make is taken in parts.
    const own = random.chance(0.4) ? [x] : [];
    const parts = random.shuffled([...own, first, second, ...random.some([first], 0.2)]);
    const channels = parts.reduce((sum, { dims }) => sum + dims[1]!, 0);
    const dims = x.dims.map((size, axis) => (axis === 1 ? channels : size));
    const bound = Math.max(...parts.map((part) => part.bound));
    const all = maker.one('Concat', parts, { axis: 1 }, { dims, bound });
    const last = { kernels: [3, 3, 5], keepsSize: true, outputs: random.of([4, 8, 12, 1]) };
    const conv = all && addConv(maker, all, last);
    return conv && follow(maker, conv, random.some([activation, residual], 0.5));
  },
};

/** The means of channels decide how much of each is kept. */
const squeezeExcite: Operator = {
  name: 'chain: squeeze and excite',
  add(maker) {
    const x = maker.float(4, 4);
    if (elementCount(x.dims) === 0) return undefined;
    const dims = [...x.dims.slice(0, 2), 1, 1];
    const mean = maker.one('GlobalAveragePool', [x], {}, { dims });
    const less =
      mean && addConv(maker, mean, { outputs: maker.random.of([1, 2, 4]), kernels: [1] });
    const relu = less && maker.one('Relu', [less]);
    const more =
      relu && addConv(maker, relu, { outputs: x.dims[1]!, kernels: [1], keepsSize: true });
    const gate = more && maker.one('Sigmoid', [more], {}, { bound: 1 });
    return gate && combined(maker, 'Mul', x, gate);
  },
};

/** A pixel shuffle as Reshape, Transpose, Reshape. */
const writtenShuffle: Operator = {
  name: 'chain: pixel shuffle written out',
  weight: 1.5,
  add(maker) {
    const { random } = maker;
    const block = random.of([2, 3]);
    const source = maker.float(4, 4);
    const channels = random.of([1, 2, 3]);
    const x = addConv(maker, source, {
      outputs: channels * block ** 2,
      kernels: [3, 1],
      keepsSize: true,
    });
    if (!x) return undefined;
    const [batch, , height, width] = x.dims as [number, number, number, number];
    const crd = random.chance(0.7);
    const first = random.chance(0.2) ? -1 : batch;
    const blocks = crd ? [channels, block, block] : [block, block, channels];
    const six = [batch, ...blocks, height, width];
    const split = maker.one(
      'Reshape',
      [x, maker.int64s([first, ...six.slice(1)])],
      {},
      { dims: six },
    );
    const perm = crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
    const order = perm.map((axis) => six[axis]!);
    const moved = split && maker.one('Transpose', [split], { perm }, { dims: order });
    const dims = [batch, channels, height * block, width * block];
    const shape = maker.int64s([first, ...dims.slice(1)]);
    return moved && maker.one('Reshape', [moved, shape], {}, { dims });
  },
};

/** What a convolution makes, and its shape once its channels are divided into groups. */
function imagesOfGroups(maker: GraphMaker) {
  const { random } = maker;
  const groups = random.of([2, 2, 3]);
  const outputs = groups * random.of([1, 2, 3, 4]);
  const x = addConv(maker, maker.float(4, 4), { outputs, kernels: [3, 1], keepsSize: true });
  if (!x) return undefined;
  const [batch, channels, height, width] = x.dims as [number, number, number, number];
  return { x, groups, five: [batch, groups, channels / groups, height, width] as const };
}

/** A part of the channels, as Reshape and Gather. */
const writtenChannelGroup: Operator = {
  name: 'chain: a group of channels gathered',
  weight: 1.5,
  add(maker) {
    const images = imagesOfGroups(maker);
    if (!images) return undefined;
    const { x, groups, five } = images;
    const [batch, , count, height, width] = five;
    const divided = maker.one('Reshape', [x, maker.int64s(five)], {}, { dims: five });
    const group = maker.int64s([maker.random.of([-1, 0, groups - 1])], []);
    const part = [batch, count, height, width];
    return divided && maker.one('Gather', [divided, group], { axis: 1 }, { dims: part });
  },
};

/** Channels of groups in turns, as Reshape, Transpose, Reshape. */
const writtenChannelShuffle: Operator = {
  name: 'chain: channel shuffle written out',
  weight: 1.5,
  add(maker) {
    const images = imagesOfGroups(maker);
    if (!images) return undefined;
    const { x, five } = images;
    const [batch, , , height, width] = five;
    const first = maker.random.chance(0.2) ? -1 : batch;
    const splitShape = maker.int64s([first, ...five.slice(1)]);
    const split = maker.one('Reshape', [x, splitShape], {}, { dims: five });
    const perm = [0, 2, 1, 3, 4];
    const order = perm.map((axis) => five[axis]!);
    const moved = split && maker.one('Transpose', [split], { perm }, { dims: order });
    const shape = maker.int64s([first, x.dims[1]!, height, width]);
    return moved && maker.one('Reshape', [moved, shape], {}, { dims: x.dims });
  },
};

// ---- activations written out ----

const gelu: Step = (maker, x) => {
  const { random } = maker;
  if (maker.opset < 9) return undefined;
  const scaled = random.chance(0.5)
    ? withNumber(maker, 'Div', x, Math.SQRT2)
    : withNumber(maker, 'Mul', x, Math.SQRT1_2);
  const erf = scaled && maker.one('Erf', [scaled], {}, { bound: 1 });
  const shifted = erf && withNumber(maker, 'Add', erf, 1);
  if (!shifted) return undefined;
  if (random.chance(0.5)) {
    const product = combined(maker, 'Mul', x, shifted);
    return product && withNumber(maker, 'Mul', product, 0.5);
  }
  const half = withNumber(maker, 'Mul', x, 0.5);
  return half && combined(maker, 'Mul', half, shifted);
};

const swish: Step = (maker, x) => {
  const sigmoid = maker.one('Sigmoid', [x], {}, { bound: 1 });
  return sigmoid && combined(maker, 'Mul', x, sigmoid);
};

const hardSwish: Step = (maker, x) => {
  const attributes = { alpha: { float: 1 / 6 }, beta: { float: 0.5 } };
  const sigmoid = maker.one('HardSigmoid', [x], attributes, { bound: 1 });
  return sigmoid && combined(maker, 'Mul', x, sigmoid);
};

function writtenActivation(name: string, step: Step): Operator {
  return { name, weight: 0.8, add: (maker) => step(maker, maker.float(0, 5, { largest: 1e3 })) };
}

// ---- transformers ----

const matMulChain: Operator = {
  name: 'chain: MatMul and what follows',
  weight: 5,
  add(maker) {
    const { random } = maker;
    let x: Value | undefined = maker.float(1, 4, { largest: 1e3 });
    for (let count = random.int(1, 2); count > 0 && x; --count) {
      const inner = x.dims.at(-1)!;
      const columns = random.chance(0.4) ? inner : maker.size();
      const weights = maker.weights([inner, columns], Math.sqrt(3 / Math.max(1, inner)));
      const product = addMatMul(maker, x, weights);
      x =
        product &&
        follow(maker, product, [
          (_, v) =>
            combined(
              maker,
              'Add',
              v,
              maker.weights(random.of([[columns], [columns], [1], [1, columns]])),
            ),
          ...random.some([residual, random.of([gelu, activation]), residual], 0.5),
        ]);
    }
    return x;
  },
};

const layerNormalization: Operator = {
  name: 'chain: LayerNormalization written out',
  weight: 2,
  add(maker) {
    const { random } = maker;
    const x = maker.float(2, 4, { largest: 1e3 });
    if (elementCount(x.dims) === 0) return undefined;
    const rank = x.dims.length;
    const axis = maker.opset < 11 || random.chance(0.2) ? rank - 1 : -1;
    const dims = x.dims.map((size, i) => (i === rank - 1 ? 1 : size));
    const mean = (value: Value) => {
      const { input, attribute } = reductionAxes(maker, 'ReduceMean', [axis]);
      const attributes = { axes: attribute, keepdims: random.of([1, undefined]) };
      return maker.one('ReduceMean', [value, input], attributes, { dims });
    };
    const average = mean(x);
    const centered = average && maker.one('Sub', [x, average], {}, { bound: 2 * x.bound });
    const square = centered && squared(maker, centered);
    const variance = square && mean(square);
    const sum = variance && withNumber(maker, 'Add', variance, random.of([1e-5, 1e-2]));
    const deviation = sum && maker.one('Sqrt', [sum]);
    const normal =
      deviation && maker.one('Div', [centered, deviation], {}, { dims: x.dims, bound: 5 });
    if (!normal) return undefined;
    const row = random.of([[x.dims.at(-1)!], [x.dims.at(-1)!], [1], [...x.dims.slice(-2)]]);
    const scaled = combined(maker, 'Mul', normal, maker.weights(row));
    return scaled && combined(maker, 'Add', scaled, maker.weights(random.of([row, row, [1]])));
  },
};

function squared(maker: GraphMaker, x: Value): Value | undefined {
  const bound = x.bound ** 2;
  return maker.random.chance(0.5)
    ? maker.one('Mul', [x, x], {}, { bound })
    : maker.one('Pow', [x, maker.number(2)], {}, { bound });
}

/** Heads of an attention: [batch, heads, tokens, width]. */
interface Heads {
  batch: number;
  heads: number;
  tokens: number;
  width: number;
}

/** A value as heads: a new input in this form, or [batch, tokens, heads x width] taken apart. */
function headsOf(maker: GraphMaker, { batch, heads, tokens, width }: Heads): Value | undefined {
  const { random } = maker;
  if (random.chance(0.5)) return maker.input(maker.floatType, [batch, heads, tokens, width]);
  const rows = maker.input(maker.floatType, [batch, tokens, heads * width]);
  const split = [batch, tokens, heads, width];
  const apart = maker.one('Reshape', [rows, maker.int64s(split)], {}, { dims: split });
  const dims = [batch, heads, tokens, width];
  return apart && maker.one('Transpose', [apart], { perm: [0, 2, 1, 3] }, { dims });
}

const attention: Operator = {
  name: 'chain: attention written out',
  weight: 3,
  add(maker) {
    const { random } = maker;
    const size: Heads = {
      batch: random.of([1, 1, 2]),
      heads: random.of([1, 2, 3]),
      tokens: random.of([1, 3, 4, 7, 9, 16]),
      width: random.of([1, 3, 4, 8, 10]),
    };
    const { batch, heads, tokens, width } = size;
    const keys = random.chance(0.8) ? tokens : 5;
    const [q, k, v] = [
      headsOf(maker, size),
      headsOf(maker, { ...size, tokens: keys }),
      headsOf(maker, { ...size, tokens: keys }),
    ];
    const turned =
      k &&
      maker.one('Transpose', [k], { perm: [0, 1, 3, 2] }, { dims: [batch, heads, width, keys] });
    if (!q || !turned || !v) return undefined;
    const scales = random.chance(0.5);
    const query = scales && random.chance(0.5) ? withNumber(maker, 'Mul', q, width ** -0.5) : q;
    let scores = query && addMatMul(maker, query, turned);
    if (scores && query === q && random.chance(0.6)) {
      scores = withNumber(maker, random.of(['Mul', 'Div']), scores, width ** 0.5);
    }
    if (scores && random.chance(0.6)) {
      const mask = random.of([
        [tokens, keys],
        [1, heads, tokens, keys],
        [batch, 1, 1, keys],
        [1],
        [keys],
      ]);
      scores = combined(
        maker,
        'Add',
        scores,
        random.chance(0.7) ? maker.weights(mask) : maker.input(maker.floatType, mask),
      );
    }
    const softmax =
      scores &&
      maker.one(
        'Softmax',
        [scores],
        { axis: maker.opset < 13 ? 3 : random.of([-1, 3]) },
        { bound: 1 },
      );
    const mixed = softmax && addMatMul(maker, softmax, v);
    if (!mixed || random.chance(0.3)) return mixed;
    const dims = [batch, tokens, heads, width];
    const together = maker.one('Transpose', [mixed], { perm: [0, 2, 1, 3] }, { dims });
    const merged = [batch, tokens, heads * width];
    return together && maker.one('Reshape', [together, maker.int64s(merged)], {}, { dims: merged });
  },
};

export const chains: Operator[] = [
  convChain,
  channelsLast,
  concatenatedConv,
  squeezeExcite,
  writtenShuffle,
  writtenChannelShuffle,
  writtenChannelGroup,
  writtenActivation('chain: Gelu written out', gelu),
  writtenActivation('chain: Swish written out', swish),
  writtenActivation('chain: HardSwish written out', hardSwish),
  matMulChain,
  layerNormalization,
  attention,
];
