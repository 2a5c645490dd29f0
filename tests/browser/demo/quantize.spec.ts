// The page that makes models smaller.

import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import * as ort from 'onnxruntime-node';
import { encodePng, whitePicture } from '../../support/pictures.js';
import { drop, expectError, expectNoError, pickModel, pngFile } from '../support/demo-page.js';
import { openPackagePage } from '../support/package-page.js';
import {
  addPictures,
  expectMade,
  layer,
  makeSmaller,
  openQuantizer,
  smallPictures,
  startButton,
  thumbs,
} from '../support/quantize-page.js';

test.beforeEach(({ page }) => openQuantizer(page));

/** The file that is offered, as it is saved. */
async function saved(page: Page): Promise<Buffer> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download the model' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('fovea-x2-fast-int8.onnx');
  return readFileSync(await file.path());
}

test('a model is made smaller: figures, layers, and a file that runs here and elsewhere', async ({
  page,
}) => {
  await makeSmaller(page);
  await expectNoError(page);
  const file = await saved(page);
  const summary = page.getByRole('region', { name: 'fovea-x2-fast-int8.onnx' });
  await expect(summary).toContainText(`→ ${Math.round(file.length / 1000)} kB`);
  await expect(summary).toContainText(/Lost0\.0\d\d dB0\.1 dB may be lost/);
  await expect(summary).toContainText(/Time[\d.]+ → [\d.]+ ms/);
  // What is quantised has a histogram, a loss, both sizes of its weights and both times.
  const row = layer(page, '/body/body.2/Conv');
  await expect(
    row.getByRole('img', { name: /^Values seen from .* bytes stand for/ }),
  ).toBeVisible();
  await expect(row).toContainText(/\d\.\d{3} dB.*9\.3 kB → 2\.4 kB.*SNR \d+\.\d dB.*→ [\d.]+ ms/);
  await expect(layer(page, '/head/Conv')).toContainText('a sum of only 9 products');

  await openPackagePage(page);
  const input = Float32Array.from({ length: 24 * 20 }, (_, i) => ((i * 37) % 101) / 100);
  const ours = await page.evaluate(
    async ({ file, input }) => {
      const session = await window.fovea.InferenceSession.create(new Uint8Array(file));
      const [name] = session.inputNames;
      const pixels = new window.fovea.Tensor('float32', new Float32Array(input), [1, 1, 20, 24]);
      const [result] = Object.values(await session.run({ [name!]: pixels }));
      return [...(result!.data as Float32Array)];
    },
    { file: [...file], input: [...input] },
  );
  const session = await ort.InferenceSession.create(file);
  const feeds = { [session.inputNames[0]!]: new ort.Tensor('float32', input, [1, 1, 20, 24]) };
  const [theirs] = Object.values(await session.run(feeds));
  expect(theirs!.dims).toEqual([1, 1, 40, 48]);
  const squares = (theirs!.data as Float32Array).reduce(
    (sum, x, i) => sum + (x - ours[i]!) ** 2,
    0,
  );
  expect(Math.sqrt(squares / ours.length)).toBeLessThan(0.1 / 255);
});

test('both models enlarge the same picture, nearly alike', async ({ page }) => {
  await makeSmaller(page);
  const stage = page.locator('.stage');
  await expect(stage).toHaveAttribute('data-result', '256x192');
  await page.getByLabel('Picture', { exact: true }).selectOption('part-2.png');
  await expect(stage).toHaveAttribute('data-result', '224x224');
  await page.getByLabel('Difference', { exact: true }).check();
  const canvas = page.getByRole('img', { name: 'Difference, 16 times as bright' });
  await expect(canvas).toBeVisible();
  const mean = () =>
    canvas.evaluate((element: HTMLCanvasElement) => {
      const { data } = element.getContext('2d')!.getImageData(0, 0, element.width, element.height);
      const seen = [...data].filter((_, at) => at % 4 === 0 && data[at + 3]! > 0);
      return seen.reduce((sum, level) => sum + level, 0) / seen.length;
    });
  // Less than two levels apart on average, but not the same.
  await expect.poll(mean).toBeLessThan(32);
  expect(await mean()).toBeGreaterThan(0);
});

