// Pictures as phones take them, and results larger than any canvas.

import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { expect, test, type Page } from '@playwright/test';
import sharp from 'sharp';
import {
  drop,
  expectSize,
  openDemo,
  pickPicture,
  pngFile,
  save,
  type PickedFile,
} from '../support/demo-page.js';

const shownByBrowser = '“Before” is the picture as the browser enlarges it';

test.beforeEach(({ page }) => openDemo(page));

/** A photo as far as its pixels count: smooth here, rough there. */
async function photo(width: number, height: number): Promise<PickedFile> {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const small = await sharp({
    create: { width: width / 8, height: height / 8, channels: 3, background: '#888', noise },
  })
    .png()
    .toBuffer();
  const buffer = await sharp(small).resize(width, height).jpeg({ quality: 90 }).toBuffer();
  return { name: 'photo.jpg', mimeType: 'image/jpeg', buffer };
}

test("a phone's photo of 12 megapixels becomes what the package makes of it in Node", async ({
  page,
}) => {
  const file = await photo(4032, 3024);
  await page.getByRole('radio', { name: 'Quick' }).check();
  await expectSize(page, 640, 428);
  await drop(page, file);
  await expectSize(page, 8064, 6048);
  await expect(page.getByText(shownByBrowser)).toBeHidden();
  const saved = await sharp(await (await save(page)).path())
    .raw()
    .toBuffer();

  // JPEG leaves decoders some freedom, so Node gets the pixels that Chromium decodes.
  const decoded = await decodedIn(page, file);
  const { Upscaler } = await packageInNode();
  const model = pathToFileURL('models/fovea-x2-fast-fp16.onnx');
  const upscaler = await Upscaler.create(model);
  const result = await upscaler.upscale(decoded, { output: 'raw' });
  await upscaler.release();
  expect(differingBytes(saved, result.data as Uint8ClampedArray)).toBe(0);
});

/** What Chromium sees of a file. */
async function decodedIn(page: Page, { buffer }: PickedFile) {
  const url = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
    return canvas.toDataURL();
  }, buffer.toString('base64'));
  const png = sharp(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
  const { data, info } = await png.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8ClampedArray(data), width: info.width, height: info.height };
}

/** The package as programs in Node import it, with the same arithmetic as in browsers. */
async function packageInNode(): Promise<typeof import('fovea')> {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  return (await import(pathToFileURL('dist/index.js').href)) as typeof import('fovea');
}

/** How many bytes of RGB, or of RGBA that are opaque, are not what they are in the other, which is RGBA. */
function differingBytes(saved: Uint8Array, result: Uint8ClampedArray): number {
  const pixels = result.length / 4;
  const channels = saved.length / pixels;
  let count = 0;
  for (let i = 0; i < pixels; ++i) {
    for (let channel = 0; channel < 3; ++channel) {
      if (saved[channels * i + channel] !== result[4 * i + channel]) count += 1;
    }
  }
  return count;
}

test('a result larger than any canvas is shown smaller, and saved whole', async ({ page }) => {
  // Wide, so that one side alone is too long, and what has to be computed is not much.
  await pickPicture(page, pngFile(await gradient(6000, 40)));
  await expectSize(page, 12000, 80);
  await page.getByLabel('3×').check();
  await expectSize(page, 18000, 120);
  await expect(page.getByText('it is shown smaller here, and saved whole')).toBeVisible();
  await expect(page.getByLabel('File format')).toBeDisabled();
  // Nor is it measured, which the page says.
  await page.getByLabel('Compare with').selectOption('A picture of mine …');
  await page.setInputFiles('#baseline-file', pngFile(await gradient(18000, 120)));
  await expect(page.locator('.measured')).toContainText('are not measured here');
  const picture = sharp(await (await save(page)).path());
  const { width, height } = await picture.metadata();
  expect([width, height]).toEqual([18000, 120]);
  const [left, right] = await Promise.all(
    [0, 17900].map(async (x) => {
      const part = { left: x, top: 40, width: 100, height: 40 };
      const levels = await picture.clone().extract(part).removeAlpha().raw().toBuffer();
      return levels.reduce((sum, level) => sum + level) / levels.length;
    }),
  );
  expect(left).toBeLessThan(20);
  expect(right).toBeGreaterThan(235);
});

/** From black on the left to white on the right. */
async function gradient(width: number, height: number): Promise<Buffer> {
  const data = Buffer.alloc(width * height);
  for (let i = 0; i < data.length; ++i) data[i] = (255 * (i % width)) / width;
  return sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('srgb')
    .png()
    .toBuffer();
}

test('a photo of 50 megapixels is taken', async ({ page }) => {
  await page.getByRole('radio', { name: 'Quick' }).check();
  await expectSize(page, 640, 428);
  await drop(page, await photo(8160, 6144));
  await expectSize(page, 16320, 12288);
  await expect(page.getByText(shownByBrowser)).toBeVisible();
});
