import type { Dim, ElementType } from '../support/onnx-builder.js';
import { Choices } from './choices.js';
import { prune, type Graph, type GraphInput } from './graph.js';
import { GraphMaker, type GraphKind, type Value } from './maker.js';
import { chains } from './operators/chains.js';
import { convolution } from './operators/convolution.js';
import { elementwise } from './operators/elementwise.js';
import { indexing } from './operators/indexing.js';
import { matrices } from './operators/matrices.js';
import { movement } from './operators/movement.js';
import { normalization } from './operators/normalization.js';
import type { Operator } from './operators/operator.js';
import { retyped } from './retype.js';
import { resizing } from './operators/resizing.js';
import { sources } from './operators/sources.js';
import { isFloat, randomTensor, toNumbers, tensorOf, type TensorValue } from './tensors.js';

/** Those to which what is no number is as good as any: others multiply it by zeros. */
const forSpecials: readonly Operator[] = [...elementwise, ...movement, ...indexing, ...sources];

/** Those that can go through large images a band of rows at a time. */
const forLarge: readonly Operator[] = [
  ...chains.filter(({ name }) => /Conv|pixel shuffle/.test(name)),
  ...[...convolution, ...resizing, ...movement, ...elementwise].filter(({ name }) =>
    /^(Conv|ConvTranspose|Resize|Upsample|DepthToSpace|Concat|Add|Relu|MaxPool)$/.test(name),
  ),
];

/** Every operator and chain that graphs are made of. */
export const operators: readonly Operator[] = [
  ...elementwise,
  ...convolution,
  ...normalization,
  ...matrices,
  ...movement,
  ...indexing,
  ...resizing,
  ...sources,
  ...chains,
];

const opsets = [8, 9, 10, 11, 12, 13, 13, 15, 16, 17, 17, 18, 18, 19, 20, 21, 21];

/**
 * A random graph and what it is run on. The same seed gives the same graph.
 *
 * @param only the names of the operators that may begin it; all unless given
 */
export function generate(seed: number, only?: readonly string[]): Graph {
  const random = new Choices(seed);
  const size = random.chance(0.01) ? 'large' : 'small';
  const kind = kindOf(random, size);
  const maker = new GraphMaker(random, kind);
  if (size === 'large') {
    maker.input('float32', [1, random.of([1, 3, 4]), random.int(150, 300), random.int(150, 300)]);
  } else {
    const ranks = random.of([[4], [4], [4], [4, 4], [3], [5], [2], [1], [2, 3], [0]]);
    ranks.forEach((rank) => maker.input('float32', maker.dims(rank)));
  }
  const table = size === 'large' ? forLarge : kind.hasSpecials ? forSpecials : operators;
  const all = table.filter(({ since = 1 }) => since <= kind.opset);
  const first = only ? operators.filter(({ name }) => only.includes(name)) : all;
  for (let count = random.int(1, 7), turn = 0; count > 0; --count, ++turn) {
    weighted(random, turn === 0 && first.length > 0 ? first : all).add(maker);
  }
  const graph = prune(finish(maker));
  const type = random.of<ElementType>([
    ...Array<'float32'>(18).fill('float32'),
    'float16',
    'float64',
  ]);
  return retyped(graph, type);
}

function kindOf(random: Choices, size: 'small' | 'large'): GraphKind {
  const hasSpecials = size === 'small' && random.chance(0.03);
  return {
    opset: random.of(opsets),
    allowsEmpty: size === 'small' && random.chance(0.08),
    hasSpecials,
    largestValue: size === 'small' ? 40_000 : 3_000_000,
  };
}

function weighted(random: Choices, table: readonly Operator[]): Operator {
  const total = table.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let left = random.uniform() * total;
  return table.find(({ weight = 1 }) => (left -= weight) < 0) ?? table.at(-1)!;
}

/** Chooses what is asked for: mostly what nobody reads, now and then what is read as well. */
function finish(maker: GraphMaker): Graph {
  const { random, nodes, constants, values } = maker;
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const made = values.filter(({ name }) => !maker.inputs.some((input) => input.name === name));
  const ends = made.filter(({ name }) => !read.has(name));
  const outputs = random.chance(0.7) ? ends : ends.slice(-1);
  const extra = random.chance(0.2) ? random.some(made, 0.3) : [];
  const passed = random.chance(0.03) ? [random.of(values)] : [];
  const constant = random.chance(0.02) ? Object.keys(constants).slice(0, 1) : [];
  const names = [...outputs, ...extra, ...passed].map(({ name }) => name).concat(constant);
  const unread = names.length > 0 ? names : values.slice(-1).map(({ name }) => name);
  const inputs = random.chance(0.3) ? maker.inputs.map(freed(random)) : maker.inputs;
  return {
    opset: maker.opset,
    inputs,
    constants,
    declaredConstants: random.chance(0.08) ? Object.keys(constants) : [],
    nodes,
    types: typesOf([...values, ...maker.hidden], constants),
    exact: made.filter(({ exact }) => exact).map(({ name }) => name),
    outputs: [...new Set(unread)],
    fetches: random.chance(0.2) ? random.some(made, 0.3).map(({ name }) => name) : [],
    feeds: feedsFor(maker, inputs),
  };
}

function typesOf(
  values: readonly Value[],
  constants: Readonly<Record<string, TensorValue>>,
): Record<string, ElementType> {
  const made = values.map(({ name, type }) => [name, type] as const);
  const given = Object.entries(constants).map(([name, { type }]) => [name, type] as const);
  return Object.fromEntries([...made, ...given]);
}

/** An input some of whose sizes are free: all that are equal by one name. */
function freed(random: Choices): (input: GraphInput) => GraphInput {
  return (input) => ({
    ...input,
    dims: input.dims.map((size, axis): Dim => {
      const isChannels = input.dims.length > 2 && axis === 1;
      return !isChannels && random.chance(0.7) ? `${axis}:${size}` : size;
    }),
  });
}

/** One run, or three where sizes are free: of other sizes in between. */
function feedsFor(
  maker: GraphMaker,
  declared: readonly GraphInput[],
): Record<string, TensorValue>[] {
  const { random, inputs: made } = maker;
  const first = feed(maker, made);
  const names = [
    ...new Set(declared.flatMap(({ dims }) => dims.filter((d) => typeof d === 'string'))),
  ];
  if (names.length === 0) return [first];
  const sizes = new Map(names.map((name) => [name, otherSize(random, Number(name.split(':')[1]))]));
  const resized = made.map((input, i) => ({
    ...input,
    dims: declared[i]!.dims.map((dim) => (typeof dim === 'string' ? sizes.get(dim)! : dim)),
  }));
  return [first, feed(maker, resized), first];
}

function otherSize(random: Choices, size: number): number {
  return random.of([size + 1, size + 2, 2 * size, size + 5, Math.max(1, size - 1), size]);
}

function feed(
  { random, kind }: GraphMaker,
  inputs: readonly GraphInput[],
): Record<string, TensorValue> {
  return Object.fromEntries(
    inputs.map(({ name, type, dims }) => {
      const tensor = randomTensor(random, type, dims as number[]);
      return [name, kind.hasSpecials && isFloat(type) ? withSpecials(random, tensor) : tensor];
    }),
  );
}

/** Some elements become zeros, infinities, or not a number. */
function withSpecials(random: Choices, tensor: TensorValue): TensorValue {
  const numbers = toNumbers(tensor).map((value) =>
    random.chance(0.1) ? random.of([0, -0, Infinity, -Infinity, NaN]) : value,
  );
  return tensorOf(tensor.type, tensor.dims, numbers);
}
