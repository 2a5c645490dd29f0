import { isNode } from '../base/environment.js';
import { openStorageCache } from './storage-cache.js';
import { openFolderCache } from './folder-cache.js';

/** What tells versions of a file apart, as its server says. */
export interface Validators {
  etag?: string | undefined;
  lastModified?: string | undefined;
}

/** A file that is kept. */
export interface CachedFile extends Validators {
  /** Its bytes; undefined, and no longer kept, where they are not those that were stored. */
  read(): Promise<Uint8Array | undefined>;
}

/** What is fetched of an address; the hashes asked for tell files of the same address apart. */
export interface CacheKey {
  url: string;
  integrity: string;
}

/** Where files are kept. Its functions may reject, for reasons of the platform's own. */
export interface FileCache {
  find(key: CacheKey): Promise<CachedFile | undefined>;
  store(key: CacheKey, validators: Validators, bytes: Uint8Array): Promise<void>;
  clear(): Promise<void>;
}

/** The cache of that name, or the default one; undefined where nothing can be kept. */
export async function openCache(name: string | true): Promise<FileCache | undefined> {
  return isNode() ? openFolderCache(name) : openStorageCache(name);
}

/** The SHA-256 of bytes in hexadecimal digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  const digits = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0'));
  return digits.join('');
}
