import { dataTypes, type Dim, type ElementType } from '../support/onnx-builder.js';
import type { Choices } from './choices.js';
import type { Attribute, Body, GraphInput, GraphNode } from './graph.js';
import {
  boundOf,
  elementCount,
  integerRange,
  isFloat,
  isGivable,
  randomTensor,
  tensorOf,
  type TensorValue,
} from './tensors.js';

/** What is known of a value while its graph is made. */
export interface Value {
  name: string;
  type: ElementType;
  dims: readonly number[];
  /**
   * Whether every runtime must have the same bits here: inputs, and what is moved or computed
   * without rounding. Only such floats may reach what jumps (Floor, TopK, a Cast to integers).
   */
  exact: boolean;
  /** About the greatest magnitude, so that nothing grows without end. */
  bound: number;
  /** The elements, where the model has them. */
  constant?: TensorValue;
}

/** What a node gives; what is left out is as of the node's first input. */
export type Result = Partial<Pick<Value, 'type' | 'dims' | 'exact' | 'bound'>>;

/** Attributes by name; those that are undefined are not written. */
export type Attributes = Record<string, Attribute | undefined>;

type Test = (value: Value) => boolean;

/** What kind of graph it is to be. */
export interface GraphKind {
  opset: number;
  /** The version of ai.onnx.ml. */
  mlOpset: number;
  /** Whether sizes may be 0. */
  allowsEmpty: boolean;
  /** Whether inputs have infinities and what is not a number. */
  hasSpecials: boolean;
  /** The most elements of a value. */
  largestValue: number;
}

interface TakeOptions {
  exact?: boolean;
  /** The greatest bound it may have. */
  largest?: number;
  type?: ElementType;
  fits?: Test;
}

/** A graph under construction: operators of the table add nodes to it. */
export class GraphMaker {
  /** The element type that an operator is to be tried with. */
  type: ElementType = 'float32';
  readonly values: Value[] = [];
  /** Values that nobody else reads and nobody asks for. */
  readonly hidden: Value[] = [];
  /** Values that nobody else reads: only a run can tell their sizes, or they are not exact. */
  readonly ends: Value[] = [];
  /** Names of integers that may be one off. */
  readonly rounded: string[] = [];
  /** Names of sequences and optionals, with their elements' types, and of what is random. */
  readonly containers: string[] = [];
  readonly inputs: GraphInput[];
  readonly nodes: GraphNode[] = [];
  readonly constants: Record<string, TensorValue>;
  readonly #names: { count: number };

  /** @param outer the graph of whose nodes one has this graph */
  constructor(
    readonly random: Choices,
    readonly kind: GraphKind,
    outer?: GraphMaker,
  ) {
    this.inputs = outer?.inputs ?? [];
    this.constants = outer?.constants ?? {};
    this.#names = outer ? outer.#names : { count: 0 };
  }

  get opset(): number {
    return this.kind.opset;
  }

  /** The type that is to be tried where it is one of floats, else float32. */
  get floatType(): ElementType {
    return isFloat(this.type) ? this.type : 'float32';
  }

  get allowsEmpty(): boolean {
    return this.kind.allowsEmpty;
  }

  /** One of the last values more often than one of the first. */
  pick(test: Test = () => true): Value | undefined {
    const fitting = this.values.filter(test);
    if (fitting.length === 0) return undefined;
    const recent = Math.min(fitting.length, 3);
    return this.random.of(this.random.chance(0.7) ? fitting.slice(-recent) : fitting);
  }

  /** A value of the type to be tried, of a rank in a range: mostly one that is there. */
  take(lowestRank = 0, highestRank = 5, options: TakeOptions = {}): Value {
    const { exact = false, largest = 1e4, type = this.type, fits = () => true } = options;
    const suits: Test = (value) =>
      value.type === type &&
      value.dims.length >= lowestRank &&
      value.dims.length <= highestRank &&
      value.bound <= largest &&
      (value.exact || !exact) &&
      fits(value);
    const rank = this.random.int(lowestRank, Math.min(highestRank, Math.max(lowestRank, 4)));
    return this.pick(suits) ?? this.input(type, this.dims(rank));
  }

  /** As take(), of floats. */
  float(lowestRank = 0, highestRank = 5, options: Omit<TakeOptions, 'type'> = {}): Value {
    return this.take(lowestRank, highestRank, { ...options, type: this.floatType });
  }

  /** A size: mostly small, mostly no multiple of a vector's lanes. */
  size(): number {
    if (this.allowsEmpty && this.random.chance(0.15)) return 0;
    return this.random.of([1, 1, 2, 3, 3, 4, 5, 5, 7, 8, 9, 12, 13, 16, 17]);
  }

