import type { Message } from './schema.js';

/** The names of TensorProto.DataType. */
export const elementTypes: readonly string[] = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
  'float8e8m0',
  'uint2',
  'int2',
];

export function elementTypeName(type: number | undefined): string {
  return elementTypes[type ?? 0] ?? `type ${type}`;
}

/** A type and a shape in a line, such as `float32 [1, 3, height, width]`. */
export function describeType(type: Message<'Type'> | undefined): string {
  if (!type) return 'not declared';
  const { tensor, sparse, sequence, optional, map } = type;
  if (tensor ?? sparse) {
    const { elemType, shape } = (tensor ?? sparse)!;
    const sizes = shape?.dim.map(({ value, param }) => (param ? param : String(value ?? '?')));
    const kind = sparse ? 'sparse ' : '';
    return `${kind}${elementTypeName(elemType)}${sizes ? ` [${sizes.join(', ')}]` : ''}`;
  }
  if (sequence) return `list of ${describeType(sequence.elemType)}`;
  if (optional) return `${describeType(optional.elemType)} or nothing`;
  if (map) return `map from ${elementTypeName(map.keyType)} to ${describeType(map.valueType)}`;
  return 'not declared';
}
