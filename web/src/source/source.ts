import { isNode, readLocalFile } from '../base/environment.js';
import { abortError, FoveaError, messageOf } from '../base/errors.js';
import { bytesIn, described, isBlob, isResponse, isStream, isUrl } from '../base/kinds.js';
import type { BrokenDownload } from './continuing.js';
import { importRemote } from './remote-script.js';
import { badStatus, fetchOrThrow, reason, type Fetching } from './request.js';
import { Retries } from './retries.js';

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
 * Opens a source for reading. Nothing but the chunks' memory is held. What breaks off is continued
 * where `fetching` has tries left and the server tells versions apart.
 *
 * @throws FoveaError NetworkError, with `url` and `status`, when it cannot be fetched; here and while
 *   the chunks are read
 */
export async function openSource(source: ModelSource, fetching: Fetching = {}): Promise<Bytes> {
  const { signal } = fetching;
  if (signal?.aborted) throw abortError(signal);
  if (typeof source === 'string' || isUrl(source)) return openAddress(source, fetching);
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

async function openAddress(address: string | URL, fetching: Fetching): Promise<Bytes> {
  const file = isNode() ? localFile(address) : undefined;
  if (file === undefined) return openWebAddress(address, fetching);
  try {
    return inMemory(await readLocalFile(file), true);
  } catch (cause) {
    const message = `${address} cannot be read: ${messageOf(cause)}`;
    throw new FoveaError('NetworkError', message, { url: String(address) }, { cause });
  }
}

/** As openSource(), of an address that is no path. */
export async function openWebAddress(address: string | URL, fetching: Fetching): Promise<Bytes> {
  const retries = new Retries(fetching.retry ?? 0);
  const response = await fetchOrThrow(address, 'NetworkError', fetching, retries);
  return openAnswer(response, address, fetching, retries);
}

/** As openWebAddress(), where there is an answer already. */
export function openAnswer(
  response: Response,
  address: string | URL,
  fetching: Fetching,
  retries: Retries,
): Bytes {
  const cancel = () => void response.body?.cancel().catch(() => {});
  const opened = openResponse(response, fetching.signal);
  const { headers } = response;
  // Without these, nobody knows whether what comes the next time is the same.
  const repeatable = headers.has('etag') || headers.has('last-modified');
  if (!repeatable) return { ...opened, cancel };
  return { ...opened, cancel, chunks: readRepeatedly(response, { address, fetching, retries }) };
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

async function* readRepeatedly(
  first: Response,
  request: Pick<BrokenDownload, 'address' | 'fetching' | 'retries'>,
): AsyncGenerator<Uint8Array> {
  const { signal } = request.fetching;
  let [answer, skip, received] = [first, 0, 0];
  for (;;) {
    try {
      const { url } = first;
      for await (const chunk of readStream(answer.body!, { url }, signal, bodySize(answer))) {
        const fresh = chunk.subarray(Math.min(skip, chunk.byteLength));
        skip -= chunk.byteLength - fresh.byteLength;
        received += fresh.byteLength;
        if (fresh.byteLength > 0) yield fresh;
      }
      return;
    } catch (error) {
      await request.retries.next(error, signal);
      const { continueDownload } = await importRemote();
      ({ answer, skip } = await continueDownload({ ...request, first, received, error }));
    }
  }
}

/** Content-Length counts compressed bytes when there is a Content-Encoding. */
function bodySize({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}

/** Bytes that are all there. */
export function inMemory(bytes: Uint8Array, owned: boolean): Bytes {
  return { size: bytes.byteLength, chunks: [bytes], owned };
}

export function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
}

/** Chunks as one. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(sizeOf(chunks));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

/**
 * @param fields of the error where it breaks off
 * @param failed makes that error
 */
export async function* readStream(
  stream: ReadableStream<Uint8Array>,
  fields: Record<string, string>,
  signal?: AbortSignal,
  size?: number,
  failed = (cause: unknown) => brokenOff(fields, cause),
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
    throw failed(cause);
  } finally {
    signal?.removeEventListener('abort', cancel);
    // Whoever stops early wants no more of it.
    cancel();
  }
}

function brokenOff(fields: Record<string, string>, cause: unknown): FoveaError {
  if (cause instanceof FoveaError) return cause;
  const message = `reading ${fields.url || 'the stream'} broke off: ${reason(cause)}`;
  return new FoveaError('NetworkError', message, fields, { cause });
}

function alreadyRead(what: string): FoveaError {
  return new FoveaError('InvalidInput', `the ${what} has been read already, by somebody else`);
}

function noBytes(chunk: unknown): FoveaError {
  return new FoveaError('InvalidInput', `a stream of a model gives bytes, not ${described(chunk)}`);
}
