// What a value is, told by its shape. `instanceof` does not know the objects of another realm (a frame,
// a test runner's context) nor those of a second copy of this package.

const typedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype) as object;
const classOf = Object.getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag)!;

/** The class of a typed array, such as `Float32Array`; undefined for anything else. */
export function typedArrayName(value: unknown): string | undefined {
  return classOf.get!.call(value) as string | undefined;
}

/** The bytes of a buffer or of a view of one, where they are; undefined for anything else. */
export function bytesIn(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return isBuffer(value) ? new Uint8Array(value) : undefined;
}

/** Whether a buffer can be transferred, which shared ones cannot. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return tagOf(value) === 'ArrayBuffer';
}

export function isUrl(value: unknown): value is URL {
  return tagOf(value) === 'URL';
}

export function isBlob(value: unknown): value is Blob {
  return ['Blob', 'File'].includes(tagOf(value));
}

export function isResponse(value: unknown): value is Response {
  return tagOf(value) === 'Response';
}

export function isStream(value: unknown): value is ReadableStream<Uint8Array> {
  return tagOf(value) === 'ReadableStream';
}

/** Whether a value is what an AbortController gives, be it of a library. */
export function isSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener } = (isObject(value) ? value : {}) as Partial<AbortSignal>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}

/** Whether a value is an object to look names up in: none of a list, a buffer, a Map or the like. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return isObject(value) && tagOf(value) === 'Object';
}

/** A value in a few words, for messages. */
export function described(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string')
    return `'${value.length > 60 ? `${value.slice(0, 60)}...` : value}'`;
  if (typeof value === 'object') return isRecord(value) ? 'an object' : withArticle(tagOf(value));
  if (typeof value === 'function') return 'a function';
  const simple = value as number | bigint | boolean | symbol | undefined;
  return String(simple);
}

/** A record without a prototype: looking a name up finds what was put there and nothing else. */
export function dictionary<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const record = Object.create(null) as Record<string, T>;
  for (const [name, value] of entries) record[name] = value;
  return record;
}

/** What a record has under a name itself, not by its prototype. */
export function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function isBuffer(value: unknown): value is ArrayBuffer | SharedArrayBuffer {
  return isArrayBuffer(value) || tagOf(value) === 'SharedArrayBuffer';
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The class that a value says it is of. */
function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

function withArticle(noun: string): string {
  return `${/^[aeio]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}
