import { expect, test } from './support/test.js';
import { expectClose } from '../support/compare.js';
import { computeByOnnxruntime } from '../support/onnxruntime.js';
import { roundingBound, smallNetwork } from '../support/small-network.js';
import {
  computeInPage,
  openPackagePage,
  openPageWithPolicy,
  serveModel,
} from './support/package-page.js';

test('pages and workers need no unsafe-eval', async ({ page }) => {
  // A worker obeys the policy its own script is served with.
  const guarded: string[] = [];
  await page.route(/\/(dist|tests)\//, async (route) => {
    const response = await route.fetch();
    const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
    const headers = { ...response.headers(), 'content-security-policy': policy };
    guarded.push(new URL(route.request().url()).pathname);
    await route.fulfill({ response, headers });
  });
  await openPackagePage(page);
  const { model, input } = smallNetwork();
  const actual = await computeInPage(page, model, { input }, {});
  const expected = await computeByOnnxruntime(model, { input });
  expectClose(actual, expected, roundingBound(expected.output!));
  expect(guarded).toContain('/dist/worker.js');
  expect(await page.evaluate(() => window.violations)).toEqual([]);
});

const usual = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const { model } = smallNetwork();

const create = ({ url, worker = true }: { url: string; worker?: boolean }) =>
  window.failureOf(window.fovea.InferenceSession.create(url, { worker, numThreads: 1 }));

test('pages that require Trusted Types allow the policy fovea', async ({ page }) => {
  // Of the scripts' answers, too: a worker starts threads.
  const policy = "require-trusted-types-for 'script'; trusted-types fovea";
  const guarded: string[] = [];
  await page.route(/\/dist\//, async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), 'content-security-policy': policy };
    guarded.push(new URL(route.request().url()).pathname);
    await route.fulfill({ response, headers });
  });
  await openPageWithPolicy(page, `${usual}; ${policy}`);
  const { input } = smallNetwork();
  const actual = await computeInPage(page, model, { input }, {});
  const expected = await computeByOnnxruntime(model, { input });
  expectClose(actual, expected, roundingBound(expected.output!));
  expect(guarded).toContain('/dist/worker.js');
  expect(await page.evaluate(() => window.violations)).toEqual([]);
});

test('pages that require Trusted Types of nobody are told what to allow', async ({ page }) => {
  await openPageWithPolicy(
    page,
    `${usual}; require-trusted-types-for 'script'; trusted-types 'none'`,
  );
  const url = await serveModel(page, model);
  const failure = await page.evaluate(create, { url });
  expect(failure).toMatchObject({ code: 'EngineLoadError' });
  expect(failure!.message).toContain('trusted-types fovea');
  expect(failure!.message).toContain('worker: false');
  expect(await page.evaluate(create, { url, worker: false })).toBeNull();
});

test('a default policy of the page does for Trusted Types', async ({ page }) => {
  await openPageWithPolicy(
    page,
    `${usual}; require-trusted-types-for 'script'; trusted-types default`,
  );
  await page.evaluate(() => {
    const { trustedTypes } = window as unknown as {
      trustedTypes: { createPolicy(name: string, rules: object): void };
    };
    trustedTypes.createPolicy('default', { createScriptURL: (url: string) => url });
  });
  expect(await page.evaluate(create, { url: await serveModel(page, model) })).toBeNull();
  expect(await page.evaluate(() => window.violations)).toEqual([]);
});

test('a policy against connections is named', async ({ page }) => {
  await openPageWithPolicy(page, `${usual}; connect-src 'none'`);
  const failure = await page.evaluate(create, { url: await serveModel(page, model) });
  expect(failure).toMatchObject({ code: 'EngineLoadError' });
  expect(failure!.message).toContain('connect-src');
});

test("a policy against the engine's scripts is named", async ({ page, baseURL }) => {
  // All of the page's own scripts are allowed but those in that folder.
  const scripts = `${baseURL}/tests/ ${baseURL}/dist/index.js`;
  await openPageWithPolicy(page, `default-src 'self'; script-src ${scripts} 'wasm-unsafe-eval'`);
  const failure = await page.evaluate(create, {
    url: await serveModel(page, model),
    worker: false,
  });
  expect(failure).toMatchObject({ code: 'EngineLoadError' });
  expect(failure!.message).toContain('script-src');
});

test('a worker whose own policy allows no Trusted Types is told of', async ({
  page,
  sharedMemory,
}) => {
  test.skip(!sharedMemory, 'there are no threads here');
  const policy = "require-trusted-types-for 'script'; trusted-types 'none'";
  await page.route('**/dist/worker.js', async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers(), 'content-security-policy': policy };
    await route.fulfill({ response, headers });
  });
  await openPackagePage(page);
  const url = await serveModel(page, model);
  const failure = await page.evaluate(
    (url) => window.failureOf(window.fovea.InferenceSession.create(url, { numThreads: 2 })),
    url,
  );
  expect(failure).toMatchObject({ code: 'EngineLoadError' });
  expect(failure!.message).toContain('trusted-types fovea');
  expect(failure!.message).toContain('numThreads: 1');
  expect(await page.evaluate(create, { url })).toBeNull();
});
