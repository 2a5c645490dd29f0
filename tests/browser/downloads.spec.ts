import { createHash } from 'node:crypto';
import type { Page, Request } from '@playwright/test';
import { expect, test } from './support/test.js';
import { encryptAes128Gcm } from '../../web/src/encryption.js';
import { smallNetwork } from '../support/small-network.js';
import { openPackagePage } from './support/package-page.js';

const { model } = smallNetwork();
const sameOrigin = '/test-data/kept.onnx';
const otherOrigin = 'http://models.test/kept.onnx';

/** Serves a file as servers of files do. Gives the requests that came. */
async function serveFile(
  page: Page,
  url: string,
  file: { body: Uint8Array; etag?: string; lastModified?: string },
): Promise<Request[]> {
  const seen: Request[] = [];
  await page.route(new RegExp(url.replaceAll('.', '\\.')), async (route) => {
    const request = route.request();
    seen.push(request);
    const { etag, lastModified } = file;
    const headers = {
      ...(etag ? { etag } : {}),
      ...(lastModified ? { 'last-modified': lastModified } : {}),
      'content-length': String(file.body.length),
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    };
    const isKnown = etag !== undefined && request.headers()['if-none-match'] === etag;
    if (isKnown) return route.fulfill({ status: 304, headers: { etag } });
    return route.fulfill({ body: Buffer.from(file.body), headers });
  });
  return seen;
}

interface Loading {
  url: string;
  cache?: boolean | string;
  integrity?: string;
}

/** Loads a model in the page: how it fails, or the bytes that came and whether from the cache. */
function load(page: Page, loading: Loading): Promise<{ failure?: string; cached?: boolean }> {
  return page.evaluate(async ({ url, ...options }) => {
    let cached = false;
    let done = 0;
    const failure = await window.failureOf(
      window.fovea.InferenceSession.create(url, {
        ...options,
        numThreads: 1,
        onProgress: (progress) => {
          if (progress.stage !== 'download') return;
          cached = progress.cached ?? false;
          done = progress.done;
        },
      }).then((session) => session.release()),
    );
    return failure ? { failure: `${failure.code}: ${failure.message}` } : { cached, done };
  }, loading);
}

const fetched = { cached: false, done: model.length };
const kept = { cached: true, done: model.length };

test('a model is kept, asked for by its ETag, and used without a network', async ({ page }) => {
  await openPackagePage(page);
  const seen = await serveFile(page, sameOrigin, { body: model, etag: '"1"' });
  const loading = { url: sameOrigin, cache: true };
  expect(await load(page, loading)).toEqual(fetched);
  expect(await load(page, loading)).toEqual(kept);
  expect(seen.map((request) => request.headers()['if-none-match'])).toEqual([undefined, '"1"']);

  await page.unroute(/kept/);
  await page.route(/kept/, (route) => route.abort('internetdisconnected'));
  expect(await load(page, loading)).toEqual(kept);
  expect((await load(page, { url: sameOrigin })).failure).toMatch(
    /^NetworkError: .*cannot be fetched/,
  );
});

test('a model is replaced where the server has another', async ({ page }) => {
  await openPackagePage(page);
  const file = { body: model, etag: '"1"' };
  await serveFile(page, sameOrigin, file);
  const loading = { url: sameOrigin, cache: 'mine' };
  expect(await load(page, loading)).toEqual(fetched);
  file.etag = '"2"';
  expect(await load(page, loading)).toEqual(fetched);
  expect(await load(page, loading)).toEqual(kept);
  expect(await load(page, { url: sameOrigin, cache: true })).toEqual(fetched);
});

