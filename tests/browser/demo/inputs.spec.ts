// What people bring: files of all kinds, dropped, pasted and picked.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import sharp from 'sharp';
import { chunk } from '../../../web/src/pictures/png-chunk.js';
import { encodePng, whitePicture, withOrientation } from '../../support/pictures.js';
import {
  drop,
  expectError,
  expectNoError,
  expectSize,
  openDemo,
  pickPicture,
  pngFile,
  resultPixels,
  type PickedFile,
} from '../support/demo-page.js';

test.beforeEach(({ page }) => openDemo(page));

const white = pngFile(encodePng(whitePicture(20, 10)));
const animation = 'This file is an animation. Only its first picture is enlarged.';

function file(name: string, content: Buffer | string): PickedFile {
  return { name, mimeType: '', buffer: Buffer.from(content) };
}

test('a picture is dropped', async ({ page }) => {
  await drop(page, white);
  await expectSize(page, 40, 20);
});

test('a picture is pasted', async ({ page }) => {
  await page.evaluate(
    (bytes) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(
        new File([new Uint8Array(bytes)], 'image.png', { type: 'image/png' }),
      );
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    },
    [...white.buffer],
  );
  await expectSize(page, 40, 20);
});

test('the page shows where to drop while something is dragged over it', async ({ page }) => {
  const dataTransfer = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['x'], 'a.png'));
    return transfer;
  });
  await page.dispatchEvent('body', 'dragover', { dataTransfer });
  await expect(page.locator('body')).toHaveClass(/dropping/);
  await page.dispatchEvent('body', 'dragleave', { dataTransfer });
  await expect(page.locator('body')).not.toHaveClass(/dropping/);
});

test('several pictures become files of a batch, and one is opened again after it', async ({
  page,
}) => {
  await pickPicture(page, white, pngFile(encodePng(whitePicture(16, 12)), 'other.png'));
  await expect(page.getByRole('status')).toHaveText('2 of 2 done');
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save picture-x2.png' }).click();
  expect((await saved).suggestedFilename()).toBe('picture-x2.png');
  await page.getByRole('button', { name: 'Save other-x2.png' }).click();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expectSize(page, 640, 428);
  await pickPicture(page, white);
  await expectSize(page, 40, 20);
});

test('the pictures of a folder are taken, and nothing else of it', async ({ page }, info) => {
  const folder = info.outputPath('holiday');
  mkdirSync(join(folder, 'beach'), { recursive: true });
  writeFileSync(join(folder, 'one.png'), white.buffer);
  writeFileSync(join(folder, 'beach/two.png'), white.buffer);
  writeFileSync(join(folder, 'notes.txt'), 'no picture');
  writeFileSync(join(folder, '.hidden.png'), 'a thumbnail');
  await page.setInputFiles('#picture-folder', folder);
  await expect(page.getByRole('status')).toHaveText('2 of 2 done');
  const names = await page.locator('.batch-name').allTextContents();
  expect(names.sort()).toEqual(['holiday/beach/two.png', 'holiday/one.png']);
});

test('a folder that is dropped is read to its end', async ({ page }) => {
  // As browsers give a folder: entries, some at a time.
  await page.evaluate(
    (bytes) => {
      const picture = (name: string) => new File([new Uint8Array(bytes)], name);
      const fileEntry = (path: string, name: string) => ({
        isDirectory: false,
        fullPath: path,
        file: (resolve: (file: File) => void) => resolve(picture(name)),
      });
      const folder = (entries: object[][]) => ({
        isDirectory: true,
        createReader: () => ({
          readEntries: (resolve: (entries: object[]) => void) => resolve(entries.shift() ?? []),
        }),
      });
      const inner = folder([[fileEntry('/trip/b/3.png', '3.png')]]);
      const outer = folder([
        [fileEntry('/trip/1.png', '1.png'), fileEntry('/trip/readme.md', 'readme.md')],
        [fileEntry('/trip/2.png', '2.png'), inner],
      ]);
      const items = [{ kind: 'file', webkitGetAsEntry: () => outer, getAsFile: () => null }];
      const event = new Event('drop', { bubbles: true });
      Object.assign(event, { dataTransfer: { types: ['Files'], items } });
      document.body.dispatchEvent(event);
    },
    [...white.buffer],
  );
  await expect(page.getByRole('status')).toHaveText('3 of 3 done');
  await expect(page.locator('.batch-name')).toHaveText([
    'trip/1.png',
    'trip/2.png',
    'trip/b/3.png',
  ]);
});

test('a photo taken with the camera on its side is turned upright', async ({ page }) => {
  const jpeg = await sharp({
    create: { width: 30, height: 20, channels: 3, background: '#c05030' },
  })
    .jpeg()
    .toBuffer();
  await pickPicture(page, file('photo.jpg', withOrientation(jpeg, 6)));
  await expectSize(page, 40, 60);
});

