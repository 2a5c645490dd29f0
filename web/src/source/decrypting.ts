import { FoveaError, messageOf } from '../base/errors.js';
import { described, isStream } from '../base/kinds.js';
import type { Decrypt, ModelFile } from './download.js';
import { readStream, type Bytes } from './source.js';

/**
 * Bytes after the caller's decryption.
 *
 * @throws FoveaError DecryptionError where it fails, here and while the chunks are read
 */
export async function decrypted(
  bytes: Bytes,
  decrypt: Decrypt,
  file: ModelFile,
  url: string,
  signal?: AbortSignal,
): Promise<Bytes> {
  const failed = (cause: unknown): FoveaError => {
    if (cause instanceof FoveaError) return withUrl(cause, url);
    const message = `the option decrypt failed for ${url || 'the model'}: ${messageOf(cause)}`;
    return new FoveaError('DecryptionError', message, url ? { url } : {}, { cause });
  };
  const stream: unknown = await (async () => decrypt(streamOf(bytes), file))().catch(
    (cause: unknown) => {
      throw failed(cause);
    },
  );
  if (!isStream(stream)) {
    const message = `the option decrypt gives a ReadableStream, not ${described(stream)}`;
    throw new FoveaError('InvalidInput', message, { option: 'decrypt' });
  }
  const cancel = () => void stream.cancel().catch(() => {});
  return { chunks: readStream(stream, { url }, signal, undefined, failed), owned: true, cancel };
}

/** The error as one of this copy of the package, with the address. */
function withUrl({ code, message, fields, cause }: FoveaError, url: string): FoveaError {
  if (!url || fields.url) return new FoveaError(code, message, fields, { cause });
  return new FoveaError(code, `${url}: ${message}`, { ...fields, url }, { cause });
}

/** Bytes as a stream, whose chunks are the reader's own. */
function streamOf({ chunks, owned }: Bytes): ReadableStream<Uint8Array> {
  async function* each() {
    for await (const chunk of chunks) yield owned ? chunk : chunk.slice();
  }
  const iterator = each();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await iterator.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
