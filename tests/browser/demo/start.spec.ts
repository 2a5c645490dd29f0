// The page as it opens, isolated or not.

import { expect, test } from '@playwright/test';
import sharp from 'sharp';
import { psnr, sharpness } from '../../support/pictures.js';
import {
  demoUrl,
  expectSize,
  openDemo,
  pickPicture,
  pngFile,
  resultPixels,
  sample,
  shownPixels,
} from '../support/demo-page.js';

test('the sample is doubled, and sharper than a plain enlargement', async ({ page }) => {
  await openDemo(page);
  const [before, after] = [await shownPixels(page, 'before'), await shownPixels(page, 'after')];
  expect([after.width, after.height]).toEqual([2 * sample.width, 2 * sample.height]);
  expect(sharpness(after)).toBeGreaterThan(1.1 * sharpness(before));
  // The same picture all the same, and the one that is saved.
  expect(psnr(after, before)).toBeGreaterThan(25);
  expect((await resultPixels(page)).data).toEqual(after.data);
});

test('a picture that was made smaller comes back closer than plainly', async ({ page }) => {
  await openDemo(page);
  // By bicubic, as the networks are made for.
  const half = { width: sample.width / 2, height: sample.height / 2 };
  const small = sharp('demo/public/samples/sample.png').resize({ ...half, kernel: 'cubic' });
  await pickPicture(page, pngFile(await small.png().toBuffer()));
  await expectSize(page, sample.width, sample.height);
  const [before, after] = [await shownPixels(page, 'before'), await shownPixels(page, 'after')];
  expect(psnr(after, sample)).toBeGreaterThan(psnr(before, sample) + 0.3);
});

test('it tells which engine is used and why', async ({ page }, { project }) => {
  await openDemo(page);
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  const threads = project.name === 'isolated' && cores > 1;
  await page.getByText('About this browser').click();
  const facts = page.locator('#browser .facts');
  await expect(facts).toContainText(threads ? /Engine\w+-threads/ : /Engine(simd|relaxed)Why/);
  await expect(facts).toContainText(threads ? `${Math.min(cores, 8)} processor` : 'one processor');
  if (project.name !== 'isolated') await expect(facts).toContainText('Cross-origin isolatedno');
});

test('nothing leaves the machine, and nothing is evaluated', async ({ page, baseURL }) => {
  const foreign: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!/^(blob:)?http:\/\/localhost:/.test(request.url())) foreign.push(request.url());
    if (request.method() !== 'GET') foreign.push(`${request.method()} ${request.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await openDemo(page);
  const policy = await page
    .locator('meta[http-equiv="Content-Security-Policy"]')
    .getAttribute('content');
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
  expect(await page.evaluate(() => location.origin)).toBe(baseURL);
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
});

test('it starts from any folder', async ({ page }) => {
  await page.goto(demoUrl.replace('index.html', ''));
  await expectSize(page, 640, 428);
});

test('the pages lead to each other', async ({ page }) => {
  await openDemo(page);
  const pages = page.getByRole('navigation', { name: 'Pages' });
  await expect(pages.getByRole('link')).toHaveText([
    'Pictures',
    'Camera & video',
    'Look inside a model',
    'Make a model smaller',
  ]);
  await expect(pages.locator('[aria-current="page"]')).toHaveText('Pictures');
});

test('it brings the notices of the libraries in its pages and workers', async ({ request }) => {
  const response = await request.get(demoUrl.replace('index.html', 'THIRD-PARTY-NOTICES.txt'));
  const notices = await response.text();
  for (const name of ['preact', 'comlink', '@dagrejs/dagre', 'protobufjs']) {
    expect(notices).toContain(`${name}: parts of it are in the scripts`);
  }
});
