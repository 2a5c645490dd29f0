import type { Message } from './schema.js';
import { describeType, elementTypeName } from './types.js';
import { elementCount } from './elements.js';

type Attribute = Message<'Attribute'>;
type Tensor = Message<'Tensor'>;

/** An attribute in words. */
export interface ReadableAttribute {
  name: string;
  text: string;
}

const longestList = 32;
const utf8 = new TextDecoder();

/** A node's attributes; graphs are left out, which are shown otherwise. */
export function readableAttributes(attributes: readonly Attribute[]): ReadableAttribute[] {
  return attributes
    .filter(({ g, graphs }) => !g && graphs.length === 0)
    .map((attribute) => ({ name: attribute.name ?? '', text: textOf(attribute) }));
}

// AttributeProto.AttributeType
const textByType: Record<number, (attribute: Attribute) => string> = {
  1: ({ f }) => shortFloat(f ?? 0),
  2: ({ i }) => String(i ?? 0),
  3: ({ s }) => quoted(s),
  4: ({ t }) => (t ? describeTensor(t) : 'nothing'),
  6: ({ floats }) => list(floats.map(shortFloat)),
  7: ({ ints }) => list(ints.map(String)),
  8: ({ strings }) => list(strings.map(quoted)),
  9: ({ tensors }) => list(tensors.map(describeTensor)),
  11: ({ sparseTensor }) =>
    `sparse ${sparseTensor?.values ? describeTensor(sparseTensor.values) : ''}`,
  13: ({ tp }) => describeType(tp),
};

function textOf(attribute: Attribute): string {
  if (attribute.refAttrName) return `what the function's caller gives as ${attribute.refAttrName}`;
  return textByType[attribute.type ?? assumedType(attribute)]?.(attribute) ?? 'of an unknown kind';
}

/** Files of the first versions do not say. */
function assumedType({ f, i, s, t, floats, ints, strings }: Attribute): number {
  const there = [f, i, s, t, undefined, floats[0], ints[0], strings[0]];
  return there.findIndex((value) => value !== undefined) + 1;
}

function describeTensor(tensor: Tensor): string {
  const { dims, dataType } = tensor;
  const what = `${elementTypeName(dataType)} [${dims.join(', ')}]`;
  const few = elementCount(dims) <= 8 ? [...tensor.floatData, ...tensor.int64Data] : [];
  return few.length > 0
    ? `${what}: ${few.map((value) => shortFloat(Number(value))).join(', ')}`
    : what;
}

function list(items: readonly string[]): string {
  const shown = items.slice(0, longestList).join(', ');
  const more = items.length - longestList;
  return more > 0 ? `[${shown}, … ${more} more]` : `[${shown}]`;
}

function quoted(bytes: Uint8Array | undefined): string {
  const text = bytes ? utf8.decode(bytes.subarray(0, 1000)) : '';
  return `“${text}”`;
}

/** A float32 without the digits that it does not have. */
export function shortFloat(value: number): string {
  return String(Number(value.toPrecision(7)));
}
