// What models from afar need and few pages do: caches, hashes and decryption. A script of its own.

import { isNode } from './base/environment.js';
import { isUrl } from './base/kinds.js';
import { openCached } from './source/cached.js';
import { decrypted } from './source/decrypting.js';
import { counted, type Download, type ModelFile } from './source/download.js';
import { verified } from './source/integrity.js';
import { isWebAddress } from './source/retries.js';
import { openSource, type Bytes, type ModelSource } from './source/source.js';

export { clearCache } from './source/clearing.js';
export { continueDownload } from './source/continuing.js';

/** As openDownload(), with a cache, hashes or decryption. */
export async function openRemote(
  source: ModelSource,
  options: Download,
  file: ModelFile,
): Promise<Bytes> {
  const { decrypt, signal } = options;
  const address = typeof source === 'string' || isUrl(source) ? String(source) : undefined;
  const bytes = await opened(source, address, options);
  return decrypt ? decrypted(bytes, decrypt, file, address ?? '', signal) : bytes;
}

async function opened(
  source: ModelSource,
  address: string | undefined,
  options: Download,
): Promise<Bytes> {
  const { cache = false, integrity } = options;
  if (cache !== false && address !== undefined && isRemote(address)) {
    return openCached(address, options);
  }
  const bytes = counted(await openSource(source, options), options.onProgress);
  return integrity === undefined ? bytes : verified(bytes, integrity, address ?? '');
}

/** Whether something is fetched by way of a network: in Node, a path is not. */
function isRemote(address: string): boolean {
  return isNode() ? /^https?:/i.test(address) : isWebAddress(address);
}
