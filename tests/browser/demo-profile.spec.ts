import { expect, type Page, test } from '@playwright/test';
import { OnnxBuilder } from '../support/onnx-builder.js';
import { expectSize, openDemo, pickModel } from './support/demo-page.js';

test.beforeEach(({ page }) => openDemo(page));

const panel = (page: Page) => page.locator('#profile');
const rows = (page: Page) => panel(page).locator('tbody tr');

async function openPanel(page: Page): Promise<void> {
  await panel(page).getByText('What the network spent its time on').click();
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

test('what the network spent its time on is told on demand', async ({ page }) => {
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

test('the panel fits a narrow window', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openPanel(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await panel(page).evaluate((element) => element.scrollWidth)).toBeLessThanOrEqual(360);
});
