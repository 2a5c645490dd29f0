import { isNode, readLocalFile } from '../base/environment.js';
import { abortError, FoveaError, messageOf } from '../base/errors.js';
import { bytesIn, described, isBlob, isResponse, isStream, isUrl } from '../base/kinds.js';

/** Where a model comes from: an address (in Node also a path), its bytes, or something to read. */
export type ModelSource =
  string | URL | Uint8Array | ArrayBufferLike | Response | Blob | ReadableStream<Uint8Array>;

/** Bytes that arrive piece by piece. */
export interface Bytes {
  /** How many there will be, where that is known beforehand. */
  size?: number;
  chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[];
  /** Whether the chunks are the reader's own, to be transferred without harm to anybody. */
  owned: boolean;
  /** Ends a request whose chunks nobody has begun to read. */
  cancel?: () => void;
}

/**
 * Opens a source for reading. Nothing but the chunks' memory is held.
 *
 * @throws FoveaError NetworkError, with `url` and `status`, when it cannot be fetched; here and while
 *   the chunks are read
 */
export async function openSource(source: ModelSource, signal?: AbortSignal): Promise<Bytes> {
  if (signal?.aborted) throw abortError(signal);
  if (typeof source === 'string' || isUrl(source)) return openAddress(source, signal);
  const bytes = bytesIn(source);
  if (bytes !== undefined) return inMemory(bytes, false);
  if (isResponse(source)) return openResponse(source, signal);
  if (isBlob(source)) {
    return { size: source.size, chunks: readStream(source.stream(), {}, signal), owned: true };
  }
  if (isStream(source)) return { chunks: readStream(source, {}, signal), owned: true };
  throw new FoveaError(
    'InvalidInput',
    `a model is given as a URL, bytes, a Response, a Blob or a ReadableStream, not ${described(source)}`,
  );
}

/**
 * Fetches an address.
 *
 * @throws FoveaError `code`, with `url` and `status`, when there is no answer or not a good one
 */
export async function fetchOrThrow(
  url: string | URL,
  code: 'NetworkError' | 'EngineLoadError',
  signal?: AbortSignal,
): Promise<Response> {
  const fields = { url: String(url) };
  let response: Response;
  try {
    response = await fetch(url, { signal: signal ?? null });
  } catch (cause) {
    if (signal?.aborted) throw abortError(signal);
    throw new FoveaError(code, `${url} cannot be fetched: ${reason(cause)}`, fields, { cause });
  }
  if (!response.ok) throw badStatus(response, code, fields);
  return response;
}

async function openAddress(address: string | URL, signal?: AbortSignal): Promise<Bytes> {
  const file = isNode() ? localFile(address) : undefined;
  if (file === undefined) {
    const response = await fetchOrThrow(address, 'NetworkError', signal);
    const cancel = () => void response.body?.cancel().catch(() => {});
    return { ...openResponse(response, signal), cancel };
  }
  try {
    return inMemory(await readLocalFile(file), true);
  } catch (cause) {
    const message = `${address} cannot be read: ${messageOf(cause)}`;
    throw new FoveaError('NetworkError', message, { url: String(address) }, { cause });
  }
}

/** The file an address names: by a file: URL, or as a path, which is no URL. */
function localFile(address: string | URL): string | URL | undefined {
  if (isUrl(address)) return address.protocol === 'file:' ? address : undefined;
  // One letter before the colon is a drive.
  if (!/^[a-z][a-z0-9+.-]+:/i.test(address)) return address;
  return localFile(new URL(address));
}

function openResponse(response: Response, signal?: AbortSignal): Bytes {
  const fields = { url: response.url };
  if (!response.ok) throw badStatus(response, 'NetworkError', fields);
  if (response.bodyUsed) throw alreadyRead('response');
  if (!response.body) throw new FoveaError('NetworkError', 'the response has no body', fields);
  const size = bodySize(response);
  const chunks = readStream(response.body, fields, signal, size);
  return size === undefined ? { chunks, owned: true } : { size, chunks, owned: true };
}

/** Content-Length counts compressed bytes when there is a Content-Encoding. */
function bodySize({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}

function inMemory(bytes: Uint8Array, owned: boolean): Bytes {
  return { size: bytes.byteLength, chunks: [bytes], owned };
}

async function* readStream(
  stream: ReadableStream<Uint8Array>,
  fields: Record<string, string>,
  signal?: AbortSignal,
  size?: number,
): AsyncGenerator<Uint8Array> {
  if (stream.locked) throw alreadyRead('stream');
  const reader = stream.getReader();
  const cancel = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener('abort', cancel);
  try {
    let received = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (signal?.aborted) throw abortError(signal);
      if (done) break;
      if (bytesIn(value) === undefined) throw noBytes(value);
      received += value.byteLength;
      if (received > (size ?? Infinity)) break;
      yield value;
    }
    if (received !== (size ?? received))
      throw new Error(`${received} bytes came instead of ${size}`);
  } catch (cause) {
    if (signal?.aborted) throw abortError(signal);
    if (cause instanceof FoveaError) throw cause;
    const message = `reading ${fields.url || 'the stream'} broke off: ${reason(cause)}`;
    throw new FoveaError('NetworkError', message, fields, { cause });
  } finally {
    signal?.removeEventListener('abort', cancel);
    // Whoever stops early wants no more of it.
    cancel();
  }
}

function badStatus(
  { status, statusText, url }: Response,
  code: 'NetworkError' | 'EngineLoadError',
  fields: Record<string, string>,
): FoveaError {
  const message = `${url || fields.url} answers ${status} ${statusText}`.trim();
  return new FoveaError(code, message, { ...fields, status: String(status) });
}

function alreadyRead(what: string): FoveaError {
  return new FoveaError('InvalidInput', `the ${what} has been read already, by somebody else`);
}

function noBytes(chunk: unknown): FoveaError {
  return new FoveaError('InvalidInput', `a stream of a model gives bytes, not ${described(chunk)}`);
}

/** Node's fetch says why only in the cause. */
function reason(error: unknown): string {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause ? `${messageOf(error)} (${messageOf(cause)})` : messageOf(error);
}
