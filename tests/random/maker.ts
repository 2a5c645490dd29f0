import type { Attribute, Dim, ElementType } from '../support/onnx-builder.js';
import type { Choices } from './choices.js';
import type { GraphInput, GraphNode } from './graph.js';
import { elementCount, isFloat, randomTensor, tensorOf, type TensorValue } from './tensors.js';

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

type Test = (value: Value) => boolean;

/** What kind of graph it is to be. */
export interface GraphKind {
  opset: number;
  /** Whether sizes may be 0. */
  allowsEmpty: boolean;
  /** Whether inputs have infinities and what is not a number. */
  hasSpecials: boolean;
  /** The most elements of a value. */
  largestValue: number;
}

/** A graph under construction: operators of the table add nodes to it. */
export class GraphMaker {
  readonly values: Value[] = [];
  /** Values of which only a run can tell the sizes: nobody else reads them. */
  readonly hidden: Value[] = [];
  readonly inputs: GraphInput[] = [];
  readonly nodes: GraphNode[] = [];
  readonly constants: Record<string, TensorValue> = {};
  #names = 0;

  constructor(
    readonly random: Choices,
    readonly kind: GraphKind,
  ) {}

  get opset(): number {
    return this.kind.opset;
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

  /** A float32 value of a rank in a range, mostly one that is there; `exact` as Value has it. */
  float(lowestRank = 0, highestRank = 5, { exact = false, largest = 1e4 } = {}): Value {
    const fits: Test = ({ type, dims, bound, exact: isExact }) =>
      type === 'float32' &&
      dims.length >= lowestRank &&
      dims.length <= highestRank &&
      bound <= largest &&
      (isExact || !exact);
    const rank = this.random.int(lowestRank, Math.min(highestRank, Math.max(lowestRank, 4)));
    return this.pick(fits) ?? this.input('float32', this.dims(rank));
  }

  /** A value of one of some types; a new input where there is none. */
  ofType(types: readonly ElementType[], test: Test = () => true): Value {
    const type = this.random.of(types);
    const there = this.pick((value) => value.type === type && test(value));
    return there ?? this.input(type, this.dims(this.random.int(0, 4)));
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

  /** A new input of the model. */
  input(type: ElementType, dims: readonly number[], declared: readonly Dim[] = dims): Value {
    const name = `in${this.inputs.length}`;
    this.inputs.push({ name, type, dims: declared });
    const value = { name, type, dims, exact: true, bound: isFloat(type) ? 2 : 255 };
    this.values.push(value);
    return value;
  }

  /** A new constant; it is not picked by others. */
  constant(tensor: TensorValue): Value {
    const name = `c${this.#names++}`;
    this.constants[name] = tensor;
    const { type, dims } = tensor;
    return { name, type, dims, exact: true, bound: 2, constant: tensor };
  }

  /** Random elements within +-`bound`. */
  weights(dims: readonly number[], bound = 1, type: ElementType = 'float32'): Value {
    return this.constant(randomTensor(this.random, type, dims, bound));
  }

  /** Random elements that are at least 0.5, or with `signs` at most -0.5. */
  awayFromZero(dims: readonly number[], type: ElementType = 'float32', signs = true): Value {
    const element = () => {
      const magnitude = isFloat(type) ? 0.5 + 1.5 * this.random.uniform() : this.random.int(1, 5);
      return signs && type !== 'uint8' && this.random.chance(0.5) ? -magnitude : magnitude;
    };
    const numbers = Array.from({ length: elementCount(dims) }, element);
    return this.constant(tensorOf(type, dims, numbers));
  }

  number(value: number, type: ElementType = 'float32', dims: readonly number[] = []): Value {
    return this.constant(tensorOf(type, dims, [value]));
  }

  int64s(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    return this.constant(tensorOf('int64', dims, values));
  }

  /**
   * Adds a node and returns its outputs, or nothing where one would be too large.
   *
   * @param inputs `undefined` stands for one left out
   */
  node(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: Record<string, Attribute | undefined>,
    results: readonly Result[] = [{}],
  ): Value[] {
    const [first] = inputs;
    const outputs = results.map((result): Value => ({
      name: `v${this.#names++}`,
      type: result.type ?? first!.type,
      dims: result.dims ?? first!.dims,
      exact: result.exact ?? false,
      bound: result.bound ?? Math.max(0, ...inputs.map((value) => value?.bound ?? 0)),
    }));
    if (outputs.some(({ dims }) => elementCount(dims) > this.kind.largestValue)) return [];
    const written = Object.entries(attributes).filter(([, value]) => value !== undefined);
    const names = inputs.map((value) => value?.name ?? '');
    while (names.at(-1) === '') names.pop();
    this.nodes.push({
      opType,
      inputs: names,
      outputs: outputs.map(({ name }) => name),
      attributes: Object.fromEntries(written) as Record<string, Attribute>,
    });
    this.values.push(...outputs);
    return outputs;
  }

  /** As node(), of an operator with one output. */
  one(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: Record<string, Attribute | undefined> = {},
    result: Result = {},
  ): Value | undefined {
    return this.node(opType, inputs, attributes, [result])[0];
  }

  /** Keeps a value from being picked or asked for. */
  hide(value: Value): void {
    this.values.splice(this.values.indexOf(value), 1);
    this.hidden.push(value);
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
