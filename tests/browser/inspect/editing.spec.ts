// What is changed in the inspector and written as a file.

import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import * as ort from 'onnxruntime-node';
import { ModelProto } from '../../support/onnx-schema.js';
import { choose, crumbs, openInspector, openModel, panel, value } from './support/inspect-page.js';
import { blurring } from './support/small-models.js';

interface Written {
  producerName: string;
  docString: string;
  metadataProps: { key: string; value: string }[];
}

test.beforeEach(async ({ page }) => {
  await openInspector(page);
  await openModel(page, blurring());
});

async function saved(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  const file = await download;
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

function decoded(bytes: Buffer): Written {
  return ModelProto.toObject(ModelProto.decode(bytes), { defaults: true }) as Written;
}

test('metadata are added, changed and removed', async ({ page }) => {
  await panel(page).getByText('What it says of itself').click();
  await page.getByLabel('Made by').fill('A. N. Other');
  await page.getByLabel('Description').fill('Blurs and enlarges.');
  await page.getByRole('button', { name: 'Add an entry' }).click();
  await page.getByLabel('Name of entry 1').fill('licence');
  await page.getByLabel('Value of entry 1').fill('CC0');
  await page.getByRole('button', { name: 'Add an entry' }).click();
  await page.getByLabel('Name of entry 2').fill('author');
  await page.getByLabel('Value of entry 2').fill('me');
  const first = await saved(page, 'Download it changed');
  expect(first.name).toBe('mine-edited.onnx');
  expect(decoded(first.bytes)).toMatchObject({
    ...{ producerName: 'A. N. Other', docString: 'Blurs and enlarges.' },
    metadataProps: [
      { key: 'author', value: 'me' },
      { key: 'licence', value: 'CC0' },
    ],
  });

  // What was written is shown, and changed further.
  await page.getByRole('button', { name: 'Show it here' }).first().click();
  await expect(crumbs(page)).toContainText('mine-edited.onnx');
  await panel(page).getByText('What it says of itself').click();
  await expect(page.getByLabel('Value of entry 2')).toHaveValue('CC0');
  await page.getByLabel('Value of entry 1').fill('somebody else');
  await page.getByRole('button', { name: 'Remove entry 2' }).click();
  const { bytes } = await saved(page, 'Download it changed');
  expect(decoded(bytes).metadataProps).toEqual([{ key: 'author', value: 'somebody else' }]);
  expect(decoded(bytes).docString).toBe('Blurs and enlarges.');
});

test('without changes, the same bytes come out', async ({ page }) => {
  await panel(page).getByText('What it says of itself').click();
  const { bytes } = await saved(page, 'Download it changed');
  expect(bytes.equals(Buffer.from(blurring()))).toBe(true);
});

test('entries without a name, and two of one, are told of', async ({ page }) => {
  await panel(page).getByText('What it says of itself').click();
  await page.getByRole('button', { name: 'Add an entry' }).click();
  await page.getByRole('button', { name: 'Download it changed' }).click();
  await expect(page.getByRole('alert')).toContainText('An entry has no name.');
  await page.getByRole('button', { name: 'Add an entry' }).click();
  await page.getByLabel('Name of entry 1').fill('author');
  await page.getByLabel('Name of entry 2').fill('author');
  await page.getByRole('button', { name: 'Download it changed' }).click();
  await expect(page.getByRole('alert')).toContainText('Two entries are called author.');
});

test('a part is taken out, from one value to another, and runs elsewhere', async ({ page }) => {
  await choose(page, 'LeakyRelu');
  await value(page, '/blur/conv/Conv').getByRole('button', { name: 'A part begins here' }).click();
  await choose(page, 'Add');
  await value(page, '/blur/Add').getByRole('button', { name: 'A part ends here' }).click();
  await expect(page.getByLabel('From')).toHaveValue('/blur/conv/Conv');
  const { name, bytes } = await saved(page, 'Download the part');
  expect(name).toBe('mine-part.onnx');
  const session = await ort.InferenceSession.create(bytes);
  expect([session.inputNames, session.outputNames]).toEqual([['/blur/conv/Conv'], ['/blur/Add']]);
  const input = new ort.Tensor('float32', new Float32Array(12).fill(-2), [1, 12, 1, 1]);
  const { '/blur/Add': result } = await session.run({ '/blur/conv/Conv': input });
  expect(result!.data).toEqual(new Float32Array(12).fill(-1));
});

test('a part that needs more than its beginning is refused', async ({ page }) => {
  await panel(page).getByText('Take a part out').click();
  await page.getByLabel('From').fill('/blur/Add');
  await page.getByLabel('To', { exact: true }).fill('/blur/conv/Conv');
  await page.getByRole('button', { name: 'Download the part' }).click();
  await expect(page.getByRole('alert')).toContainText('This cannot be written.');
});