  /** As many channels. */
  channels(): number {
    if (this.allowsEmpty && this.random.chance(0.1)) return 0;
    return this.random.of([1, 1, 1, 2, 3, 4, 4, 5, 6, 8, 9, 12, 16, 20]);
  }

  /** [N, C, spatial...] from rank 3 on, else any sizes. */
  dims(rank: number): number[] {
    if (rank < 3) return Array.from({ length: rank }, () => this.size());
    const spatial = Array.from({ length: rank - 2 }, () => this.size());
    const limit = rank > 4 ? 5 : 20;
    const batch = this.allowsEmpty && this.random.chance(0.1) ? 0 : this.random.of([1, 1, 1, 2, 3]);
    return [batch, Math.min(this.channels(), limit), ...spatial.map((s) => Math.min(s, limit))];
  }

  /** A new input of the model; of what JavaScript has no type for, what a Cast makes of one. */
  input(type: ElementType, dims: readonly number[], declared: readonly Dim[] = dims): Value {
    if (!isGivable(type)) return this.#drawn(type, dims);
    const name = `in${this.inputs.length}`;
    this.inputs.push({ name, type, dims: declared });
    const value = { name, type, dims, exact: true, bound: boundOf(type) };
    this.values.push(value);
    return value;
  }

  /** Random elements of a type that JavaScript has not. */
  #drawn(type: ElementType, dims: readonly number[]): Value {
    const range = integerRange(type);
    // Exponents alone have no sign.
    if (type === 'float8e8m0') return this.awayFromZero(dims, type, false);
    if (!range) return this.#cast(type, this.input('float32', dims));
    const elements = this.random.ints(elementCount(dims), ...range);
    return this.#cast(type, this.constant(tensorOf('int8', dims, elements)));
  }

  #cast(type: ElementType, from: Value): Value {
    const result = { type, exact: true, bound: from.bound };
    const cast = this.one('Cast', [from], { to: dataTypes[type] }, result)!;
    this.hide(cast);
    return cast;
  }

  /** A constant of these numbers, in a type that JavaScript may not have. */
  numbers(type: ElementType, dims: readonly number[], numbers: readonly number[]): Value {
    if (isGivable(type)) return this.constant(tensorOf(type, dims, numbers));
    return this.#cast(type, this.constant(tensorOf('float32', dims, numbers)));
  }

  /** A new constant; it is not picked by others. */
  constant(tensor: TensorValue): Value {
    const name = `c${this.#names.count++}`;
    this.constants[name] = tensor;
    const { type, dims } = tensor;
    return { name, type, dims, exact: true, bound: boundOf(type), constant: tensor };
  }

  /** These elements: mostly a constant, now and then what a run is fed. */
  given(tensor: TensorValue): Value {
    if (this.random.chance(0.85)) return this.constant(tensor);
    const name = `in${this.inputs.length}`;
    const { type, dims } = tensor;
    this.inputs.push({ name, type, dims, fixed: tensor });
    return { name, type, dims, exact: true, bound: boundOf(type) };
  }

  /** Random elements within +-`bound`. */
  weights(dims: readonly number[], bound = 1, type: ElementType = this.floatType): Value {
    if (!isGivable(type)) return this.#drawn(type, dims);
    return this.constant(randomTensor(this.random, type, dims, bound));
  }

  /** Random elements that are at least 0.5, or with `signs` at most -0.5. */
  awayFromZero(dims: readonly number[], type: ElementType = this.floatType, signs = true): Value {
    const element = () => {
      const magnitude = isFloat(type) ? 0.5 + 1.5 * this.random.uniform() : this.random.int(1, 5);
      return signs && !type.startsWith('u') && this.random.chance(0.5) ? -magnitude : magnitude;
    };
    const numbers = Array.from({ length: elementCount(dims) }, element);
    return this.numbers(type, dims, numbers);
  }

  number(value: number, type: ElementType = this.floatType, dims: readonly number[] = []): Value {
    return this.numbers(type, dims, [value]);
  }

  /** What says sizes, axes or places: mostly constants, now and then inputs. */
  int64s(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    return this.given(tensorOf('int64', dims, values));
  }

  /**
   * Adds a node and returns its outputs, or nothing where one would be too large.
   *
   * @param name the operator, after its domain where that is not ONNX's own: `ai.onnx.ml:Scaler`
   * @param inputs `undefined` stands for one left out
   */
  node(
    name: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    results: readonly (Result | undefined)[] = [{}],
  ): Value[] {
    const [first] = inputs;
    const all = results.map((result) => {
      if (!result) return undefined;
      const type = result.type ?? first!.type;
      const bound = result.bound ?? Math.max(0, ...inputs.map((value) => value?.bound ?? 0));
      return {
        name: `v${this.#names.count++}`,
        type,
        dims: result.dims ?? first!.dims,
        exact: result.exact ?? false,
        bound: Math.min(bound, integerRange(type)?.[1] ?? bound),
      };
    });
    const outputs = all.filter((value) => value !== undefined);
    if (outputs.some(({ dims }) => elementCount(dims) > this.kind.largestValue)) return [];
    const written = Object.entries(attributes).filter(([, value]) => value !== undefined);
    const names = inputs.map((value) => value?.name ?? '');
    while (names.at(-1) === '') names.pop();
    const [opType, domain] = name.split(':').toReversed() as [string, string?];
    this.nodes.push({
      opType,
      domain,
      inputs: names,
      outputs: all.map((value) => value?.name ?? ''),
      attributes: Object.fromEntries(written) as Record<string, Attribute>,
    });
    this.values.push(...outputs);
    return outputs;
  }

  /** As node(), of an operator with one output. */
  one(
    name: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    result: Result = {},
  ): Value | undefined {
    return this.node(name, inputs, attributes, [result])[0];
  }

  /** Adds a node whose result is no tensor: only the caller reads it. */
  container(
    name: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes = {},
    result: Result = {},
  ): Value {
    const value = this.one(name, inputs, attributes, { dims: [], type: this.type, ...result })!;
    this.hide(value);
    this.containers.push(value.name);
    return value;
  }

  /** Keeps a tensor from being picked or asked for. */
  hide(value: Value): void {
    this.values.splice(this.values.indexOf(value), 1);
    this.hidden.push(value);
  }

  /** Keeps a tensor from being picked. */
  end(value: Value | undefined): Value | undefined {
    if (!value) return undefined;
    this.values.splice(this.values.indexOf(value), 1);
    this.ends.push(value);
    return value;
  }

  /** Ends an integer that may be one off. */
  endRounded(value: Value | undefined): Value | undefined {
    if (value) this.rounded.push(value.name);
    return this.end(value);
  }

  /** A graph for an attribute: its inputs, and what `build` makes of them in a maker of its own. */
  body(
    inputs: readonly { type: ElementType; dims: readonly number[]; bound?: number }[],
    build: (maker: GraphMaker, inputs: readonly Value[]) => readonly Value[],
  ): { body: Body } {
    const inner = new GraphMaker(this.random, this.kind, this);
    inner.type = this.type;
    const values = inputs.map(({ type, dims, bound = boundOf(type) }) => {
      return { name: `v${this.#names.count++}`, type, dims, exact: true, bound };
    });
    inner.values.push(...values);
    const outputs = build(inner, values);
    const all = [...inner.values, ...inner.hidden, ...inner.ends, ...outputs];
    return {
      body: {
        inputs: values.map(({ name, type, dims }) => ({ name, type, dims })),
        nodes: inner.nodes,
        outputs: outputs.map(({ name }) => name),
        outputDims: outputs.map(({ dims }) => dims),
        types: Object.fromEntries(all.map(({ name, type }) => [name, type])),
      },
    };
  }

  /** Some of the axes of a rank, now and then counted from the end. */
  axes(rank: number, probability = 0.4): number[] {
    const all = Array.from({ length: rank }, (_, axis) => axis);
    const chosen = this.random.some(all, probability);
    return this.random.chance(0.3) ? chosen.map((axis) => axis - rank) : chosen;
  }

  /** An axis of a rank, now and then counted from the end. */
  axis(rank: number): number {
    return this.random.int(this.random.chance(0.3) ? -rank : 0, rank - 1);
  }

  /** The sizes of something that broadcasts to `dims`: of lower rank, and 1 along some axes. */
  broadcastable(dims: readonly number[]): number[] {
    if (this.random.chance(0.3)) return [...dims];
    if (this.random.chance(0.2) && dims.length >= 3) {
      return dims.slice(1).map((size, axis) => (axis === 0 ? size : 1));
    }
    const left = this.random.int(0, dims.length);
    return dims.slice(left).map((size) => (this.random.chance(0.4) ? 1 : size));
  }
}

/** The sizes of what two shapes broadcast to; nothing where they do not. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const sizeOf = (dims: readonly number[], axis: number) => dims[axis - rank + dims.length] ?? 1;
  const sizes = Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [sizeOf(a, axis), sizeOf(b, axis)];
    return x === y || y === 1 ? x : x === 1 ? y : -1;
  });
  return sizes.includes(-1) ? undefined : sizes;
}

/** An axis counted from the front. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
