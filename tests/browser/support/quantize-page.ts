import { expect, type Locator, type Page } from '@playwright/test';
import sharp from 'sharp';
import { pngFile, type PickedFile } from './demo-page.js';

/** The page that quantises models, as `npm start` serves it, with the quickest of the package's own. */
export async function openQuantizer(page: Page): Promise<void> {
  await page.goto('/build/demo/quantize.html');
  await page.getByRole('radio', { name: 'Quick' }).check();
}

/** Two small parts of the sample, in which something is to be seen. */
export async function smallPictures(): Promise<PickedFile[]> {
  const parts = [
    { left: 20, top: 10, width: 128, height: 96 },
    { left: 180, top: 90, width: 112, height: 112 },
  ];
  const files = parts.map(async (part, index) =>
    pngFile(
      await sharp('demo/public/samples/sample.png').extract(part).png().toBuffer(),
      `part-${index + 1}.png`,
    ),
  );
  return Promise.all(files);
}

export async function addPictures(page: Page, ...files: PickedFile[]): Promise<void> {
  const before = await thumbs(page).count();
  await page.setInputFiles('#picture-file', files);
  await expect(thumbs(page)).toHaveCount(before + files.length);
}

/** The pictures that are chosen. */
export function thumbs(page: Page): Locator {
  return page.getByRole('list', { name: 'Chosen pictures' }).getByRole('listitem');
}

export function startButton(page: Page): Locator {
  return page.getByRole('button', { name: 'Make it smaller' });
}

/** Waits until a model is made, compared and measured. */
export async function expectMade(page: Page): Promise<void> {
  await expect(page.locator('.layers tfoot')).toBeVisible({ timeout: 90_000 });
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeHidden();
}

/** Quantises the network with two small pictures. */
export async function makeSmaller(page: Page): Promise<void> {
  await addPictures(page, ...(await smallPictures()));
  await startButton(page).click();
  await expectMade(page);
}

/** A layer's row in the table, by its node's name. */
export function layer(page: Page, node: string): Locator {
  return page.locator('.layers tbody tr').filter({ hasText: node });
}
