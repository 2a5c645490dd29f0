/** What the fields of onnx.proto hold: a scalar or another message; a list of it, repeated. */
type Kind = 'int32' | 'int64' | 'uint64' | 'float' | 'double' | 'string' | 'bytes';

/** Field numbers of onnx.proto; those that nothing here shows are left out. */
export const schema = {
  Model: {
    irVersion: [1, 'int64'],
    producerName: [2, 'string'],
    producerVersion: [3, 'string'],
    docString: [6, 'string'],
    graph: [7, 'Graph'],
    opsetImport: [8, ['OperatorSet']],
    metadata: [14, ['Property']],
    functions: [25, ['Function']],
  },
  OperatorSet: { domain: [1, 'string'], version: [2, 'int64'] },
  Property: { key: [1, 'string'], value: [2, 'string'] },
  Graph: {
    node: [1, ['Node']],
    name: [2, 'string'],
    initializer: [5, ['Tensor']],
    input: [11, ['ValueInfo']],
    output: [12, ['ValueInfo']],
    valueInfo: [13, ['ValueInfo']],
    sparseInitializer: [15, ['SparseTensor']],
  },
  Function: {
    name: [1, 'string'],
    input: [4, ['string']],
    output: [5, ['string']],
    node: [7, ['Node']],
    domain: [10, 'string'],
    valueInfo: [12, ['ValueInfo']],
  },
  Node: {
    input: [1, ['string']],
    output: [2, ['string']],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, ['Attribute']],
    docString: [6, 'string'],
    domain: [7, 'string'],
  },
  Attribute: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    t: [5, 'Tensor'],
    g: [6, 'Graph'],
    floats: [7, ['float']],
    ints: [8, ['int64']],
    strings: [9, ['bytes']],
    tensors: [10, ['Tensor']],
    graphs: [11, ['Graph']],
    tp: [14, 'Type'],
    type: [20, 'int32'],
    refAttrName: [21, 'string'],
    sparseTensor: [22, 'SparseTensor'],
  },
  Tensor: {
    dims: [1, ['int64']],
    dataType: [2, 'int32'],
    floatData: [4, ['float']],
    int32Data: [5, ['int32']],
    stringData: [6, ['bytes']],
    int64Data: [7, ['int64']],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    doubleData: [10, ['double']],
    uint64Data: [11, ['uint64']],
    externalData: [13, ['Property']],
    dataLocation: [14, 'int32'],
  },
  SparseTensor: { values: [1, 'Tensor'], indices: [2, 'Tensor'], dims: [3, ['int64']] },
  ValueInfo: { name: [1, 'string'], type: [2, 'Type'] },
  Type: {
    tensor: [1, 'TensorType'],
    sequence: [4, 'ContainerType'],
    map: [5, 'MapType'],
    sparse: [8, 'TensorType'],
    optional: [9, 'ContainerType'],
  },
  TensorType: { elemType: [1, 'int32'], shape: [2, 'Shape'] },
  ContainerType: { elemType: [1, 'Type'] },
  MapType: { keyType: [1, 'int32'], valueType: [2, 'Type'] },
  Shape: { dim: [1, ['Dimension']] },
  Dimension: { value: [1, 'int64'], param: [2, 'string'] },
} as const satisfies Record<string, Record<string, readonly [number, string | readonly [string]]>>;

type Schema = typeof schema;
export type MessageName = keyof Schema;

/** Beyond 2^53 a bigint. */
type Whole = number | bigint;

interface Scalars {
  int32: number;
  int64: Whole;
  uint64: Whole;
  float: number;
  double: number;
  string: string;
  bytes: Uint8Array;
}
export type Scalar = keyof Scalars & Kind;

type Single<K> = K extends Scalar ? Scalars[K] : K extends MessageName ? Message<K> : never;
type FieldValue<K> = K extends readonly [infer One]
  ? readonly Single<One>[]
  : Single<K> | undefined;

/** A message as it is read: lists may be empty, all else may be missing. */
export type Message<N extends MessageName> = {
  readonly [F in keyof Schema[N]]: Schema[N][F] extends readonly [number, infer K]
    ? FieldValue<K>
    : never;
};