test('of animations the first picture is enlarged, and the page says so', async ({ page }) => {
  const frames = Buffer.alloc(3 * 24 * 32 * 2);
  frames.fill(255, 0, frames.length / 2);
  const raw = { width: 24, height: 64, channels: 3, pageHeight: 32 } as const;
  const animated = () => sharp(frames, { raw });
  for (const [name, buffer] of [
    ['moving.gif', await animated().gif().toBuffer()],
    ['moving.webp', await animated().webp({ lossless: true }).toBuffer()],
  ] as const) {
    await pickPicture(page, file(name, buffer));
    await expectSize(page, 48, 64);
    await expect(page.getByText(animation)).toBeVisible();
    const { data } = await resultPixels(page);
    expect(Math.min(...data)).toBeGreaterThan(240);
  }
  await pickPicture(page, file('moving.png', animatedPng(white.buffer)));
  await expectSize(page, 40, 20);
  await expect(page.getByText(animation)).toBeVisible();
  const still = { create: { width: 10, height: 6, channels: 3, background: '#fff' } } as const;
  await pickPicture(page, file('still.gif', await sharp(still).gif().toBuffer()));
  await expectSize(page, 20, 12);
  await expect(page.getByText(animation)).toBeHidden();
});

/** A PNG of two pictures, the same twice (PNG, third edition, 11.3.6). */
function animatedPng(png: Buffer): Buffer {
  const data = Buffer.from('IDAT');
  const at = png.indexOf(data) - 4;
  const pixels = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
  const size = png.subarray(16, 24);
  const control = (index: number) =>
    chunk(
      'fcTL',
      Buffer.concat([numbers(index), size, numbers(0, 0), Buffer.from('000a00640000', 'hex')]),
    );
  return Buffer.concat([
    ...[png.subarray(0, 33), chunk('acTL', numbers(2, 0)), control(0), chunk('IDAT', pixels)],
    ...[control(1), chunk('fdAT', Buffer.concat([numbers(2), pixels])), png.subarray(-12)],
  ]);
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}

test('each kind of file that is no use has a word of its own', async ({ page }) => {
  const jpeg = await sharp({ create: { width: 300, height: 300, channels: 3, background: '#aaa' } })
    .jpeg()
    .toBuffer();
  const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic')]);
  for (const [picked, words] of [
    [file('empty.jpg', ''), 'empty.jpg is empty'],
    [
      file('picture.png', 'not a picture'),
      'picture.png is not a picture that this browser can open',
    ],
    [file('IMG_0001.jpg', heic), 'is a HEIC photo, which this browser cannot open'],
    [file('cut.jpg', jpeg.subarray(0, 200)), 'cut.jpg is damaged'],
    [file('scan.tif', 'II*\0\0\0\0\0'), 'is a TIFF picture'],
    [file('raw.cr2', 'II*\0\x10\0\0\0CR\x02\0'), 'raw file'],
    [file('letter.pdf', '%PDF-1.7'), 'is a PDF document'],
    [file('clip.mp4', Buffer.from('\0\0\0\x18ftypisom\0\0\0\0', 'latin1')), 'is a video'],
    [file('all.zip', Buffer.from('PK\x03\x04', 'latin1')), 'is an archive'],
    [file('art.psd', '8BPS'), 'Photoshop'],
  ] as const) {
    await pickPicture(page, picked);
    await expectError(page, words);
  }
  // The picture before is still there, and the next one works.
  await expectSize(page, 640, 428);
  await pickPicture(page, white);
  await expectSize(page, 40, 20);
  await expectNoError(page);
});

test('a drawing is enlarged as large as it says that it is', async ({ page }) => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="30" height="20" fill="#fff"/></svg>';
  await pickPicture(page, file('drawing.svg', svg));
  await expectSize(page, 60, 40);
});

test('tiny pictures work', async ({ page }) => {
  for (const [width, height] of [
    [1, 1],
    [3, 5],
    [1, 64],
  ] as const) {
    await pickPicture(page, pngFile(encodePng(whitePicture(width, height))));
    await expectSize(page, 2 * width, 2 * height);
    const { data } = await resultPixels(page);
    expect(Math.min(...data)).toBeGreaterThan(240);
  }
});

test('a picture of more pixels than any phone takes is refused with its size', async ({ page }) => {
  const large = await sharp({
    create: { width: 16000, height: 16000, channels: 3, background: '#fff' },
    limitInputPixels: false,
  })
    .png({ compressionLevel: 1 })
    .toBuffer();
  await pickPicture(page, pngFile(large));
  await expectError(page, '16000 × 16000 = 256 megapixels');
  await expectSize(page, 640, 428);
});
