import { FoveaError } from '../base/errors.js';
import { bytesIn, described } from '../base/kinds.js';

/**
 * What RFC 8188 calls input keying material: 16 bytes or more that nobody can guess, or such as a
 * CryptoKey for HKDF, which scripts need not be able to read.
 */
export type Aes128GcmKey = Uint8Array | ArrayBuffer | CryptoKey;

/** Gives the key of an id, which files carry along unencrypted. */
export type KeyFor = (keyId: string) => Aes128GcmKey | Promise<Aes128GcmKey>;

/** Makes one stream of another. */
export type Transform = (stream: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;

/** Bytes of AES-GCM's authentication tag. */
export const tagSize = 16;

export const saltSize = 16;

/** Bytes of a header before the key's id: the salt, a record's size and the id's. */
export const headSize = saltSize + 5;

/** What ends the last record's data, and those of others. */
export const lastMark = 2;
export const otherMark = 1;

/** What encrypts the records of one file. */
export interface RecordKeys {
  key: CryptoKey;
  /** The nonce of record 0, 12 bytes. */
  nonce: Uint8Array;
}

/**
 * The platform's cryptography.
 *
 * @throws FoveaError DecryptionError where there is none
 */
export function subtle(): SubtleCrypto {
  const found = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (found) return found;
  const message =
    'nothing can be decrypted here: browsers have cryptography (crypto.subtle) on pages from https: and ' +
    'localhost only';
  throw new FoveaError('DecryptionError', message);
}

/** Throws FoveaError InvalidInput for what is no key. */
export function checkKey(key: unknown): asserts key is Aes128GcmKey {
  const bytes = bytesIn(key);
  if (bytes ? bytes.byteLength >= 16 : isHkdfKey(key)) return;
  const given = bytes ? `${bytes.byteLength} bytes` : described(key);
  const message = `a key is 16 bytes or more, or a CryptoKey for HKDF that derives bits, not ${given}`;
  throw new FoveaError('InvalidInput', message);
}

/** The keys of a file's records. Throws FoveaError InvalidInput. */
export async function deriveKeys(given: Aes128GcmKey, salt: Uint8Array): Promise<RecordKeys> {
  checkKey(given);
  const crypto = subtle();
  const bytes = bytesIn(given);
  const material = bytes
    ? await crypto.importKey('raw', bytes as Uint8Array<ArrayBuffer>, 'HKDF', false, ['deriveBits'])
    : (given as CryptoKey);
  const derive = async (purpose: string, size: number) => {
    const info = new TextEncoder().encode(`Content-Encoding: ${purpose}\0`);
    const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: salt as Uint8Array<ArrayBuffer>, info };
    return new Uint8Array(await crypto.deriveBits(hkdf, material, 8 * size));
  };
  const [raw, nonce] = await Promise.all([derive('aes128gcm', 16), derive('nonce', 12)]);
  const key = await crypto.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
  return { key, nonce };
}

/** How a record is encrypted: no two of a file by the same nonce. */
export function parametersOf({ nonce }: RecordKeys, record: number): AesGcmParams {
  const iv = Uint8Array.from(nonce);
  const end = new DataView(iv.buffer, 4);
  // A number of 96 bits, of which 53 are enough.
  end.setUint32(4, end.getUint32(4) ^ (record % 2 ** 32));
  end.setUint32(0, end.getUint32(0) ^ Math.floor(record / 2 ** 32));
  return { name: 'AES-GCM', iv, tagLength: 8 * tagSize };
}

function isHkdfKey(key: unknown): boolean {
  if (Object.prototype.toString.call(key) !== '[object CryptoKey]') return false;
  const { algorithm, usages } = key as CryptoKey;
  return algorithm.name === 'HKDF' && usages.includes('deriveBits');
}
