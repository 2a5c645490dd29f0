// Pages of examples/ that need no bundler, with the packed package installed.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { expectFileEnlarged, pictureFile } from '../support/enlarging-page.js';
import { installPackage, type UserProject } from './support/installed.js';
import { serveFolder } from '../support/serve-folder.js';

test.use({ serviceWorkers: 'allow' });

let project: UserProject;
test.beforeAll(async () => {
  project = installPackage();
  project.write('photo.jpg', await pictureFile('jpeg'));
});
test.afterAll(() => project.remove());

/** Serves an example as it lies there once `npm install` has run and there is a photo. */
function serveExample(name: string): ReturnType<typeof serveFolder> {
  cpSync(join('examples', name), project.folder, { recursive: true });
  return serveFolder(project.folder, {});
}

test('html', async ({ page }) => {
  const site = await serveExample('html');
  await expectFileEnlarged(page, site.url);
  await page.locator('input').setInputFiles({
    name: 'no-picture.png',
    mimeType: 'image/png',
    buffer: Buffer.from('no picture'),
  });
  await expect(page.locator('output')).toHaveText(/picture/);
  await site.close();
});

test('web-component', async ({ page }) => {
  const site = await serveExample('web-component');
  await page.goto(site.url);
  const element = page.locator('fovea-image');
  const sizeOf = () =>
    page
      .getByRole('img', { name: 'A picture of yours' })
      .evaluate((shown) =>
        shown instanceof HTMLCanvasElement ? [shown.width, shown.height] : shown.tagName,
      );
  await expect.poll(sizeOf, { timeout: 30_000 }).toEqual([60, 40]);
  const failed = await element.evaluate(async (host) => {
    const event = new Promise((resolve) => host.addEventListener('error', resolve, { once: true }));
    host.setAttribute('src', 'nowhere.jpg');
    return (await event) instanceof ErrorEvent;
  });
  expect(failed).toBe(true);
  await element.evaluate((host) => host.setAttribute('src', 'photo.jpg'));
  await expect.poll(sizeOf, { timeout: 30_000 }).toEqual([60, 40]);
  await site.close();
});

test('service-worker', async ({ page }) => {
  const site = await serveExample('service-worker');
  await page.goto(site.url);
  await expect(page.locator('output')).toHaveText('60 x 40', { timeout: 30_000 });
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  const kept = await page.evaluate(async () => {
    const response = await caches.match('photo.jpg?large');
    return response?.headers.get('content-type');
  });
  expect(kept).toBe('image/webp');
  await site.close();
});
