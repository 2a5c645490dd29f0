/**
 * Encrypts and decrypts models as RFC 8188 has it (aes128gcm), record by record: in Node to write files,
 * in pages for the option `decrypt`.
 *
 * @module fovea/encryption
 */

export { decryptAes128Gcm } from './encryption/decrypt.js';
export { encryptAes128Gcm, type EncryptOptions } from './encryption/encrypt.js';
export type { Aes128GcmKey, KeyFor, Transform } from './encryption/keys.js';
export { FoveaError, type FoveaErrorCode } from './base/errors.js';
