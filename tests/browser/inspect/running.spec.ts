import { expect, test, type Page } from '@playwright/test';
import { OnnxBuilder } from '../../support/onnx-builder.js';
import { encodePng } from '../../support/pictures.js';
import {
  choose,
  crumbs,
  drawing,
  openInspector,
  openModel,
  panel,
  pick,
  spoken,
  value,
} from './support/inspect-page.js';
import { blurring } from './support/small-models.js';

test.beforeEach(({ page }) => openInspector(page));

const showRun = (page: Page) => page.getByRole('radio', { name: 'As it runs' }).check();
const planes = (page: Page) => page.locator('.planes figure');

/** Waits until the engine's own nodes are shown. */
async function openRun(page: Page): Promise<void> {
  await showRun(page);
  await expect(crumbs(page)).toContainText('as the engine runs it');
}

/** The colour in the middle of a picture of channels. */
function middleOf(page: Page, picture: number): Promise<number[]> {
  return planes(page)
    .nth(picture)
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => {
      const context = canvas.getContext('2d')!;
      return [...context.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data];
    });
}

test('what the engine makes of a model is shown: its steps, their time and algorithm', async ({
  page,
}) => {
  await openModel(page, blurring());
  await openRun(page);
  await drawing(page).focus();
  for (const what of [/^ToChannelsLast/, /^FusedConv|^Conv/]) {
    await page.keyboard.press('ArrowDown');
    await expect(spoken(page)).toHaveText(what);
  }
  await page.getByRole('tab', { name: 'Chosen part' }).click();
  await expect(panel(page)).toContainText(/Computed by\w+/);
  await expect(panel(page)).toContainText(/Time\d+\.\d+ ms, .* % of all/);
  await page.getByRole('tab', { name: 'Model' }).click();
  await expect(panel(page)).toContainText(/Time of a run\d+\.\d+ ms/);
});

test('a node of the file is told what it became', async ({ page }) => {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 3, 32, 32]);
  const taps = builder.constant(new Float32Array(3 * 3 * 9).fill(0.01), [3, 3, 3, 3]);
  const made = builder.node('Conv', [x, taps], { pads: [1, 1, 1, 1] }, 'made');
  builder.output(builder.node('Relu', [made], {}, 'bent'));
  await openModel(page, builder.build());
  await page.getByRole('tab', { name: 'Run it' }).click();
  await page.getByRole('button', { name: 'Run and measure' }).click();
  await choose(page, 'Relu');
  await expect(panel(page)).toContainText('Runs asFusedConv');
  await choose(page, 'Conv');
  await expect(panel(page)).toContainText('Runs together with others, as one step: bent.');
});

test('any value is shown as pictures of its channels', async ({ page }) => {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 3, 'height', 'width']);
  const half = builder.constant(new Float32Array([0.5]));
  const inner = builder.node('Mul', [x, half], {}, 'inner');
  builder.output(builder.node('Add', [inner, half], {}, 'y'));
  await openModel(page, builder.build());
  const [red, green, blue] = [200, 100, 40];
  const pixels = { width: 8, height: 8, data: new Uint8Array(8 * 8 * 4) };
  for (let at = 0; at < 64; ++at) pixels.data.set([red, green, blue, 255], 4 * at);
  // Black and white, so that each channel spans all levels.
  pixels.data.set([0, 0, 0, 255], 0);
  pixels.data.set([255, 255, 255, 255], 4 * 63);
  await page.getByRole('tab', { name: 'Run it' }).click();
  await page.getByLabel('height').fill('8');
  await page.getByLabel('width').fill('8');
  await page.getByLabel('width').blur();
  await page.getByLabel(/Picture it is run on/).setInputFiles({
    name: 'tiny.png',
    mimeType: 'image/png',
    buffer: encodePng(pixels),
  });
  await expect(panel(page)).toContainText('Picture it is run on: tiny.png');
  await expect(panel(page)).toContainText('xthe picture, 1 × 3 × 8 × 8');
  await choose(page, 'Mul');
  await value(page, 'inner').getByRole('button', { name: 'Show as pictures' }).click();
  await expect(page.getByText('3 channels of 8 × 8, from 0 to 0.5')).toBeVisible();
  await expect(planes(page)).toHaveCount(4);
  expect(await middleOf(page, 0)).toEqual([red, green, blue, 255]);
  expect(await middleOf(page, 2)).toEqual([green, green, green, 255]);
  await planes(page)
    .nth(3)
    .locator('canvas')
    .hover({ position: { x: 27, y: 27 } });
  await expect(page.locator('.pointed')).toHaveText('channel 2, column 1, row 1: 0.07843');
  await page.getByRole('tab', { name: 'Run it' }).click();
  await page.getByLabel('−1 and 1').check();
  await page.getByRole('tab', { name: 'Chosen part' }).click();
  await panel(page).getByRole('button', { name: 'Show as pictures' }).last().click();
  await expect(page.getByText('3 channels of 8 × 8, from -0.5 to 0.5')).toBeVisible();
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(planes(page)).toHaveCount(0);
});

