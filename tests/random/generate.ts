import type { Dim, ElementType } from '../support/onnx-builder.js';
import { cells, newestMlOpset, newestOpset, oldestOpset, type Cell } from './cells.js';
import { Choices } from './choices.js';
import { prune, readsOf, type Graph, type GraphInput } from './graph.js';
import { GraphMaker, type GraphKind, type Value } from './maker.js';
import { castSince } from './operators/elementwise.js';
import { chains, forLarge, forSpecials } from './operators/index.js';
import type { Operator } from './operators/operator.js';
import {
  isFloat,
  isGivable,
  randomTensor,
  toNumbers,
  tensorOf,
  type TensorValue,
} from './tensors.js';

/**
 * A random graph and what it is run on. The same seed gives the same graph, and as many seeds as
 * there are cells begin with each of these once.
 *
 * @param only the names of the operators that may begin it; all unless given
 */
export function generate(seed: number, only?: readonly string[]): Graph {
  const random = new Choices(seed);
  const first = firstCell(seed, only);
  const size = only === undefined && random.chance(0.007) ? 'large' : 'small';
  const maker = new GraphMaker(random, kindOf(random, size, first));
  if (size === 'large') addLarge(maker);
  else addSmall(maker, first, only);
  return prune(finish(maker));
}

/** A graph of one cell and no others; nothing where it does not come about. */
export function generateAlone(cell: Cell, seed: number): Graph | undefined {
  const random = new Choices(seed);
  const kind = { ...kindOf(random, 'small', cell), allowsEmpty: false, hasSpecials: false };
  const maker = new GraphMaker(random, kind);
  return add(maker, cell.operator, cell.type) ? prune(finish(maker)) : undefined;
}

function firstCell(seed: number, only: readonly string[] | undefined): Cell | undefined {
  const table = only ? cells.filter(({ operator }) => only.includes(operator.name)) : cells;
  return table[seed % table.length];
}

function kindOf(random: Choices, size: 'small' | 'large', first: Cell | undefined): GraphKind {
  const versionFor = (domain: string, low: number, high: number) =>
    first?.domain === domain ? random.int(first.since, first.until) : random.int(low, high);
  const oldest = first ? Math.max(oldestOpset, castSince(first.type)) : oldestOpset;
  const goesWithSpecials = first && forSpecials.has(first.operator) && isFloat(first.type);
  return {
    opset: versionFor('', oldest, newestOpset),
    mlOpset: versionFor('ai.onnx.ml', 1, newestMlOpset),
    allowsEmpty: size === 'small' && random.chance(0.06),
    hasSpecials: Boolean(goesWithSpecials) && size === 'small' && random.chance(0.05),
    largestValue: size === 'small' ? 20_000 : 3_000_000,
  };
}

/** A large image and what is planned in bands. */
function addLarge(maker: GraphMaker): void {
  const { random } = maker;
  maker.input('float32', [1, random.of([1, 3, 4]), random.int(200, 280), random.int(200, 280)]);
  const table = forLarge.filter(({ since = 1 }) => since <= maker.opset);
  for (let count = random.int(1, 6); count > 0; --count) add(maker, weighted(random, table));
}

/** A cell, others that go with it, and chains. */
function addSmall(maker: GraphMaker, first: Cell | undefined, only?: readonly string[]): void {
  const { random } = maker;
  if (only && !first) {
    const asked = chains.filter(({ name }) => only.some((part) => name.includes(part)));
    if (asked.length > 0) add(maker, random.of(asked));
  }
  if (first) tryOften(maker, first, 6);
  const others = companions(maker);
  for (let count = random.int(8, 17); count > 0; --count) {
    // Convolutions in tiles spread what is no number.
    if (!maker.kind.hasSpecials && random.chance(0.08)) addChain(maker);
    else {
      const theme = random.chance(0.6) ? others.get(first?.type ?? 'float32') : undefined;
      tryOften(maker, drawn(random, theme ?? others.get('')!), 2);
    }
  }
}

function tryOften(maker: GraphMaker, { operator, type }: Cell, times: number): void {
  while (times-- > 0 && !add(maker, operator, type));
}

/** Adds an operator; what is of a type that JavaScript does not have becomes float32. */
function add(maker: GraphMaker, operator: Operator, type: ElementType = 'float32'): boolean {
  maker.type = type;
  const added = operator.add(maker) !== undefined;
  maker.type = 'float32';
  for (const value of maker.values.filter((v) => !isGivable(v.type))) {
    const result = { type: 'float32' as const, exact: value.exact };
    maker.hide(value);
    maker.one('Cast', [value], { to: 1 }, result);
  }
  return added;
}

