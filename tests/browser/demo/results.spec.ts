// Saving and copying what was made, and what is told of it.

import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import sharp from 'sharp';
import { colourChunk } from '../../../web/src/pictures/png-chunk.js';
import { OnnxBuilder } from '../../support/onnx-builder.js';
import { encodePng, whitePicture } from '../../support/pictures.js';
import {
  expectSize,
  openDemo,
  pickModel,
  pickPicture,
  pngFile,
  save,
  shownPixels,
} from '../support/demo-page.js';

test.beforeEach(({ page }) => openDemo(page));

test('the result is saved as a PNG', async ({ page }) => {
  const download = await save(page);
  expect(download.suggestedFilename()).toBe('sample-x2.png');
  await expect(page.getByRole('status')).toHaveText(/^Saved as sample-x2\.png \(\d+ kB\)\.$/);
  const { width, height } = await sharp(await download.path()).metadata();
  expect([width, height]).toEqual([640, 428]);
});

for (const [format, ending] of [
  ['JPEG', 'jpg'],
  ['WebP', 'webp'],
] as const) {
  test(`the result is saved as ${format}, as good as is asked for`, async ({ page }) => {
    await page.getByLabel('File format').selectOption(format);
    const fine = await save(page);
    expect(fine.suggestedFilename()).toBe(`sample-x2.${ending}`);
    const { format: found } = await sharp(await fine.path()).metadata();
    expect(found).toBe(format.toLowerCase());
    await page.getByLabel('Quality').fill('30');
    const coarse = await save(page);
    const sizes = await Promise.all(
      [fine, coarse].map(async (file) => readFileSync(await file.path()).length),
    );
    expect(sizes[1]).toBeLessThan(sizes[0]! / 2);
  });
}

test('what a photo says of itself is kept', async ({ page }) => {
  const photo = sharp({ create: { width: 30, height: 20, channels: 3, background: '#c05030' } });
  const buffer = await photo
    .withExif({ IFD0: { Copyright: 'Ada' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  await pickPicture(page, { name: 'photo.jpg', mimeType: 'image/jpeg', buffer });
  await expectSize(page, 40, 60);
  const { exif, orientation } = await sharp(await (await save(page)).path()).metadata();
  expect(orientation).toBe(1);
  expect(exif!.toString('latin1')).toContain('Ada');
});

test('colours that most screens lack are kept', async ({ page }) => {
  // Full red of Display P3, which says so of itself.
  const red = { create: { width: 24, height: 16, channels: 3, background: '#f00' } } as const;
  const png = await sharp(red).png().toBuffer();
  const header = 33;
  const wide = [png.subarray(0, header), colourChunk('display-p3'), png.subarray(header)];
  await pickPicture(page, pngFile(Buffer.concat(wide)));
  await expectSize(page, 48, 32);
  await page.getByText('About this result').click();
  await expect(page.locator('.facts').first()).toContainText('Colourswide (Display P3)');
  const saved = readFileSync(await (await save(page)).path());
  const pixel = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d', { colorSpace: 'display-p3' })!;
    context.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
    return [...context.getImageData(20, 20, 1, 1).data];
  }, saved.toString('base64'));
  expect(pixel[0]).toBeGreaterThanOrEqual(254);
  expect(pixel[1]).toBeLessThanOrEqual(1);
});

test('the result is copied', async ({ page, context, baseURL }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: baseURL! });
  await page.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByRole('status')).toHaveText('Copied.');
  const size = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const { width, height } = await createImageBitmap(await item!.getType('image/png'));
    return [width, height];
  });
  expect(size).toEqual([640, 428]);
});

const panel = (page: Page) => page.locator('#profile');
const rows = (page: Page) => panel(page).locator('tbody tr');

async function openPanel(page: Page): Promise<void> {
  await panel(page).getByText('Where the time goes').click();
  await expect(rows(page)).not.toHaveCount(0);
}

/** A model that doubles RGB pictures after a 3x3 convolution called `blur`. */
function blurTimesTwo(): Uint8Array {
  const builder = new OnnxBuilder();
  const input = builder.input('input', [1, 3, 'height', 'width']);
  const taps = builder.constant(new Float32Array(12 * 3 * 9).fill(1 / 27), [12, 3, 3, 3]);
  const blurred = builder.node('Conv', [input, taps], { pads: [1, 1, 1, 1] }, 'blurred');
  builder.output(builder.node('DepthToSpace', [blurred], { blocksize: 2 }, 'output'));
  return builder.build();
}

test('where the time goes is told on demand', async ({ page }) => {
  await expect(rows(page)).toHaveCount(0);
  await openPanel(page);
  const convolution = rows(page).filter({ hasText: 'Winograd' }).first();
  await expect(convolution.getByRole('rowheader')).toContainText('Conv');
  await expect(convolution.locator('.output')).toHaveText(/^1 × \d+ × 218 × 324$/);
  await expect(convolution.locator('.milliseconds')).toHaveText(/^\d+\.\d\d$/);
  const shares = await rows(page).locator('.share').allTextContents();
  const total = shares.reduce((sum, share) => sum + Number.parseInt(share), 0);
  expect(Math.abs(total - 100)).toBeLessThanOrEqual(shares.length / 2);
  await expect(panel(page)).toContainText('324 × 218 pixels');
});

test('an open panel follows the model', async ({ page }) => {
  await openPanel(page);
  await pickModel(page, blurTimesTwo());
  await expectSize(page, 640, 428);
  await expect(rows(page).filter({ hasText: 'ToChannelsLast' })).toContainText('NCHW to NHWC');
  await expect(rows(page).last().locator('.output')).toHaveText('1 × 3 × 432 × 644');
  await pickModel(page, new TextEncoder().encode('This is no model at all.'));
  await expect(panel(page)).toBeHidden();
});

test('what became of the picture is told in plain words', async ({ page }) => {
  await pickPicture(page, pngFile(encodePng(whitePicture(20, 10))));
  await expectSize(page, 40, 20);
  await page.getByText('About this result').click();
  const facts = page.locator('.facts').first();
  await expect(facts).toContainText('Before20 × 10 pixels');
  await expect(facts).toContainText('After40 × 20 pixels');
  await expect(facts).toContainText('light and dark; colours are enlarged smoothly');
  expect((await shownPixels(page, 'after')).width).toBe(40);
});
