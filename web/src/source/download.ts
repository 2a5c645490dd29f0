import { callback, wholeFrom, type OptionKind, type OptionKinds } from '../base/check-options.js';
import { isObject } from '../base/kinds.js';
import { tell, type OnProgress } from '../base/progress.js';
import { importRemote } from './remote-script.js';
import { openSource, type Bytes, type ModelSource } from './source.js';

/** Which of a model's files is read. */
export interface ModelFile {
  /** The location that the model names, of files of weights; undefined for the model itself. */
  readonly externalData?: string | undefined;
}

/** Makes a file's bytes of those that were downloaded; as `decryptAes128Gcm()` gives one. */
export type Decrypt = (
  encrypted: ReadableStream<Uint8Array>,
  file: ModelFile,
) => ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;

/** How a model's files are fetched. */
export interface DownloadOptions {
  /**
   * Keeps what is fetched: for the next time, where the server then only says whether it has changed,
   * and for when there is no network. In browsers by Cache Storage, in Node in the user's folder for
   * caches; a name, in Node the path of a folder, says where instead. Not kept unless given.
   */
  cache?: boolean | string | undefined;
  /**
   * Hashes of the model's file as it is downloaded, as Subresource Integrity writes them:
   * `sha256-BASE64`, sha384 or sha512. One of those of the longest kind has to fit.
   */
  integrity?: string | undefined;
  /** Makes the model's files of what is downloaded, cached and checked: they may be encrypted. */
  decrypt?: Decrypt | undefined;
  /** Further tries after failures that may pass, each after a longer wait. Unless given, 2. */
  retry?: number | undefined;
  /** What fetch() is given with every address: headers, credentials and the like. */
  fetchOptions?: Omit<RequestInit, 'signal'> | undefined;
}

const defaultRetry = 2;

/** Of 32, 48 and 64 bytes; options may stand behind each. */
const hashes = /^(sha(256-[\w+/-]{43}=|384-[\w+/-]{64}|512-[\w+/-]{86}==)(\?\S*)?(\s+(?!$)|$))+$/;

const integrityKind: OptionKind = {
  takes: "hashes such as 'sha256-' and the digest in base64 (sha384 and sha512 as well)",
  accepts: isIntegrity,
};

export const downloadOptionKinds: OptionKinds<DownloadOptions> = {
  cache: {
    takes: 'true, false, a name, or in Node the path of a folder',
    accepts: (value) => typeof value === 'boolean' || (typeof value === 'string' && value !== ''),
  },
  integrity: integrityKind,
  decrypt: callback,
  retry: wholeFrom(0),
  fetchOptions: {
    takes: "an object of fetch()'s options, whose signal is an option of its own",
    accepts: (value) => isObject(value) && (!('signal' in value) || value.signal === undefined),
  },
};

/** Whether a value is hashes as Subresource Integrity writes them. */
export function isIntegrity(value: unknown): value is string {
  return typeof value === 'string' && hashes.test(value);
}

/** What a file is read with. */
export interface Download extends DownloadOptions {
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

/**
 * Opens a model's file for reading: fetched, checked and decrypted as the options say.
 *
 * @throws FoveaError NetworkError, IntegrityError, DecryptionError, Aborted; here and while the chunks
 *   are read
 */
export async function openDownload(
  source: ModelSource,
  options: Download,
  file: ModelFile = {},
): Promise<Bytes> {
  const { cache, integrity, decrypt } = options;
  const download = { ...options, retry: options.retry ?? defaultRetry };
  if ((cache ?? false) !== false || integrity !== undefined || decrypt) {
    return (await importRemote()).openRemote(source, download, file);
  }
  return counted(await openSource(source, download), options.onProgress);
}

/** The same bytes, telling `onProgress` as they pass. */
export function counted(bytes: Bytes, onProgress: OnProgress | undefined, cached = false): Bytes {
  async function* count() {
    let loaded = 0;
    for await (const chunk of bytes.chunks) {
      loaded += chunk.byteLength;
      yield chunk;
      const progress = { stage: 'download', done: loaded, total: bytes.size } as const;
      tell(onProgress, cached ? { ...progress, cached } : progress);
    }
  }
  return onProgress ? { ...bytes, chunks: count() } : bytes;
}