test('a layer is kept float, and the budget is another, each time with a new model', async ({
  page,
}) => {
  await makeSmaller(page);
  const node = '/body/body.0/Conv';
  const float = page.getByLabel(`Keep ${node} float`);
  await expect(float).not.toBeChecked();
  await float.check();
  await expect(layer(page, node)).toContainText('float: it was asked for', { timeout: 60_000 });
  await expectMade(page);
  await expect(float).toBeChecked();
  // Where layers are chosen one by one, no budget chooses them.
  const slider = page.getByLabel('What may be lost');
  await expect(slider).toBeDisabled();
  await page.getByText('How it is done').click();
  await page.getByLabel('By loss').check();
  await slider.fill('0');
  await expect(page.locator('.figures')).toContainText('0.01 dB may be lost', { timeout: 60_000 });
  await expectMade(page);
  await expect(page.locator('.figures')).toContainText(/Lost−?0\.00\d dB/);
});

test('work is cancelled, and done the next time', async ({ page }) => {
  await page.getByRole('radio', { name: 'Photo' }).check();
  await addPictures(page, ...(await smallPictures()));
  await startButton(page).click();
  await expect(page.getByText('Making it smaller …')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('Cancelled.')).toBeVisible();
  await expect(startButton(page)).toBeEnabled();
  await page.getByRole('radio', { name: 'Quick' }).check();
  await startButton(page).click();
  await expectMade(page);
  await expectNoError(page);
});

test('without pictures, or with pictures of one colour, it says what is lacking', async ({
  page,
}) => {
  await startButton(page).click();
  await expectError(page, 'There are no pictures to learn from.');
  await addPictures(page, pngFile(encodePng(whitePicture(80, 60))));
  await startButton(page).click();
  await expectError(page, 'Nothing is learned from these pictures.');
  await expect(page.getByRole('alert')).toContainText('one colour');
});

test('what is no picture and what is no model are told of', async ({ page }) => {
  const [picture] = await smallPictures();
  await drop(page, pngFile(Buffer.from('nothing'), 'broken.png'), picture!);
  await expectError(page, 'broken.png is not a picture that this browser can open.');
  // The other one is taken all the same.
  await expect(thumbs(page)).toHaveCount(1);
  await pickModel(page, new TextEncoder().encode('no model'));
  await startButton(page).click();
  await expectError(page, 'This file is not a model that can be read.');
});

test('pictures and models are dropped, samples are at hand, each can be left out', async ({
  page,
}) => {
  await drop(page, ...(await smallPictures()));
  await expect(thumbs(page)).toHaveCount(2);
  await page.getByRole('button', { name: 'Leave out part-1.png' }).click();
  await expect(thumbs(page)).toHaveCount(1);
  await page.getByRole('button', { name: 'Take the samples' }).click();
  await expect(thumbs(page)).toHaveCount(5);
  const buffer = readFileSync('models/fovea-x2-fast.onnx');
  await drop(page, { name: 'mine.onnx', mimeType: '', buffer });
  await expect(page.getByText('Chosen: mine.onnx')).toBeVisible();
  await startButton(page).click();
  await expect(page.getByRole('region', { name: 'mine-int8.onnx' })).toBeVisible({
    timeout: 60_000,
  });
});

test('the inspector opens what was made', async ({ page }) => {
  await makeSmaller(page);
  const opened = page.context().waitForEvent('page');
  await page.getByRole('link', { name: 'Look inside it' }).click();
  const inspector = await opened;
  await expect(inspector.getByRole('navigation', { name: 'Where you are' })).toContainText(
    'fovea-x2-fast-int8.onnx',
  );
  await expect(inspector.getByRole('tabpanel')).toContainText('All of it can be run here.');
  await page.close();
  await inspector.reload();
  await expect(inspector.getByRole('alert')).toContainText('This model is no longer there.', {
    timeout: 20_000,
  });
});