function addChain(maker: GraphMaker): void {
  const table = chains.filter(({ since = 1 }) => since <= maker.opset);
  const chain = weighted(maker.random, table);
  // onnxruntime has no activations and convolutions of doubles.
  const wide = /attention|LayerNorm/.test(chain.name) ? 'float64' : 'float16';
  add(maker, chain, maker.random.chance(0.12) ? wide : 'float32');
}

interface Weighted {
  cells: readonly Cell[];
  weights: readonly number[];
  total: number;
}

/** The cells of these versions, by type and, under '', all. */
function companions({ kind }: GraphMaker): Map<string, Weighted> {
  const key = `${kind.opset} ${kind.mlOpset} ${kind.hasSpecials}`;
  const known = companionsByKind.get(key);
  if (known) return known;
  const fitting = cells.filter(({ domain, since, until, operator, type }) => {
    const version = domain === '' ? kind.opset : domain === 'ai.onnx.ml' ? kind.mlOpset : 1;
    if (kind.hasSpecials && !forSpecials.has(operator)) return false;
    if (domain !== '' && castSince(type) > kind.opset) return false;
    return since <= version && version <= until;
  });
  const types = new Set(fitting.map(({ type }) => type));
  const made = new Map([['', weigh(fitting)]]);
  for (const type of types) made.set(type, weigh(fitting.filter((cell) => cell.type === type)));
  companionsByKind.set(key, made);
  return made;
}

const companionsByKind = new Map<string, Map<string, Weighted>>();

/** What fewer versions of a domain have comes more often in them; a graph has any opset. */
const opsetsOf: Record<string, number> = { '': 1, 'ai.onnx.ml': newestMlOpset, 'com.microsoft': 1 };

function weigh(list: readonly Cell[]): Weighted {
  const weights = list.map(({ since, until, domain }) => {
    const share = opsetsOf[domain]! / (until - since + 1);
    return domain === '' ? share : share / 12;
  });
  return { cells: list, weights, total: weights.reduce((sum, weight) => sum + weight, 0) };
}

function drawn(random: Choices, { cells: list, weights, total }: Weighted): Cell {
  let left = random.uniform() * total;
  return list.find((_, i) => (left -= weights[i]!) < 0) ?? list.at(-1)!;
}

function weighted(random: Choices, table: readonly Operator[]): Operator {
  const total = table.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let left = random.uniform() * total;
  return table.find(({ weight = 1 }) => (left -= weight) < 0) ?? table.at(-1)!;
}

/** Chooses what is asked for: mostly what nobody reads, now and then what is read as well. */
function finish(maker: GraphMaker): Graph {
  const { random, nodes, constants, values } = maker;
  const read = new Set(nodes.flatMap(readsOf));
  const made = values.filter(({ name }) => !maker.inputs.some((input) => input.name === name));
  const unread = [...made.filter(({ name }) => !read.has(name)), ...maker.ends];
  const outputs = random.chance(0.9) ? unread : unread.slice(-1);
  const extra = random.chance(0.2) ? random.some(made, 0.3) : [];
  const passed = random.chance(0.03) ? random.some(values, 0.2) : [];
  const constant = random.chance(0.02) ? Object.keys(constants).slice(0, 1) : [];
  const names = [...outputs, ...extra, ...passed].map(({ name }) => name).concat(constant);
  const isSmall = maker.kind.largestValue < 1e6;
  const inputs = isSmall && random.chance(0.3) ? maker.inputs.map(freed(random)) : maker.inputs;
  return {
    opset: maker.opset,
    mlOpset: maker.kind.mlOpset,
    inputs,
    constants,
    declaredConstants: random.chance(0.08) ? Object.keys(constants) : [],
    nodes,
    types: typesOf([...values, ...maker.hidden, ...maker.ends], constants),
    containers: maker.containers,
    exact: [...made, ...maker.hidden, ...maker.ends].filter((v) => v.exact).map((v) => v.name),
    rounded: maker.rounded,
    outputs: [...new Set(names.length > 0 ? names : values.slice(-1).map(({ name }) => name))],
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
      const stays = input.fixed !== undefined || (input.dims.length > 2 && axis === 1);
      return !stays && random.chance(0.7) ? `${axis}:${size}` : size;
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
    inputs.map(({ name, type, dims, fixed }) => {
      if (fixed) return [name, fixed];
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
