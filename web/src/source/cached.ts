import { FoveaError } from '../base/errors.js';
import type { CacheKey, CachedFile, FileCache, Validators } from './cache.js';
import { openCache } from './cache.js';
import { counted, type Download } from './download.js';
import { checkIntegrity, verified } from './integrity.js';
import {
  fetchOrThrow,
  mayAskWithHeaders,
  wholeAddress,
  withHeaders,
  type Fetching,
} from './request.js';
import { isPassing, Retries } from './retries.js';
import { inMemory, joined, openAnswer, openWebAddress, type Bytes } from './source.js';

/**
 * Opens an address of the web by way of a cache, and checks it: what is kept is used where the server
 * says that it is the newest, where hashes say so themselves, and where there is no network.
 *
 * @throws FoveaError NetworkError, IntegrityError, InvalidInput, Aborted
 */
export async function openCached(address: string | URL, options: Download): Promise<Bytes> {
  const { cache: name, integrity = '', fetchOptions } = options;
  if (!/^get$/i.test(fetchOptions?.method ?? 'get')) {
    const message = `the option cache keeps what GET gives, not ${fetchOptions?.method}`;
    throw new FoveaError('InvalidInput', message, { option: 'cache' });
  }
  const cache = await openCache(name as string | true);
  const url = wholeAddress(address)?.href.replace(/#.*/, '');
  if (!cache || url === undefined) return fetched(String(address), options);
  return new CachedDownload(cache, { url, integrity }, options).open();
}

/** As openCached(), without one. */
async function fetched(url: string, options: Download): Promise<Bytes> {
  const bytes = counted(await openWebAddress(url, options), options.onProgress);
  return options.integrity ? verified(bytes, options.integrity, url) : bytes;
}

/** One file that is looked for in a cache and, where need be, fetched and stored there. */
class CachedDownload {
  readonly #cache: FileCache;
  readonly #key: CacheKey;
  readonly #options: Download;

  constructor(cache: FileCache, key: CacheKey, options: Download) {
    this.#cache = cache;
    this.#key = key;
    this.#options = options;
  }

  async open(): Promise<Bytes> {
    // What a cache cannot do fails no load.
    const copy = await this.#cache.find(this.#key).catch(() => undefined);
    if (!copy) return this.#fetch(undefined);
    // Hashes leave nothing to ask for.
    const exact = this.#key.integrity !== '' && (await this.#fromCopy(copy));
    if (exact) return exact;
    try {
      return await this.#fetch(this.#key.integrity === '' ? copy : undefined);
    } catch (error) {
      const kept = isPassing(error) && (await this.#fromCopy(copy));
      if (kept) return kept;
      throw error;
    }
  }

  async #fetch(copy: CachedFile | undefined): Promise<Bytes> {
    const { url } = this.#key;
    const fetching = this.#fetching(copy);
    const retries = new Retries(fetching.retry ?? 0);
    let response: Response;
    try {
      response = await fetchOrThrow(url, 'NetworkError', fetching, retries);
    } catch (error) {
      if (!copy || !isUnchanged(error)) throw error;
      return (await this.#fromCopy(copy)) ?? this.#fetch(undefined);
    }
    if (copy && isSame(copy, response)) {
      const kept = await this.#fromCopy(copy);
      if (kept) {
        void response.body?.cancel().catch(() => {});
        return kept;
      }
    }
    return this.#receive(response, fetching, retries);
  }

  /** How it is asked for: whether it is still what is kept, and then quickly. */
  #fetching(copy: CachedFile | undefined): Fetching {
    const { fetchOptions, retry, signal } = this.#options;
    if (!copy) return { fetchOptions, retry, signal };
    const fetching = { fetchOptions, signal, retry: 0 };
    if (!mayAskWithHeaders(this.#key.url)) {
      // The browser asks for itself, and what it has from its own cache costs nothing.
      return { ...fetching, fetchOptions: { cache: 'no-cache', ...fetchOptions } };
    }
    if (copy.etag !== undefined) return withHeaders(fetching, { 'if-none-match': copy.etag });
    if (copy.lastModified === undefined) return fetching;
    return withHeaders(fetching, { 'if-modified-since': copy.lastModified });
  }

  async #receive(response: Response, fetching: Fetching, retries: Retries): Promise<Bytes> {
    const { url, integrity } = this.#key;
    const answer = openAnswer(response, url, fetching, retries);
    const chunks: Uint8Array[] = [];
    for await (const chunk of counted(answer, this.#options.onProgress).chunks) chunks.push(chunk);
    const bytes = joined(chunks);
    if (integrity) await checkIntegrity(bytes, integrity, url);
    // A full disk or a quota is no reason not to go on.
    await this.#cache.store(this.#key, validatorsOf(response), bytes).catch(() => {});
    return inMemory(bytes, true);
  }

  async #fromCopy(copy: CachedFile): Promise<Bytes | undefined> {
    const bytes = await copy.read().catch(() => undefined);
    if (!bytes) return undefined;
    const { url, integrity } = this.#key;
    try {
      if (integrity) await checkIntegrity(bytes, integrity, url);
    } catch {
      return undefined;
    }
    return counted(inMemory(bytes, true), this.#options.onProgress, true);
  }
}

function isUnchanged(error: unknown): boolean {
  return error instanceof FoveaError && error.fields.status === '304';
}

function isSame(copy: Validators, response: Response): boolean {
  const { etag, lastModified } = validatorsOf(response);
  if (etag !== undefined && copy.etag !== undefined) return etag === copy.etag;
  return lastModified !== undefined && lastModified === copy.lastModified;
}

function validatorsOf({ headers }: Response): Validators {
  return {
    etag: headers.get('etag') ?? undefined,
    lastModified: headers.get('last-modified') ?? undefined,
  };
}