test('many channels are shown page by page', async ({ page }) => {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 1, 16, 16]);
  const factors = Float32Array.from({ length: 60 }, (_, at) => at);
  const taps = builder.constant(factors, [60, 1, 1, 1]);
  builder.output(builder.node('Conv', [x, taps], {}, 'y'));
  await openModel(page, builder.build());
  await page.getByRole('tab', { name: 'Run it' }).click();
  await page.getByRole('button', { name: 'Show y' }).click();
  await expect(page.getByText('channels 0 to 23 of 60')).toBeVisible();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByText('channels 48 to 59 of 60')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Next' })).toBeDisabled();
  await expect(planes(page)).toHaveCount(12);
  await expect(planes(page).first()).toContainText('channel 48');
});

test('inputs that are no picture are said to be made up', async ({ page }) => {
  const builder = new OnnxBuilder();
  const table = builder.constant(
    Float32Array.from({ length: 20 }, (_, at) => at),
    [5, 4],
  );
  const ids = builder.input('ids', [1, 'words'], 'int64');
  const mask = builder.input('mask', [1, 'words', 1]);
  const found = builder.node('Gather', [table, ids]);
  builder.output(builder.node('Mul', [found, mask], {}, 'y'));
  await openModel(page, builder.build());
  await page.getByRole('tab', { name: 'Run it' }).click();
  await page.getByLabel('words').fill('3');
  await page.getByLabel('words').blur();
  await expect(panel(page)).toContainText('idsall zeros, 1 × 3');
  await expect(panel(page)).toContainText('maskall ones, 1 × 3 × 1');
  await page.getByRole('button', { name: 'Show y' }).click();
  await expect(page.getByText('1 table of 4 × 3, from 0 to 3')).toBeVisible();
});

test('a run that fails says why, and the next one works', async ({ page }) => {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 'n']);
  const three = builder.constant(new Float32Array(3));
  builder.output(builder.node('Add', [x, three], {}, 'y'));
  await openModel(page, builder.build());
  await page.getByRole('tab', { name: 'Run it' }).click();
  await page.getByLabel('n', { exact: true }).fill('2');
  await page.getByLabel('n', { exact: true }).blur();
  await page.getByRole('button', { name: 'Show y' }).click();
  await expect(page.getByRole('alert')).toContainText('do not go together');
  await page.getByLabel('n', { exact: true }).fill('3');
  await page.getByLabel('n', { exact: true }).blur();
  await page.getByRole('button', { name: 'Show y' }).click();
  await expect(page.getByText('1 table of 3 × 1, from 1 to 1')).toBeVisible();
  await expect(page.getByRole('alert')).toBeEmpty();
});

test('a damaged picture shows its error, and the model stays', async ({ page }) => {
  await openModel(page, blurring());
  await pick(page, {
    name: 'broken.png',
    mimeType: 'image/png',
    buffer: Buffer.from('no picture'),
  });
  await expect(page.getByRole('alert')).toContainText('broken.png is damaged');
  await expect(crumbs(page)).toHaveText('mine.onnx');
});

test('a long run is cancelled, and the next one works', async ({ page }) => {
  const builder = new OnnxBuilder();
  let value = builder.input('x', [1, 1, 2048, 2048]);
  for (let at = 0; at < 60; ++at) value = builder.node('Erf', [value], {}, `erf${at}`);
  builder.output(value);
  await openModel(page, builder.build());
  await page.getByRole('tab', { name: 'Run it' }).click();
  await page.getByRole('button', { name: 'Run and measure' }).click();
  const busy = page.getByText('Running and measuring …');
  await expect(busy).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(busy).toBeHidden();
  await expect(page.getByRole('alert')).toBeEmpty();
  await choose(page, 'erf1');
  await panel(page).getByRole('button', { name: 'Show as pictures' }).last().click();
  await expect(page.getByText('1 channel of 2048 × 2048')).toBeVisible({ timeout: 30_000 });
});
