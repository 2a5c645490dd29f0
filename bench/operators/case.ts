import { ModelProto } from '../../tests/support/onnx-schema.js';
import {
  toAttribute,
  toTensorProto,
  valueInfo,
  type Attribute,
} from '../../tests/support/onnx-builder.js';
import type { Input, Value } from './values.js';

/** Three sizes of an operator's inputs: small, medium and large. They are made when needed. */
export type Sizes = readonly (() => readonly Input[])[];

/** One operator with attributes, at three sizes: models of one node. */
export interface OperatorCase {
  op: string;
  /** What tells it from other cases of the same operator. */
  variant?: string;
  domain?: string;
  opset?: number;
  attributes?:
    Record<string, Attribute> | ((inputs: readonly Input[]) => Record<string, Attribute>);
  outputs?: number;
  sizes: Sizes;
  /** Some elements of output 0 in double precision, where onnxruntime's own are further off than ours. */
  truth?: (feeds: Feeds) => Truth[];
}

/** What is right at a place of an output. */
export interface Truth {
  at: number;
  value: number;
}

/** The opset of ONNX's operators unless a case says another. */
const latestOpset = 21;

/** What a session is fed, by names. */
export type Feeds = Record<string, Value>;

export interface OneNodeModel {
  model: Uint8Array;
  feeds: Feeds;
}

export function titleOf({ op, variant }: OperatorCase): string {
  return variant === undefined ? op : `${op} ${variant}`;
}

/** The model of a case at one of its sizes, and what it is fed. */
export function makeModel(operator: OperatorCase, size: number): OneNodeModel {
  const { op, domain = '', opset = latestOpset, outputs = 1, attributes = {} } = operator;
  const inputs = operator.sizes[size]!();
  const named = inputs.map((value, index) => ({ name: value ? `in${index}` : '', value }));
  const given = named.flatMap(({ name, value }) => (value ? [{ name, ...value }] : []));
  const output = Array.from({ length: outputs }, (_, index) => `out${index}`);
  const written = typeof attributes === 'function' ? attributes(inputs) : attributes;
  const attribute = Object.entries(written).map(([name, value]) => toAttribute(name, value));
  const node = { name: 'node', opType: op, domain, input: named.map(({ name }) => name), output };
  const domains = domain === '' ? [] : [{ domain, version: domain === 'ai.onnx.ml' ? 3 : 1 }];
  const model = {
    irVersion: 10,
    producerName: 'fovea-bench',
    opsetImport: [{ domain: '', version: opset }, ...domains],
    graph: {
      name: 'graph',
      node: [{ ...node, attribute }],
      input: given
        .filter(({ kind }) => kind === 'feed')
        .map(({ name, dims, type }) => valueInfo(name, dims, type)),
      output: output.map((name) => ({ name })),
      initializer: given
        .filter(({ kind }) => kind === 'constant')
        .map(({ name, type, dims, data }) => toTensorProto(name, type, dims, data)),
    },
  };
  const feeds = given.filter(({ kind }) => kind === 'feed').map((value) => [value.name, value]);
  return {
    model: ModelProto.encode(ModelProto.fromObject(model)).finish(),
    feeds: Object.fromEntries(feeds) as Feeds,
  };
}

/** Several operators with the same inputs and attributes. */
export function family(
  ops: readonly string[],
  sizes: Sizes,
  rest: Omit<OperatorCase, 'op' | 'sizes'> = {},
): OperatorCase[] {
  return ops.map((op) => ({ op, sizes, ...rest }));
}

/** Sizes that differ by some numbers only. */
export function scaled<Size>(
  sizes: readonly Size[],
  inputs: (size: Size) => readonly Input[],
): Sizes {
  return sizes.map((size) => () => inputs(size));
}
