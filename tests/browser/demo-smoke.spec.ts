// The demo as far as any browser's driver can use it: no pointer, no keyboard, no files picked.

import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import {
  decodePng,
  encodePng,
  psnr,
  sharpness,
  whitePicture,
  type Pixels,
} from '../support/pictures.js';
import { demoUrl } from './support/demo-page.js';
import { expect, test } from './support/test.js';

const sample = decodePng(readFileSync('demo/public/samples/sample.png'));

/** Waits until a picture of that size has been made. */
async function untilEnlarged(page: Page, width: number, height: number): Promise<void> {
  await page.waitForFunction(
    ([width, height]) => {
      const after = document.querySelector<HTMLCanvasElement>('#after')!;
      const save = document.querySelector<HTMLButtonElement>('#download')!;
      return after.width === width && after.height === height && !save.disabled;
    },
    [width, height] as const,
  );
}

async function pixelsOf(page: Page, canvas: 'before' | 'after'): Promise<Pixels> {
  const url = await page.evaluate(
    (id) => document.querySelector<HTMLCanvasElement>(`#${id}`)!.toDataURL(),
    canvas,
  );
  return decodePng(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
}

test.beforeEach(async ({ page }) => {
  await page.goto(demoUrl);
  await untilEnlarged(page, 2 * sample.width, 2 * sample.height);
});

test('the sample is doubled, sharper than by the browser, with the best engine', async ({
  page,
  runnable,
}) => {
  const [before, after] = [await pixelsOf(page, 'before'), await pixelsOf(page, 'after')];
  expect(sharpness(after)).toBeGreaterThan(1.1 * sharpness(before));
  expect(psnr(after, before)).toBeGreaterThan(25);
  const facts = await page.evaluate(() => document.querySelector('#browser-facts')!.textContent);
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  const best = runnable.findLast((variant) => cores > 1 || !variant.endsWith('-threads'));
  expect(facts).toContain(`Engine${best}Threads`);
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
  await page.evaluate(() => {
    const select = document.querySelector<HTMLSelectElement>('#model')!;
    select.value = 'x3';
    select.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await untilEnlarged(page, 3 * sample.width, 3 * sample.height);
  await drop('broken.png', Buffer.from('not a picture'));
  await page.waitForFunction(() =>
    document.querySelector('#error')!.textContent.includes('broken.png is not a picture'),
  );
  await drop('small.png', encodePng(whitePicture(20, 10)));
  await untilEnlarged(page, 60, 30);
  const { data } = await pixelsOf(page, 'after');
  expect(Math.min(...data)).toBeGreaterThan(240);
});
