import protobuf from 'protobufjs/minimal.js';
import { schema, type Message, type MessageName, type Scalar } from './schema.js';

// The reflection of protobufjs makes functions of text, which the page's Content-Security-Policy
// forbids. So only its reader is used, and the schema is a table.

type Reader = protobuf.Reader;

interface Field {
  name: string;
  kind: Scalar | MessageName;
  repeated: boolean;
}

/** What is no ONNX file, or a damaged one. */
export class DecodeError extends Error {}

/** Deeper than any real model, and no danger to the stack. */
const deepest = 100;
const nothing: readonly unknown[] = Object.freeze([]);
const lengthDelimited = 2;

const isMessage = (kind: string): kind is MessageName => kind in schema;

const fields = new Map(
  Object.entries(schema).map(([name, message]) => [name, fieldsOf(message)] as const),
);
const blanks = new Map(
  Object.entries(schema).map(([name, message]) => [name, blankOf(message)] as const),
);

type Table = Record<string, readonly [number, string | readonly [string]]>;

function fieldsOf(message: Table): Map<number, Field> {
  return new Map(
    Object.entries(message).map(([name, [number, type]]) => {
      const repeated = typeof type !== 'string';
      return [number, { name, kind: (repeated ? type[0] : type) as Field['kind'], repeated }];
    }),
  );
}

function blankOf(message: Table): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message).map(([name, [, type]]) => [
      name,
      typeof type === 'string' ? undefined : nothing,
    ]),
  );
}

/**
 * Reads a message. Its bytes are views of those given.
 *
 * @throws DecodeError
 */
export function decode<N extends MessageName>(name: N, bytes: Uint8Array): Message<N> {
  try {
    const reader = new protobuf.Reader(bytes);
    return readMessage(name, reader, bytes.length, 0) as Message<N>;
  } catch (cause) {
    throw new DecodeError('This is no ONNX file, or it is damaged.', { cause });
  }
}

function readMessage(name: MessageName, reader: Reader, end: number, depth: number): unknown {
  if (depth > deepest) throw new RangeError('nested too deep');
  const message = { ...blanks.get(name) };
  const known = fields.get(name)!;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = known.get(tag >>> 3);
    if (field) readField(message, field, reader, tag & 7, depth);
    else reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new RangeError('a message ends in the middle of a field');
  return message;
}

function readField(
  message: Record<string, unknown>,
  { name, kind, repeated }: Field,
  reader: Reader,
  wire: number,
  depth: number,
): void {
  if (!repeated) {
    message[name] = readOne(kind, reader, depth);
    return;
  }
  if (message[name] === nothing) message[name] = [];
  const list = message[name] as unknown[];
  const packed =
    wire === lengthDelimited && !isMessage(kind) && kind !== 'string' && kind !== 'bytes';
  if (!packed) {
    list.push(readOne(kind, reader, depth));
    return;
  }
  const end = endOfNext(reader);
  while (reader.pos < end) list.push(readOne(kind, reader, depth));
}

function readOne(kind: Field['kind'], reader: Reader, depth: number): unknown {
  if (isMessage(kind)) return readMessage(kind, reader, endOfNext(reader), depth + 1);
  if (kind === 'bytes') {
    const end = endOfNext(reader);
    const bytes = reader.buf.subarray(reader.pos, end);
    reader.pos = end;
    return bytes;
  }
  const value = reader[kind]();
  return kind === 'int64' || kind === 'uint64' ? toWhole(value) : value;
}

/** Reads the length of what follows. */
function endOfNext(reader: Reader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('a field is longer than the file');
  return end;
}

function toWhole(value: unknown): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(String(value));
}
