// What saved files say of themselves: by Chromium's own encoders, read by sharp.

import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import readExif from 'exif-reader';
import sharp from 'sharp';
import { expectSize, openDemo, pickPicture, pngFile, save } from '../support/demo-page.js';

/** A photo of a camera held on its side: its left half is red, its right half white. */
async function photo(): Promise<Buffer> {
  const create = { width: 16, height: 24, channels: 3, background: '#f00' } as const;
  const red = await sharp({ create }).png().toBuffer();
  return sharp({ create: { ...create, width: 32, background: '#fff' } })
    .composite([{ input: red, left: 0, top: 0 }])
    .withExif({ IFD0: { Make: 'Camera', Copyright: 'Ada' }, IFD2: { LensModel: 'A fine one' } })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

async function savedAs(page: Page, format: string): Promise<Buffer> {
  await page.getByLabel('File format').selectOption(format);
  return readFileSync(await (await save(page)).path());
}

for (const format of ['PNG', 'JPEG', 'WebP']) {
  test(`a photo's EXIF is kept in ${format}, and its pixels are upright`, async ({ page }) => {
    await openDemo(page);
    await pickPicture(page, { name: 'a.jpg', mimeType: 'image/jpeg', buffer: await photo() });
    await expectSize(page, 48, 64);
    const file = await savedAs(page, format);
    const { width, height, orientation, exif } = await sharp(file).metadata();
    expect({ width, height, orientation }).toEqual({ width: 48, height: 64, orientation: 1 });
    const { Image, Photo } = readExif(exif!);
    expect(Image).toMatchObject({ Make: 'Camera', Copyright: 'Ada' });
    expect(Photo).toMatchObject({ LensModel: 'A fine one' });
    // Turned, the left is at the top.
    const pixels = await sharp(file).removeAlpha().raw().toBuffer();
    const at = (x: number, y: number) => [
      ...pixels.subarray(3 * (48 * y + x), 3 * (48 * y + x) + 3),
    ];
    expect(at(24, 8)[2]).toBeLessThan(40);
    expect(at(24, 56)[2]).toBeGreaterThan(215);
  });
}

test('colours that sRGB lacks are kept in every format', async ({ page }) => {
  await openDemo(page);
  const base64 = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 32, height: 24 });
    const context = canvas.getContext('2d', { colorSpace: 'display-p3' })!;
    context.fillStyle = 'color(display-p3 1 0 0)';
    context.fillRect(0, 0, 32, 24);
    return canvas.toDataURL('image/png').split(',')[1]!;
  });
  await pickPicture(page, pngFile(Buffer.from(base64, 'base64')));
  await expectSize(page, 64, 48);
  for (const format of ['PNG', 'JPEG', 'WebP']) {
    const file = await savedAs(page, format);
    const red = await page.evaluate(
      async (bytes) => {
        const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
        const context = new OffscreenCanvas(64, 48).getContext('2d', { colorSpace: 'display-p3' })!;
        context.drawImage(bitmap, 0, 0);
        return [...context.getImageData(32, 24, 1, 1).data];
      },
      [...file],
    );
    // As sRGB it would be 234, 51, 35.
    expect(red[0], format).toBeGreaterThan(250);
    expect(red[1], format).toBeLessThan(12);
  }
});

test('a copied picture is a PNG in the clipboard', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openDemo(page);
  await page.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByText('Copied.')).toBeVisible();
  const size = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const bitmap = await createImageBitmap(await item!.getType('image/png'));
    return [bitmap.width, bitmap.height];
  });
  expect(size).toEqual([640, 428]);
});

test('a browser that copies no pictures says so', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.clipboard.write = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await openDemo(page);
  await page.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByRole('alert')).toContainText('did not let this page copy the picture');
});
