// Models, sizes, progress and cancelling.

import { expect, test, type Page } from '@playwright/test';
import { constantScaleModel } from '../../../web/tests/support/enlarging-models.js';
import { OnnxBuilder } from '../../support/onnx-builder.js';
import { encodePng, repeat, whitePicture } from '../../support/pictures.js';
import {
  drop,
  expectError,
  expectNoError,
  expectSize,
  openDemo,
  pickModel,
  pickPicture,
  pngFile,
  resultPixels,
  sample,
} from '../support/demo-page.js';

test.beforeEach(({ page }) => openDemo(page));

const cancelButton = { name: 'Cancel', exact: true } as const;

test("the user's own model enlarges the picture as it does", async ({ page }) => {
  await pickModel(page, constantScaleModel(3));
  await expectSize(page, 960, 642);
  expect((await resultPixels(page)).data).toEqual(Buffer.from(repeat(sample, 3).data));
  await page.getByLabel('2×').check();
  await expectSize(page, 640, 428);
});

test('a model that is dropped on the page is the one picked', async ({ page }) => {
  const buffer = Buffer.from(constantScaleModel(3));
  await drop(page, { name: 'tripled.onnx', mimeType: '', buffer });
  await expectSize(page, 960, 642);
  await expect(page.getByLabel('My own model')).toBeChecked();
  await expect(page.getByText('Chosen: tripled.onnx')).toBeVisible();
});

test('a broken model is explained, and the next one works', async ({ page }) => {
  await pickModel(page, new TextEncoder().encode('This is no model at all.'));
  await expectError(page, 'This file is not a model that can be read.');
  await page.getByText('Details', { exact: true }).click();
  await expectError(page, 'MalformedModel');
  await pickModel(page, constantScaleModel(3));
  await expectSize(page, 960, 642);
  await expectNoError(page);
  await page.getByRole('radio', { name: 'Photo' }).check();
  await expectSize(page, 640, 428);
});

test('a model that lacks an operator names it', async ({ page }) => {
  const builder = new OnnxBuilder();
  const input = builder.input('input', [1, 3, 'height', 'width']);
  builder.output(builder.node('EnhanceMagically', [input], {}, 'output'));
  await pickModel(page, builder.build());
  await expectError(page, 'EnhanceMagically');
});

test('a model that is not on the web says so', async ({ page, baseURL }) => {
  await page.getByLabel('A model on the web').check();
  await page.getByLabel('Address of the model').fill(`${baseURL}/nowhere.onnx`);
  await page.getByRole('button', { name: 'Load' }).click();
  await expectError(page, /NetworkError.*404/);
});

test('a model on the web is fetched from where it is', async ({ page, baseURL }) => {
  await page.getByLabel('A model on the web').check();
  await page.getByLabel('Address of the model').fill(`${baseURL}/models/fovea-x3.onnx`);
  await page.getByRole('button', { name: 'Load' }).click();
  await expectSize(page, 960, 642);
});

test("each of Fovea's own models enlarges to each size", async ({ page }) => {
  for (const factor of [3, 4]) {
    await page.getByLabel(`${factor}×`).check();
    await expectSize(page, factor * 320, factor * 214);
  }
  for (const model of ['Repair', 'Quick']) {
    await page.getByRole('radio', { name: model }).check();
    await page.getByLabel('2×').check();
    await expectSize(page, 640, 428);
    await expectNoError(page);
  }
});

test('a picture becomes as many pixels as are asked for', async ({ page }) => {
  await page.getByLabel('Pixels', { exact: true }).check();
  const [width, height] = [page.getByLabel('Width in pixels'), page.getByLabel('Height in pixels')];
  await width.fill('1000');
  await width.blur();
  await expectSize(page, 1000, 669);
  await expect(page.getByText('320 × 214 becomes 1000 × 669 pixels')).toBeVisible();
  await height.fill('500');
  await height.blur();
  await expectSize(page, 748, 500);
  const fit = page.getByLabel('If the proportions differ');
  await fit.selectOption('Stretch');
  await expectSize(page, 1000, 500);
  await fit.selectOption('Fill, cut off the rest');
  await expect(page.getByRole('status')).toHaveText(/^320 × 214 became 1000 × 500/);
  await width.fill('');
  await width.blur();
  await expectSize(page, 748, 500);
});

test('tiles appear as they finish, with the time left in words, and cancelling works at once', async ({
  page,
}) => {
  await pickPicture(page, pngFile(encodePng(whitePicture(3000, 2400))));
  await expect(page.getByRole('status')).toHaveText('Enlarging …', { timeout: 30_000 });
  await expect(page.locator('.progress-words')).toHaveText(
    /^\d+ %, (about \d+ \w+|a moment) left$/,
  );
  // What is there by now is seen.
  await expect(page.locator('.pane.after')).toBeVisible();
  await expect(page.locator('.stage')).not.toHaveAttribute('data-result');
  await page.getByRole('button', cancelButton).click();
  await expect(page.getByRole('status')).toHaveText('Cancelled.', { timeout: 500 });
  await expect(page.getByRole('button', cancelButton)).toBeHidden();
  await expect(page.getByRole('button', { name: 'Save as PNG' })).toBeDisabled();
  // Done again, and then another picture.
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('status')).toHaveText('Enlarging …');
  await pickPicture(page, pngFile(encodePng(whitePicture(20, 20))));
  await expectSize(page, 40, 40);
});

test('work can be cancelled while the picture is still decoded', async ({ page }) => {
  await page.evaluate(() => {
    const decode = self.createImageBitmap.bind(self) as (...picture: unknown[]) => unknown;
    const clicked = new Promise((resolve) => addEventListener('click', resolve));
    self.createImageBitmap = async (...picture: unknown[]) => {
      await clicked;
      return decode(...picture) as Promise<ImageBitmap>;
    };
  });
  await pickPicture(page, pngFile(encodePng(whitePicture(20, 20))));
  await page.getByRole('button', cancelButton).click();
  await expect(page.getByRole('status')).toHaveText('Cancelled.');
  await expectSize(page, 640, 428);
});

test('an engine that dies is explained, and the next try has another', async ({ page }) => {
  await keepWorkers(page);
  await openDemo(page);
  await pickPicture(page, pngFile(encodePng(whitePicture(3000, 2400))));
  await expect(page.locator('.progress-words')).toHaveText(/%/, { timeout: 30_000 });
  await page.evaluate(() => {
    for (const worker of window.workersOfPage.splice(0)) {
      worker.terminate();
      worker.dispatchEvent(new ErrorEvent('error', { message: 'gone' }));
    }
  });
  await expectError(page, 'The work stopped unexpectedly.');
  await pickPicture(page, pngFile(encodePng(whitePicture(20, 10))));
  await expectSize(page, 40, 20);
  await expectNoError(page);
});

declare global {
  interface Window {
    workersOfPage: Worker[];
  }
}

/** Has the page keep all workers that it starts. */
async function keepWorkers(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.workersOfPage = [];
    window.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        window.workersOfPage.push(this);
      }
    };
  });
}