test('a model of another origin is asked for without a preflight', async ({ page }) => {
  await page.route('**/test-data/page.html', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>A page</title>' }),
  );
  await page.goto('/test-data/page.html');
  await page.addScriptTag({ type: 'module', url: '/tests/browser/pages/package.js' });
  await page.waitForFunction(() => window.fovea !== undefined);
  const lastModified = 'Mon, 01 Jan 2024 00:00:00 GMT';
  const seen = await serveFile(page, otherOrigin, { body: model, etag: '"1"', lastModified });
  expect(await load(page, { url: otherOrigin, cache: true })).toEqual(fetched);
  expect(await load(page, { url: otherOrigin, cache: true })).toEqual(kept);
  expect(seen.map((request) => request.method())).toEqual(['GET', 'GET']);
  expect(seen[1]!.headers()).not.toHaveProperty('if-none-match');
});

test('a hash makes a request needless, and tells of what was changed', async ({ page }) => {
  await openPackagePage(page);
  const seen = await serveFile(page, sameOrigin, { body: model });
  const hashOf = (bytes: Uint8Array) =>
    `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
  const loading = { url: sameOrigin, cache: true, integrity: hashOf(model) };
  expect(await load(page, loading)).toEqual(fetched);
  expect(await load(page, loading)).toEqual(kept);
  expect(seen).toHaveLength(1);
  const wrong = { url: sameOrigin, integrity: hashOf(model.subarray(1)) };
  expect((await load(page, wrong)).failure).toMatch(/^IntegrityError: .*kept\.onnx/);
});

test('what is damaged in the cache is fetched anew, and a cache is cleared of models alone', async ({
  page,
}) => {
  await openPackagePage(page);
  await serveFile(page, sameOrigin, { body: model, etag: '"1"' });
  const loading = { url: sameOrigin, cache: 'shared' };
  await load(page, loading);
  await page.evaluate(async () => {
    const cache = await caches.open('shared');
    const [request] = await cache.keys();
    const response = (await cache.match(request!))!;
    const bytes = new Uint8Array(await response.arrayBuffer());
    bytes[9]! ^= 1;
    await cache.put(request!, new Response(bytes, { headers: response.headers }));
    await cache.put('/own', new Response('mine'));
  });
  expect(await load(page, loading)).toEqual(fetched);
  expect(await load(page, loading)).toEqual(kept);
  const left = await page.evaluate(async () => {
    await window.fovea.clearModelCache({ cache: 'shared' });
    const requests = await (await caches.open('shared')).keys();
    return requests.map(({ url }) => new URL(url).pathname);
  });
  expect(left).toEqual(['/own']);
  expect(await load(page, loading)).toEqual(fetched);
});

test('a cache that cannot be written fails no load', async ({ page }) => {
  await openPackagePage(page);
  await serveFile(page, sameOrigin, { body: model, etag: '"1"' });
  await page.evaluate(() => {
    Cache.prototype.put = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
  });
  expect(await load(page, { url: sameOrigin, cache: true })).toEqual(fetched);
  await page.evaluate(() => {
    caches.open = () => Promise.reject(new DOMException('private', 'SecurityError'));
  });
  expect(await load(page, { url: sameOrigin, cache: true })).toEqual(fetched);
});

test('an encrypted model is decrypted in the page', async ({ page }) => {
  await openPackagePage(page);
  const key = new Uint8Array(16).fill(7);
  const stream = encryptAes128Gcm(key, { recordSize: 500 })(
    new Blob([Buffer.from(model)]).stream(),
  );
  const body = new Uint8Array(await new Response(stream).arrayBuffer());
  await serveFile(page, sameOrigin, { body, etag: '"1"' });
  const codes = await page.evaluate(
    async ({ url, key }) => {
      const address = '/dist/encryption.js';
      const { decryptAes128Gcm } = (await import(address)) as typeof import('fovea/encryption');
      const create = async (key: Uint8Array) => {
        const options = { cache: true, decrypt: decryptAes128Gcm(key) };
        const failure = await window.failureOf(
          window.fovea.InferenceSession.create(url, options).then((session) => session.release()),
        );
        return failure?.code;
      };
      return [await create(Uint8Array.from(key)), await create(new Uint8Array(16))];
    },
    { url: sameOrigin, key: [...key] },
  );
  expect(codes).toEqual([undefined, 'DecryptionError']);
});
