// The demo as far as any browser's driver can use it: no pointer, no keyboard, no files picked.

import type { Page } from '@playwright/test';
import { encodePng, psnr, sharpness, whitePicture } from '../support/pictures.js';
import { demoUrl, sample, shownPixels } from './support/demo-page.js';
import { expect, test } from './support/test.js';

/** Waits until a picture of that size has been made, and what it is compared with. */
async function untilEnlarged(page: Page, width: number, height: number): Promise<void> {
  await page.waitForFunction((size) => {
    const stage = document.querySelector<HTMLElement>('.stage');
    const isReady = document.querySelector('.save-bar[data-state="ready"]') !== null;
    return stage?.dataset.result === size && isReady;
  }, `${width}x${height}`);
}

test.beforeEach(async ({ page }) => {
  await page.goto(demoUrl);
  await untilEnlarged(page, 2 * sample.width, 2 * sample.height);
});

test('the sample is doubled, sharper than by the browser, with the best engine', async ({
  page,
  runnable,
}) => {
  const [before, after] = [await shownPixels(page, 'before'), await shownPixels(page, 'after')];
  expect(sharpness(after)).toBeGreaterThan(1.1 * sharpness(before));
  expect(psnr(after, before)).toBeGreaterThan(25);
  const engine = await page.evaluate(
    () => document.querySelector<HTMLElement>('#browser')!.dataset.engine,
  );
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  const best = runnable.findLast((variant) => cores > 1 || !variant.endsWith('-threads'));
  expect(engine).toBe(best);
});

test('a file is enlarged by another network, and a broken one explained', async ({ page }) => {
  const drop = (name: string, bytes: Uint8Array) =>
    page.evaluate(
      ({ name, bytes }) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' }));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true }));
      },
      { name, bytes: [...bytes] },
    );
  await page.evaluate(() =>
    document.querySelector<HTMLInputElement>('.making-size [value="3"]')!.click(),
  );
  await untilEnlarged(page, 3 * sample.width, 3 * sample.height);
  await drop('broken.png', Buffer.from('not a picture'));
  await page.waitForFunction(() =>
    document.querySelector('.errors')!.textContent.includes('broken.png is not a picture'),
  );
  await drop('small.png', encodePng(whitePicture(20, 10)));
  await untilEnlarged(page, 60, 30);
  const { data } = await shownPixels(page, 'after');
  expect(Math.min(...data)).toBeGreaterThan(240);
});
