import { FoveaError } from '../base/errors.js';
import type { Bytes } from './source.js';
import { joined } from './source.js';

/** The hashes of Subresource Integrity, the longest last. */
const algorithms = ['sha256', 'sha384', 'sha512'] as const;

/**
 * The same bytes, once they have come and are what the hashes say.
 *
 * @param integrity as the option of that name
 * @param url of the fields of errors
 * @throws FoveaError IntegrityError
 */
export async function verified(bytes: Bytes, integrity: string, url: string): Promise<Bytes> {
  const all: Uint8Array[] = [];
  for await (const chunk of bytes.chunks) all.push(chunk);
  const whole = all.length === 1 ? all[0]! : joined(all);
  await checkIntegrity(whole, integrity, url);
  const owned = all.length === 1 ? bytes.owned : true;
  return { size: whole.byteLength, chunks: [whole], owned };
}

/** Throws FoveaError IntegrityError, with `expected` and `actual`, where bytes have another hash. */
export async function checkIntegrity(
  bytes: Uint8Array,
  integrity: string,
  url: string,
): Promise<void> {
  const hashes = integrity.split(/\s+/).map((hash) => hash.replace(/\?.*/, ''));
  const algorithm = algorithms.findLast((each) => hashes.some((hash) => hash.startsWith(each)))!;
  const expected = hashes
    .filter((hash) => hash.startsWith(algorithm))
    // Both ways to write base64.
    .map((hash) => algorithm + hash.slice(algorithm.length).replace(/(?!^)-/g, '+'))
    .map((hash) => hash.replaceAll('_', '/'));
  const actual = `${algorithm}-${await digest(bytes, algorithm, url)}`;
  if (expected.includes(actual)) return;
  const what = url || 'the model';
  const message =
    `${what} is not what the option integrity describes: its hash is ${actual}, not ` +
    `${expected.join(' or ')}. It was changed or damaged on the way, or replaced by another version`;
  const fields = { ...(url ? { url } : {}), expected: expected.join(' '), actual };
  throw new FoveaError('IntegrityError', message, fields);
}

/** The hash of bytes in base64. Throws FoveaError IntegrityError where none can be computed. */
async function digest(
  bytes: Uint8Array,
  algorithm: (typeof algorithms)[number],
  url: string,
): Promise<string> {
  // Types say that it is always there.
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) {
    const message =
      'the option integrity cannot be checked here: browsers compute hashes (crypto.subtle) on pages ' +
      'from https: and localhost only';
    throw new FoveaError('IntegrityError', message, url ? { url } : {});
  }
  const name = algorithm.replace('sha', 'SHA-');
  // Memory that is shared is not taken.
  const own = Object.prototype.toString.call(bytes.buffer) === '[object ArrayBuffer]';
  const input = own ? bytes : bytes.slice();
  const hash = new Uint8Array(await subtle.digest(name, input as Uint8Array<ArrayBuffer>));
  return btoa(String.fromCharCode(...hash));
}
