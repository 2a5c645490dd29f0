// What the page remembers, and how it forgets.

import { expect, test } from '@playwright/test';
import { demoUrl, expectNoError, expectSize, openDemo } from '../support/demo-page.js';

test('choices are remembered, until they are to be forgotten', async ({ page }) => {
  await openDemo(page);
  await page.getByRole('radio', { name: 'Quick' }).check();
  await page.getByLabel('3×').check();
  await page.getByLabel('Side by side').check();
  await page.getByLabel('File format').selectOption('WebP');
  await page.getByLabel('Quality').fill('55');
  await page.getByLabel('Compare with').selectOption('The model “Photo”');
  await page.reload();
  await expectSize(page, 960, 642);
  await expect(page.getByRole('radio', { name: 'Quick' })).toBeChecked();
  await expect(page.getByLabel('Side by side')).toBeChecked();
  await expect(page.getByLabel('File format')).toHaveValue('image/webp');
  await expect(page.getByLabel('Quality')).toHaveValue('55');
  await expect(page.locator('.pane.before figcaption')).toHaveText('Photo');

  await page.getByRole('button', { name: 'Forget my choices' }).click();
  await expectSize(page, 640, 428);
  await expect(page.getByRole('radio', { name: 'Photo' })).toBeChecked();
  await expect(page.getByLabel('Divider', { exact: true })).toBeChecked();
  expect(await page.evaluate(() => localStorage.length)).toBe(0);
  await page.reload();
  await expectSize(page, 640, 428);
});

test('a size in pixels and an address are remembered', async ({ page, baseURL }) => {
  await openDemo(page);
  await page.getByLabel('A model on the web').check();
  await page.getByLabel('Address of the model').fill(`${baseURL}/models/fovea-x3.onnx`);
  await page.getByRole('button', { name: 'Load' }).click();
  await expectSize(page, 960, 642);
  await page.reload();
  await expectSize(page, 960, 642);
  await page.getByRole('radio', { name: 'Photo' }).check();
  await page.getByLabel('Pixels', { exact: true }).check();
  await page.getByLabel('Width in pixels').fill('500');
  await page.getByLabel('Width in pixels').blur();
  await expectSize(page, 500, 334);
  await page.reload();
  await expectSize(page, 500, 334);
});

test('what was kept and means nothing any more is as if it had not been', async ({ page }) => {
  await page.addInitScript(() => {
    localStorage.setItem('fovea.pictures.model', '"of another version"');
    localStorage.setItem('fovea.pictures.quality', '4000');
    localStorage.setItem('fovea.pictures.view', 'no JSON');
    localStorage.setItem('fovea.pictures.size', '"pixels"');
  });
  await openDemo(page);
  await expect(page.getByRole('radio', { name: 'Photo' })).toBeChecked();
  await expectNoError(page);
});

test('where the browser keeps nothing, all works but that', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
  });
  await page.goto(demoUrl);
  await expectSize(page, 640, 428);
  await page.getByLabel('3×').check();
  await expectSize(page, 960, 642);
  await page.getByRole('button', { name: 'Forget my choices' }).click();
  await expectSize(page, 640, 428);
});
