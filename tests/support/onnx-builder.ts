import { ModelProto } from './onnx-schema.js';

// TensorProto.DataType
export const dataTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
  float8e8m0: 24,
  uint2: 25,
  int2: 26,
};
// AttributeProto.AttributeType
const attributeTypes = { f: 1, i: 2, s: 3, t: 4, g: 5, floats: 6, ints: 7, strings: 8 };

export type ElementType = keyof typeof dataTypes;

/** A size, or the name of one that is free. */
export type Dim = number | string;

/**
 * Integers become `i` and `ints`; wrap floats, of which JavaScript does not tell whole ones. Tensors,
 * graphs and types are messages of onnx.proto.
 */
export type Attribute =
  | number
  | number[]
  | string
  | { float: number }
  | { floats: number[] }
  | { strings: string[] }
  | { tensor: object }
  | { graph: OnnxBuilder }
  | { graphMessage: object };

type ConstantData =
  Float32Array | Float64Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

/** Builds ONNX models node by node; every value goes by its name, which the methods return. */
export class OnnxBuilder {
  readonly #nodes: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  readonly #initializers: object[] = [];
  #values = 0;

  /** Without `dims` nothing is said about its shape. */
  input(name: string, dims?: readonly Dim[], type: ElementType = 'float32'): string {
    this.#inputs.push(valueInfo(name, dims, type));
    return name;
  }

  /** An input that is a sequence of tensors, or an optional tensor. */
  container(kind: 'sequence' | 'optional', name: string, type: ElementType = 'float32'): string {
    const elemType = { tensorType: { elemType: dataTypes[type] } };
    this.#inputs.push({ name, type: { [`${kind}Type`]: { elemType } } });
    return name;
  }

  constant(data: ConstantData, dims: readonly number[] = [data.length]): string {
    const name = this.#newName('constant');
    this.#initializers.push(toTensorProto(name, elementType(data), dims, data));
    return name;
  }

  int64(...values: number[]): string {
    return this.constant(BigInt64Array.from(values, BigInt));
  }

  /** Adds a node and returns the name of its output. `''` stands for an input left out. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
    output = this.#newName(opType),
  ): string {
    const attribute = Object.entries(attributes).map(([name, value]) => toAttribute(name, value));
    this.#nodes.push({ name: output, opType, input: [...inputs], output: [output], attribute });
    return output;
  }

  /** As node(), of an operator of another domain, with all its outputs; `''` stands for one left out. */
  foreign(
    domain: string,
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute>,
    outputs: readonly string[],
  ): readonly string[] {
    this.node(opType, inputs, attributes, outputs[0]);
    Object.assign(this.#nodes.at(-1)!, { domain, output: [...outputs] });
    return outputs;
  }

  /** Declares an output of the model. Without `dims` nothing is said about its shape. */
  output(name: string, dims?: readonly Dim[], type: ElementType = 'float32'): void {
    this.#outputs.push(valueInfo(name, dims, type));
  }

  /** The bytes of the .onnx file. */
  build({
    opset = 17,
    metadata = {},
    domains = {},
  }: {
    opset?: number;
    metadata?: Record<string, string>;
    /** The opsets of other domains. */
    domains?: Record<string, number>;
  } = {}): Uint8Array {
    const model = {
      irVersion: 8,
      producerName: 'fovea-tests',
      opsetImport: Object.entries({ '': opset, ...domains }).map(([domain, version]) => ({
        domain,
        version,
      })),
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: this.graph(),
    };
    return ModelProto.encode(ModelProto.fromObject(model)).finish();
  }

  /** The GraphProto. */
  graph(): object {
    return {
      name: 'graph',
      node: this.#nodes,
      input: this.#inputs,
      output: this.#outputs,
      initializer: this.#initializers,
    };
  }

  #newName(kind: string): string {
    return `${kind}_${this.#values++}`;
  }
}

/** A TensorProto. */
export function toTensorProto(
  name: string,
  type: ElementType,
  dims: readonly number[],
  data: ArrayBufferView | readonly string[],
): object {
  const proto = { name, dims: [...dims], dataType: dataTypes[type] };
  if (!ArrayBuffer.isView(data)) return { ...proto, stringData: data.map(utf8) };
  return { ...proto, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A ValueInfoProto. Without `dims` nothing is said about its shape. */
export function valueInfo(
  name: string,
  dims: readonly Dim[] | undefined,
  type: ElementType,
): object {
  const dim = dims?.map((size) =>
    typeof size === 'number' ? { dimValue: size } : { dimParam: size },
  );
  const shape = dim && { dim };
  return { name, type: { tensorType: { elemType: dataTypes[type], shape } } };
}

function elementType(data: ConstantData): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int8Array) return 'int8';
  return data instanceof Int32Array ? 'int32' : 'uint8';
}

/** An AttributeProto. */
export function toAttribute(name: string, value: Attribute): object {
  const field = attributeField(value);
  const kind = Object.keys(field)[0] as keyof typeof attributeTypes;
  return { name, type: attributeTypes[kind], ...field };
}

function attributeField(value: Attribute): object {
  if (typeof value === 'number') return { i: value };
  if (typeof value === 'string') return { s: utf8(value) };
  if (Array.isArray(value)) return { ints: value };
  if ('strings' in value) return { strings: value.strings.map(utf8) };
  if ('tensor' in value) return { t: value.tensor };
  if ('graph' in value) return { g: value.graph.graph() };
  if ('graphMessage' in value) return { g: value.graphMessage };
  return 'float' in value ? { f: value.float } : { floats: value.floats };
}
