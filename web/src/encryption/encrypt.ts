import { bytes, checkOptions, type OptionKinds } from '../base/check-options.js';
import { bytesIn } from '../base/kinds.js';
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
  type RecordKeys,
  type Transform,
} from './keys.js';

/** How a file is encrypted. */
export interface EncryptOptions {
  /** Bytes of a record, 18 to 2^32 - 1, of which 17 are its tag and mark; 65536 unless given. */
  recordSize?: number | undefined;
  /** What names the key, for everybody to read: up to 255 bytes of UTF-8. Empty unless given. */
  keyId?: string | undefined;
  /** 16 bytes, random unless given. No two files of the same key may have the same. */
  salt?: Uint8Array | undefined;
}

const mostId = 255;
const mostRecord = 2 ** 32 - 1;

const kinds: OptionKinds<EncryptOptions> = {
  recordSize: {
    takes: `a whole number from ${tagSize + 2} to ${mostRecord}`,
    accepts: (value) =>
      Number.isSafeInteger(value) &&
      (value as number) >= tagSize + 2 &&
      (value as number) <= mostRecord,
  },
  keyId: {
    takes: `a string of up to ${mostId} bytes`,
    accepts: (value) => typeof value === 'string' && encoded(value).length <= mostId,
  },
  salt: {
    takes: `${bytes.takes}, of ${saltSize} bytes`,
    accepts: (value) => bytesIn(value)?.byteLength === saltSize,
  },
};

/**
 * Encrypts by RFC 8188's aes128gcm, record by record.
 *
 * @example
 * const encrypted = encryptAes128Gcm(key)(new Blob([model]).stream());
 * await writeFile('model.onnx.enc', Readable.fromWeb(encrypted));
 *
 * @returns what makes an encrypted stream of a stream of bytes
 * @throws FoveaError InvalidInput for a key or an option that is none
 */
export function encryptAes128Gcm(key: Aes128GcmKey, options: EncryptOptions = {}): Transform {
  checkKey(key);
  const {
    recordSize = 2 ** 16,
    keyId = '',
    salt,
  } = checkOptions(options, 'encryptAes128Gcm()', kinds);
  return (stream) => {
    const reader = new ByteReader(stream);
    const ownSalt = bytesIn(salt)?.slice() ?? crypto.getRandomValues(new Uint8Array(saltSize));
    const header = headerOf(ownSalt, recordSize, encoded(keyId));
    const encrypting = encryptedRecords(reader, () => deriveKeys(key, ownSalt), recordSize);
    let begun = false;
    return streamFrom(reader, async () => {
      if (begun) return (await encrypting.next()).value;
      begun = true;
      return header;
    });
  };
}

async function* encryptedRecords(
  reader: ByteReader,
  derive: () => Promise<RecordKeys>,
  recordSize: number,
): AsyncGenerator<Uint8Array, undefined> {
  const keys = await derive();
  for (let record = 0; ; ++record) {
    const data = await reader.take(recordSize - tagSize - 1);
    const isLast = await reader.isAtEnd();
    const marked = new Uint8Array(data.length + 1);
    marked.set(data);
    marked[data.length] = isLast ? lastMark : otherMark;
    yield new Uint8Array(await subtle().encrypt(parametersOf(keys, record), keys.key, marked));
    if (isLast) return undefined;
  }
}

function headerOf(salt: Uint8Array, recordSize: number, id: Uint8Array): Uint8Array {
  const header = new Uint8Array(headSize + id.length);
  header.set(salt);
  new DataView(header.buffer).setUint32(saltSize, recordSize);
  header[headSize - 1] = id.length;
  header.set(id, headSize);
  return header;
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
