import { FoveaError } from '../base/errors.js';
import { ByteReader, streamFrom } from './byte-reader.js';
import {
  checkKey,
  deriveKeys,
  headSize,
  lastMark,
  otherMark,
  parametersOf,
  saltSize,
  subtle,
  tagSize,
  type Aes128GcmKey,
  type KeyFor,
  type RecordKeys,
  type Transform,
} from './keys.js';

/**
 * Decrypts RFC 8188's aes128gcm: record by record, so that the memory of one record is enough. What was
 * cut off, put in another order or changed is an error of the stream.
 *
 * @example
 * const session = await InferenceSession.create(url, { decrypt: decryptAes128Gcm(key) });
 *
 * @param key what it was encrypted with, or a function from the id that the file carries to that
 * @returns what makes a stream of such bytes one of the bytes that were encrypted; its errors are
 *   FoveaErrors DecryptionError, with the `record` at fault counted from 0, and InvalidInput for a key
 *   that is none
 * @throws FoveaError InvalidInput for a key that is none
 */
export function decryptAes128Gcm(key: Aes128GcmKey | KeyFor): Transform {
  if (typeof key !== 'function') checkKey(key);
  return (stream) => {
    const reader = new ByteReader(stream);
    const records = new Records(reader, key);
    return streamFrom(reader, () => records.next());
  };
}

class Records {
  readonly #reader: ByteReader;
  readonly #key: Aes128GcmKey | KeyFor;
  #keys: RecordKeys | undefined;
  #size = 0;
  #count = 0;
  #ended = false;

  constructor(reader: ByteReader, key: Aes128GcmKey | KeyFor) {
    this.#reader = reader;
    this.#key = key;
  }

  /** The next record's data; undefined after the last. */
  async next(): Promise<Uint8Array | undefined> {
    this.#keys ??= await this.#readHeader();
    // Records may be nothing but padding, which streams of bytes have no word for.
    while (!this.#ended) {
      const data = await this.#readRecord(this.#keys, this.#count++);
      if (data.byteLength > 0) return data;
    }
    return undefined;
  }

  async #readHeader(): Promise<RecordKeys> {
    const head = await this.#reader.take(headSize);
    const view = new DataView(head.buffer);
    const size = head.length < headSize ? 0 : view.getUint32(saltSize);
    // A tag, a mark and a byte at least.
    if (size < tagSize + 2) throw noFile();
    this.#size = size;
    const idSize = head[headSize - 1]!;
    const id = await this.#reader.take(idSize);
    if (id.length < idSize) throw noFile();
    const key =
      typeof this.#key === 'function' ? await this.#key(new TextDecoder().decode(id)) : this.#key;
    return deriveKeys(key, head.subarray(0, saltSize));
  }

  async #readRecord(keys: RecordKeys, record: number): Promise<Uint8Array> {
    const encrypted = await this.#reader.take(this.#size);
    if (encrypted.length === 0) {
      throw failure(record, `the file ends before record ${record}: it was cut off`);
    }
    const padded = await this.#decrypt(keys, record, encrypted);
    this.#ended = await this.#reader.isAtEnd();
    const end = padded.findLastIndex((byte) => byte !== 0);
    const mark = padded[end];
    if (mark === (this.#ended ? lastMark : otherMark)) return padded.subarray(0, end);
    if (mark === otherMark) {
      throw failure(record, `the file ends after record ${record}, not its last: it was cut off`);
    }
    if (mark === lastMark) {
      throw failure(
        record,
        `record ${record} is the last, but the file goes on: it was put together`,
      );
    }
    throw failure(record, `record ${record} has no end: it was not encrypted by aes128gcm`);
  }

  async #decrypt(
    keys: RecordKeys,
    record: number,
    encrypted: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array> {
    try {
      const parameters = parametersOf(keys, record);
      return new Uint8Array(await subtle().decrypt(parameters, keys.key, encrypted));
    } catch (cause) {
      const why = record === 0 ? 'wrong key or damaged file' : 'damaged file';
      throw failure(
        record,
        `record ${record} cannot be decrypted: ${why} at record ${record}`,
        cause,
      );
    }
  }
}

function failure(record: number, message: string, cause?: unknown): FoveaError {
  const options = cause === undefined ? undefined : { cause };
  return new FoveaError('DecryptionError', message, { record: String(record) }, options);
}

function noFile(): FoveaError {
  const message =
    'the file does not begin as one that aes128gcm (RFC 8188) encrypted: it is not encrypted, encrypted ' +
    'otherwise, or cut off';
  return new FoveaError('DecryptionError', message);
}
