import { expect, type Page, test } from '@playwright/test';
import { constantScaleModel } from '../../web/tests/support/enlarging-models.js';
import { OnnxBuilder } from '../support/onnx-builder.js';
import {
  expectSize,
  openDemo,
  pickModel,
  pickPicture,
  pixelsOf,
  pngFile,
} from './support/demo-page.js';
import { encodePng, whitePicture, withOrientation } from '../support/pictures.js';

test.beforeEach(({ page }) => openDemo(page));

async function expectError(page: Page, words: string | RegExp): Promise<void> {
  await expect(page.getByRole('alert')).toContainText(words);
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeHidden();
}

test("the user's own model enlarges the picture", async ({ page }) => {
  await pickModel(page, constantScaleModel(3));
  await expectSize(page, 960, 642);
  const before = await page.evaluate(async () => {
    const response = await fetch('samples/sample.png');
    const bitmap = await createImageBitmap(await response.blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    return [...context.getImageData(100, 50, 4, 1).data];
  });
  const after = await pixelsOf(page, 'after');
  for (let x = 0; x < 12; ++x) {
    const at = 4 * (151 * after.width + 300 + x);
    const from = 4 * Math.floor(x / 3);
    expect([...after.data.subarray(at, at + 4)]).toEqual(before.slice(from, from + 4));
  }
});

test('a model that is dropped on the page is the one picked', async ({ page }) => {
  const files = await page.evaluateHandle(
    (bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], 'tripled.onnx'));
      return transfer;
    },
    [...constantScaleModel(3)],
  );
  await page.dispatchEvent('body', 'drop', { dataTransfer: files });
  await expectSize(page, 960, 642);
  await expect(page.getByLabel('What enlarges the picture')).toHaveValue('file');
  await expect(page.getByLabel('ONNX file')).toHaveValue(/tripled\.onnx$/);
});

test('a broken model is explained, and the next one works', async ({ page }) => {
  await pickModel(page, new TextEncoder().encode('This is no model at all.'));
  await expectError(page, 'MalformedModel');
  await pickModel(page, constantScaleModel(3));
  await expectSize(page, 960, 642);
  await expect(page.getByRole('alert')).toBeHidden();
  await page.getByLabel('What enlarges the picture').selectOption('x2');
  await expectSize(page, 640, 428);
});

test("each of Fovea's own models enlarges by its factor", async ({ page }) => {
  const select = page.getByLabel('What enlarges the picture');
  for (const [name, factor] of [
    ['x3', 3],
    ['x4', 4],
    ['x2Web', 2],
    ['x3', 3],
    ['x2Fast', 2],
  ] as const) {
    await select.selectOption(name);
    await expectSize(page, factor * 320, factor * 214);
    await expect(page.getByRole('alert')).toBeHidden();
  }
});

test('a model that lacks an operator names it', async ({ page }) => {
  const builder = new OnnxBuilder();
  const input = builder.input('input', [1, 3, 'height', 'width']);
  builder.output(builder.node('EnhanceMagically', [input], {}, 'output'));
  await pickModel(page, builder.build());
  await expectError(page, 'EnhanceMagically');
});

test('a model that is not on the web says so', async ({ page, baseURL }) => {
  await page.getByLabel('What enlarges the picture').selectOption('url');
  await page.getByLabel('Address').fill(`${baseURL}/nowhere.onnx`);
  await page.getByRole('button', { name: 'Load' }).click();
  await expectError(page, /NetworkError.*404/);
});

test('a broken picture is explained, and the next one works', async ({ page }) => {
  await pickPicture(page, pngFile(Buffer.from('not a picture')));
  await expectError(page, 'picture.png is not a picture');
  await pickPicture(page, pngFile(encodePng(whitePicture(20, 10))));
  await expectSize(page, 40, 20);
  await expect(page.getByRole('alert')).toBeHidden();
});

test('a picture that is too large is refused with its size', async ({ page }) => {
  await pickPicture(page, pngFile(encodePng(whitePicture(8000, 6300))));
  await expectError(page, '8000 × 6300 = 50.4 megapixels');
  await expect(page.locator('#result-facts')).toContainText('After640 × 428');
});

test('a photo taken with the camera on its side is turned upright', async ({ page }) => {
  const url = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 30, height: 20 });
    return canvas.toDataURL('image/jpeg');
  });
  const jpeg = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
  const buffer = withOrientation(jpeg, 6);
  await pickPicture(page, { name: 'photo.jpg', mimeType: 'image/jpeg', buffer });
  await expectSize(page, 40, 60);
});

test('tiny pictures work', async ({ page }) => {
  for (const [width, height] of [
    [1, 1],
    [3, 5],
    [1, 64],
  ] as const) {
    await pickPicture(page, pngFile(encodePng(whitePicture(width, height))));
    await expectSize(page, 2 * width, 2 * height);
    const { data } = await pixelsOf(page, 'after');
    expect(Math.min(...data)).toBeGreaterThan(240);
  }
});

test('work can be cancelled while the picture is still decoded', async ({ page }) => {
  await page.evaluate(() => {
    const decode = self.createImageBitmap.bind(self) as (...picture: unknown[]) => unknown;
    const clicked = new Promise((resolve) => {
      document.querySelector('#cancel')!.addEventListener('click', resolve);
    });
    self.createImageBitmap = async (...picture: unknown[]) => {
      await clicked;
      return decode(...picture) as Promise<ImageBitmap>;
    };
  });
  await pickPicture(page, pngFile(encodePng(whitePicture(20, 20))));
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('status')).toHaveText('Cancelled.');
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeHidden();
  await expect(page.locator('#result-facts')).toContainText('After640 × 428');
});

test('work can be cancelled, and done again', async ({ page }) => {
  await pickPicture(page, pngFile(encodePng(whitePicture(2000, 1800))));
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('status')).toHaveText('Cancelled.');
  await pickPicture(page, pngFile(encodePng(whitePicture(20, 20))));
  await expectSize(page, 40, 40);
});

test('several pictures are enlarged and saved one after the other', async ({ page }) => {
  await page.getByLabel('File format').selectOption('JPEG');
  const names: string[] = [];
  page.on('download', (download) => void names.push(download.suggestedFilename()));
  const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/png', buffer });
  await page.setInputFiles('#picture-file', [
    file('first.png', encodePng(whitePicture(20, 10))),
    file('broken.png', Buffer.from('not a picture')),
    file('last.png', encodePng(whitePicture(16, 12))),
  ]);
  await expect(page.getByRole('status')).toHaveText('2 of 3 pictures are saved.');
  await expectError(page, 'broken.png is not a picture');
  await expect.poll(() => names).toEqual(['first-x2.jpg', 'last-x2.jpg']);
});

test("a phone's picture of 12 megapixels is taken", async ({ page }) => {
  await page.getByLabel('What enlarges the picture').selectOption('x2Fast');
  await expectSize(page, 640, 428);
  await pickPicture(page, pngFile(encodePng(whitePicture(4032, 3024))));
  await expectSize(page, 8064, 6048);
});
