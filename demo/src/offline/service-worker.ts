// Keeps the pages in the browser: they open without a network, and are cross-origin isolated whatever the server
// sends, which threads need. A script of its own: pages start it by offline.ts.

/** What TypeScript has no declarations of beside those of pages. */
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface MessageFromPage extends ExtendableEvent {
  data: PageMessage;
}
interface ServiceWorkerGlobal {
  registration: ServiceWorkerRegistration;
  clients: {
    claim(): Promise<void>;
    matchAll(options: { type: 'window' }): Promise<readonly unknown[]>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageFromPage) => void): void;
}

/** To take over now, or addresses of what a page has loaded without this worker. */
export type PageMessage = 'take over' | readonly string[];

/** All files of the pages with the SHA-256 of their bytes; the build writes it here. */
declare const PAGE_FILES: Readonly<Record<string, string>>;

const worker = self as unknown as ServiceWorkerGlobal;

const files = new Map(Object.entries(PAGE_FILES));
const folder = new URL('./', location.href);

/** One for all versions: its keys contain the files' hashes, so that what did not change is not fetched again. */
const cacheName = `fovea-demo ${folder.pathname}`;

/** Of the four engines, browsers use one or two. */
const isKeptOnceUsed = (path: string) => path.endsWith('.wasm');

worker.addEventListener('install', (event) => event.waitUntil(install()));
worker.addEventListener('activate', (event) => {
  event.waitUntil(removeOld());
  // Not awaited: in Firefox that ends only once it is active, which it would wait for.
  void worker.clients.claim();
});
worker.addEventListener('message', (event) => {
  const { data } = event;
  event.waitUntil(data === 'take over' ? worker.skipWaiting() : keepUsed(data));
});
worker.addEventListener('fetch', (event) => {
  const { method, url, mode } = event.request;
  const path = pathOf(url);
  if (method !== 'GET' || path === undefined) return;
  event.respondWith(mode === 'navigate' ? openPage(path) : answer(path));
});

async function install(): Promise<void> {
  const cache = await caches.open(cacheName);
  const keep = async (path: string) => {
    if (await cache.match(keyOf(path))) return;
    const { response, isExpected } = await download(path);
    // The server has the files of yet another version, or not all of them: the next visit tries again.
    if (!isExpected) throw new Error(`${path} is not the one that this version of the page needs`);
    await cache.put(keyOf(path), response);
  };
  await Promise.all([...files.keys()].filter((path) => !isKeptOnceUsed(path)).map(keep));
}

/** Only now is no page open that may want them. */
async function removeOld(): Promise<void> {
  const cache = await caches.open(cacheName);
  const current = new Set([...files.keys()].map(keyOf));
  const old = (await cache.keys()).filter(({ url }) => !current.has(url));
  await Promise.all(old.map((request) => cache.delete(request)));
}

async function keepUsed(addresses: readonly string[]): Promise<void> {
  const paths = addresses.map(pathOf).filter((path) => path !== undefined);
  await Promise.all(paths.map(answer));
}

/** A page; the newest, if no other page is open that needs the files of this version. */
async function openPage(path: string): Promise<Response> {
  const { waiting } = worker.registration;
  if (waiting && (await worker.clients.matchAll({ type: 'window' })).length < 2) {
    waiting.postMessage('take over' satisfies PageMessage);
    return new Response(null, { headers: { Refresh: '0' } });
  }
  return answer(path);
}

async function answer(path: string): Promise<Response> {
  const cache = await caches.open(cacheName);
  const kept = await cache.match(keyOf(path));
  if (kept) return kept;
  const { response, isExpected } = await download(path);
  if (isExpected) {
    // Where there is no room, it is fetched again the next time.
    await cache.put(keyOf(path), response.clone()).catch(() => {});
  }
  return response;
}

/** A file as the server has it now, with the headers that isolate; and whether it is that of this version. */
async function download(path: string): Promise<{ response: Response; isExpected: boolean }> {
  const { status, headers, arrayBuffer } = await fetched(new URL(path, folder));
  const response = new Response(arrayBuffer, {
    status,
    headers: {
      'Content-Type': headers.get('Content-Type') ?? '',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  });
  return {
    response,
    isExpected: status === 200 && (await sha256(arrayBuffer)) === files.get(path),
  };
}

async function fetched(address: URL) {
  const response = await fetch(address, { cache: 'no-cache' });
  const { status, headers } = response;
  return { status, headers, arrayBuffer: await response.arrayBuffer() };
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A file of the pages by its address, whatever is asked of it; undefined for all else. */
function pathOf(address: string): string | undefined {
  const { origin, pathname } = new URL(address);
  if (origin !== folder.origin || !pathname.startsWith(folder.pathname)) return undefined;
  const path = decodeURI(pathname.slice(folder.pathname.length)) || 'index.html';
  // Some servers leave out the ending of pages.
  return [path, `${path}.html`].find((name) => files.has(name));
}

function keyOf(path: string): string {
  const address = new URL(path, folder);
  address.search = files.get(path)!;
  return address.href;
}
