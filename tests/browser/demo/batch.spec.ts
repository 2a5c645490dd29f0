// Several pictures at once: what becomes of each, and the ZIP of all.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Download, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { decodePng, encodePng, whitePicture } from '../../support/pictures.js';
import { openDemo, pickPicture, pngFile } from '../support/demo-page.js';

const png = (name: string, width: number, height: number) =>
  pngFile(encodePng(whitePicture(width, height)), name);
const broken = (name: string) => pngFile(Buffer.from('not a picture'), name);

const panel = (page: Page) => page.locator('.batch');
const rows = (page: Page) => panel(page).getByRole('listitem');
const counts = (page: Page) => panel(page).getByRole('status');

/** Browsers without a picker of files to write; a picker would wait for somebody. */
async function withoutPicker(page: Page): Promise<void> {
  await page.addInitScript(() => {
    delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker;
  });
}

async function saveZip(page: Page): Promise<Download> {
  const saving = page.waitForEvent('download');
  await panel(page)
    .getByRole('button', { name: /as ZIP/ })
    .click();
  return saving;
}

/** The sizes of the pictures in a ZIP, by their names. */
function picturesIn(zip: Uint8Array): Record<string, string> {
  const files = Object.entries(unzipSync(zip));
  return Object.fromEntries(
    files.map(([name, bytes]) => {
      const { width, height } = decodePng(Buffer.from(bytes));
      return [name, `${width}x${height}`];
    }),
  );
}

test('all are enlarged but those that cannot be, and saved as one ZIP', async ({ page }) => {
  await withoutPicker(page);
  await openDemo(page);
  await pickPicture(page, png('a.png', 20, 10), broken('b.png'), png('c.png', 16, 12));
  await expect(counts(page)).toHaveText('2 of 3 done, 1 did not work', { timeout: 60_000 });
  await expect(rows(page).nth(0)).toHaveText(/^a\.png.*(B|byte)Save$/);
  await expect(rows(page).nth(1)).toContainText('This picture cannot be used.');
  const zip = await saveZip(page);
  expect(zip.suggestedFilename()).toBe('pictures.zip');
  expect(picturesIn(readFileSync(await zip.path()))).toEqual({
    'a-x2.png': '40x20',
    'c-x2.png': '32x24',
  });
});

test('each can be saved alone', async ({ page }) => {
  await openDemo(page);
  await pickPicture(page, png('a.png', 20, 10), png('b.png', 16, 12));
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save b-x2.png' }).click();
  const file = await saving;
  expect(file.suggestedFilename()).toBe('b-x2.png');
  const { width, height } = decodePng(readFileSync(await file.path()));
  expect([width, height]).toEqual([32, 24]);
});

test('folders are kept, and names of one folder differ', async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-batch-'));
  for (const path of ['trip/a.png', 'trip/sea/a.png', 'trip/sea/A.jpg']) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), encodePng(whitePicture(20, 10)));
  }
  await withoutPicker(page);
  await openDemo(page);
  await page.setInputFiles('#picture-folder', join(folder, 'trip'));
  await expect(counts(page)).toHaveText('3 of 3 done', { timeout: 60_000 });
  const zip = unzipSync(readFileSync(await (await saveZip(page)).path()));
  expect(
    Object.keys(zip)
      .map((name) => name.toLowerCase())
      .sort(),
  ).toEqual(['trip/a-x2.png', 'trip/sea/a-x2 (2).png', 'trip/sea/a-x2.png']);
  rmSync(folder, { recursive: true });
});

