// What the result is compared with, and what is measured.

import { expect, test, type Page } from '@playwright/test';
import { constantScaleModel } from '../../../web/tests/support/enlarging-models.js';
import { encodePng, psnr, repeat, type Pixels } from '../../support/pictures.js';
import {
  expectError,
  expectSize,
  openDemo,
  pickModel,
  pngFile,
  resultPixels,
  sample,
  shownPixels,
} from '../support/demo-page.js';

/** JavaScript, of whose types nothing is told elsewhere. */
const file: string = '../../../evaluation/imresize.mjs';
const { imresize } = (await import(file)) as {
  imresize: (picture: object, width: number, height: number) => Pixels;
};

test.beforeEach(({ page }) => openDemo(page));

const compareWith = (page: Page) => page.getByLabel('Compare with');

/** The sample so many times as large, in double precision. */
function bicubic(factor: number): Pixels {
  const { width, height, data } = sample;
  const picture = { width, height, channels: 4, data: Float64Array.from(data) };
  const enlarged = imresize(picture, factor * width, factor * height);
  return { ...enlarged, data: Buffer.from(Uint8ClampedArray.from(enlarged.data)) };
}

/** Waits until what is compared with is there. */
async function expectCompared(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: /^Save as/ })).toBeEnabled();
}

async function pickReference(page: Page, picture: Pixels): Promise<void> {
  await compareWith(page).selectOption('A picture of mine …');
  await page.setInputFiles('#baseline-file', pngFile(encodePng(picture)));
}

test('the plain enlargement is bicubic', async ({ page }) => {
  // But at its border, which is mirrored there and repeated here.
  const expected = bicubic(2);
  const before = await shownPixels(page, 'before');
  expect(psnr(before, expected)).toBeGreaterThan(45);
});

test('another model is what it is compared with', async ({ page }) => {
  const plain = await shownPixels(page, 'before');
  await compareWith(page).selectOption('The model “Quick”');
  await expect(page.locator('.pane.before figcaption')).toHaveText('Quick');
  await expect(page.locator('.pane.after figcaption')).toHaveText('Photo');
  await expectCompared(page);
  const quick = await shownPixels(page, 'before');
  expect(quick.data).not.toEqual(plain.data);
  await page.getByRole('radio', { name: 'Quick' }).check();
  await expectSize(page, 640, 428);
  expect((await resultPixels(page)).data).toEqual(quick.data);
});

test('a model of mine is what it is compared with', async ({ page }) => {
  await compareWith(page).selectOption('A model of mine …');
  const buffer = Buffer.from(constantScaleModel(2));
  await page.setInputFiles('#baseline-file', { name: 'mine.onnx', mimeType: '', buffer });
  await expect(page.locator('.pane.before figcaption')).toHaveText('mine.onnx');
  await expectCompared(page);
  expect((await shownPixels(page, 'before')).data).toEqual(Buffer.from(repeat(sample, 2).data));
});

test('against a picture of mine, it is measured how close the result is', async ({ page }) => {
  const result = await resultPixels(page);
  const reference = {
    ...result,
    data: result.data.map((level, i) => (i % 4 < 3 ? level ^ 4 : level)),
  };
  await pickReference(page, reference);
  const measured = page.locator('.measured');
  const colours = psnr(result, reference).toFixed(2);
  await expect(measured).toContainText(
    /PSNR of \d\d\.\d\d dB and an SSIM of 0\.9\d+ on brightness/,
  );
  await expect(measured).toContainText(`a PSNR of ${colours} dB on colours (RGB)`);
  await pickReference(page, result);
  await expect(measured).toContainText('∞ dB (the same) and an SSIM of 1.0000');
});

test('a picture of mine of another size has the result made as large', async ({ page }) => {
  const large = bicubic(2.5);
  await pickReference(page, large);
  await expect(page.locator('.measured')).toContainText('Your picture has 800 × 535 pixels');
  await page.getByRole('button', { name: 'Make the result as large' }).click();
  await expectSize(page, 800, 535);
  await expect(page.locator('.measured')).toContainText(/PSNR of \d\d\.\d\d dB/);
});

test('a picture of mine that is none is explained, and the result stays', async ({ page }) => {
  await compareWith(page).selectOption('A picture of mine …');
  await page.setInputFiles('#baseline-file', pngFile(Buffer.from('no picture')));
  await expectError(page, 'picture.png is not a picture');
  await expectSize(page, 640, 428);
});

test('the difference is shown, as bright as is asked for', async ({ page }) => {
  await pickModel(page, constantScaleModel(2));
  await expectSize(page, 640, 428);
  const result = await resultPixels(page);
  // By 3 in red, and in nothing else.
  const data = result.data.map((level, i) =>
    i % 4 === 0 ? (level > 127 ? level - 3 : level + 3) : level,
  );
  await pickReference(page, { ...result, data });
  await expectCompared(page);
  await page.getByLabel('Difference', { exact: true }).check();
  await page.getByRole('button', { name: '1:1' }).click();
  const middle = () =>
    page.evaluate(async () => {
      for (let i = 0; i < 3; ++i) await new Promise((resolve) => requestAnimationFrame(resolve));
      const canvas = document.querySelector<HTMLCanvasElement>('.difference canvas')!;
      const { width, height } = canvas;
      return [...canvas.getContext('2d')!.getImageData(width >> 1, height >> 1, 1, 1).data];
    });
  expect(await middle()).toEqual([24, 0, 0, 255]);
  const slider = page.getByLabel('Brightness of the difference');
  await slider.fill('5');
  expect(await middle()).toEqual([96, 0, 0, 255]);
  await expect(page.getByRole('img', { name: 'Difference, 32 times as bright' })).toBeVisible();
});
