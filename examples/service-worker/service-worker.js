// Enlarges pictures before the page gets them: those whose address ends in `?large`. It keeps the results,
// and isolates the page, so that the page itself may have threads.
import { Upscaler } from './node_modules/fovea/dist/static.js';

let creating;

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const isLarge = new URL(request.url).search === '?large';
  event.respondWith(isLarge ? enlarged(request) : isolated(request));
});

/** The picture at the address without `?large`, twice as large; as it is where that fails. */
async function enlarged({ url }) {
  const kept = await caches.match(url);
  if (kept) return kept;
  const response = await fetch(url.replace(/\?large$/, ''));
  try {
    creating ??= Upscaler.create();
    const upscaler = await creating;
    const type = 'image/webp';
    const file = await upscaler.upscale(response.clone(), { output: { type, quality: 0.9 } });
    const result = new Response(file, { headers: { 'Content-Type': type } });
    await (await caches.open('large')).put(url, result.clone());
    return result;
  } catch (error) {
    console.warn(`${url} stays as it is:`, error);
    return response;
  }
}

/** What the server sends, with the headers that it lacks. */
async function isolated(request) {
  const response = await fetch(request);
  // Of another origin, without CORS: nobody may look inside.
  if (response.type === 'opaque' || response.type === 'opaqueredirect') return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