test('where the browser can, the ZIP goes straight to where it is wanted', async ({ page }) => {
  await page.addInitScript(() => {
    const showSaveFilePicker = async ({ suggestedName }: { suggestedName: string }) => {
      const folder = await navigator.storage.getDirectory();
      return folder.getFileHandle(suggestedName, { create: true });
    };
    Object.assign(window, { showSaveFilePicker });
  });
  await openDemo(page);
  await pickPicture(page, png('a.png', 20, 10), png('b.png', 16, 12));
  await expect(counts(page)).toHaveText('2 of 2 done', { timeout: 60_000 });
  await panel(page)
    .getByRole('button', { name: /^Save all as ZIP/ })
    .click();
  const read = () =>
    page.evaluate(async () => {
      const folder = await navigator.storage.getDirectory();
      const file = await (await folder.getFileHandle('pictures.zip', { create: true })).getFile();
      return [...new Uint8Array(await file.arrayBuffer())];
    });
  await expect.poll(async () => (await read()).length).toBeGreaterThan(0);
  expect(picturesIn(Uint8Array.from(await read()))).toEqual({
    'a-x2.png': '40x20',
    'b-x2.png': '32x24',
  });
});

for (const [name, words] of [
  ['AbortError', ''],
  ['NotAllowedError', 'The ZIP file was not saved.'],
] as const) {
  test(`a picker that ends with ${name} loses nothing`, async ({ page }) => {
    await page.addInitScript((name) => {
      const showSaveFilePicker = async () => {
        throw new DOMException('of the browser', name);
      };
      Object.assign(window, { showSaveFilePicker });
    }, name);
    await openDemo(page);
    await pickPicture(page, png('a.png', 20, 10), png('b.png', 16, 12));
    await expect(counts(page)).toHaveText('2 of 2 done', { timeout: 60_000 });
    const button = panel(page).getByRole('button', { name: /as ZIP/ });
    await button.click();
    await expect(panel(page).getByRole('alert')).toContainText(words);
    await expect(button).toBeEnabled();
    await page.evaluate(() => {
      delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker;
    });
    expect(Object.keys(picturesIn(readFileSync(await (await saveZip(page)).path())))).toHaveLength(
      2,
    );
  });
}

test('what is cancelled can go on', async ({ page }) => {
  await openDemo(page);
  await pickPicture(page, png('a.png', 20, 10), png('large.png', 3000, 2600), png('c.png', 16, 12));
  await expect(rows(page).nth(1)).toHaveAttribute('data-state', 'working', { timeout: 60_000 });
  await panel(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(counts(page)).toHaveText('1 of 3 done, 2 cancelled');
  await expect(panel(page).getByRole('button', { name: /^Save 1 of 3 as ZIP/ })).toBeEnabled();
  await panel(page).getByRole('button', { name: 'Go on with the rest' }).click();
  await expect(rows(page).nth(1)).toHaveAttribute('data-state', 'working');
  await panel(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(counts(page)).toHaveText('1 of 3 done, 2 cancelled');
});

test('the browser asks before what is not saved is left', async ({ page }) => {
  await withoutPicker(page);
  await openDemo(page);
  await pickPicture(page, png('a.png', 20, 10), png('b.png', 16, 12));
  await expect(counts(page)).toHaveText('2 of 2 done', { timeout: 60_000 });
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await saveZip(page);
  await page.reload();
  expect(asked).toEqual([]);
  await pickPicture(page, png('a.png', 20, 10), png('b.png', 16, 12));
  await expect(counts(page)).toHaveText('2 of 2 done', { timeout: 60_000 });
  await page.reload();
  expect(asked).toEqual(['beforeunload']);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`all can use it on a small screen, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 360, height: 740 });
    await openDemo(page);
    const long = `${'a-long-name-'.repeat(6)}.png`;
    await pickPicture(page, png(long, 20, 10), broken('b.png'), png('large.png', 3000, 2600));
    const check = async () => {
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      const { violations } = await new AxeBuilder({ page }).include('.batch').analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes[0]!.html])).toEqual([]);
    };
    await expect(rows(page).nth(2)).toHaveAttribute('data-state', 'working', { timeout: 60_000 });
    await check();
    await panel(page).getByRole('button', { name: 'Cancel' }).click();
    await expect(counts(page)).toHaveText('1 of 3 done, 1 did not work, 1 cancelled');
    await check();
    await page.screenshot({ path: `build/playwright/batch-${colorScheme}.png`, fullPage: true });
  });
}
