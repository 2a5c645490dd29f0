import {
  sha256,
  type CacheKey,
  type CachedFile,
  type FileCache,
  type Validators,
} from './cache.js';

const defaultName = 'fovea-models';

/** Marks the addresses of our files, in a cache that may have others. */
const parameter = 'fovea-model';

const hashHeader = 'fovea-sha256';

/** Keeps files by Cache Storage, which pages and workers of a secure context have. */
export function openStorageCache(name: string | true): FileCache | undefined {
  if (!('caches' in globalThis)) return undefined;
  return new StorageCache(name === true ? defaultName : name);
}

class StorageCache implements FileCache {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  async find(key: CacheKey): Promise<CachedFile | undefined> {
    const cache = await caches.open(this.#name);
    const response = await cache.match(addressOf(key));
    if (!response) return undefined;
    const { headers } = response;
    const read = async () => {
      const bytes = new Uint8Array(await response.arrayBuffer());
      if ((await sha256(bytes)) === headers.get(hashHeader)) return bytes;
      await cache.delete(addressOf(key));
      return undefined;
    };
    return {
      etag: headers.get('etag') ?? undefined,
      lastModified: headers.get('last-modified') ?? undefined,
      read,
    };
  }

  async store(key: CacheKey, validators: Validators, bytes: Uint8Array): Promise<void> {
    const headers = new Headers({ [hashHeader]: await sha256(bytes) });
    if (validators.etag !== undefined) headers.set('etag', validators.etag);
    if (validators.lastModified !== undefined)
      headers.set('last-modified', validators.lastModified);
    const cache = await caches.open(this.#name);
    await cache.put(addressOf(key), new Response(bytes as Uint8Array<ArrayBuffer>, { headers }));
  }

  async clear(): Promise<void> {
    if (!(await caches.has(this.#name))) return;
    const cache = await caches.open(this.#name);
    const requests = await cache.keys();
    const ours = requests.filter(({ url }) => new URL(url).searchParams.has(parameter));
    await Promise.all(ours.map((request) => cache.delete(request)));
    // Ours alone: nobody else has named it so.
    if (this.#name === defaultName) await caches.delete(this.#name);
  }
}

function addressOf({ url, integrity }: CacheKey): string {
  const address = new URL(url);
  address.searchParams.set(parameter, integrity);
  return address.href;
}
