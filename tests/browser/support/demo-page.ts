import { readFileSync } from 'node:fs';
import { expect, type Download, type Page } from '@playwright/test';
import { decodePng, type Pixels } from '../../support/pictures.js';

/** The demo as `npm start` serves it. */
export const demoUrl = '/build/demo/index.html';

/** The picture that comes with it. */
export const sample = decodePng(readFileSync('demo/public/samples/sample.png'));

/** Opens the demo, which enlarges its sample at once. */
export async function openDemo(page: Page): Promise<void> {
  await page.goto(demoUrl);
  await expectSize(page, 640, 428);
}

/** Waits until a picture of that size has been made. */
export async function expectSize(page: Page, width: number, height: number): Promise<void> {
  const stage = page.locator('.stage');
  await expect(stage).toHaveAttribute('data-result', `${width}x${height}`, { timeout: 90_000 });
  // What it is compared with is there, too.
  await expect(page.getByRole('button', { name: /^Save as/ })).toBeEnabled({ timeout: 60_000 });
}

/**
 * The pixels that are seen of one of the two pictures, each as one of the screen: in its middle, as many as there is
 * room for. It asks the page for no more than evaluate(), which drivers of any browser have.
 */
export async function shownPixels(page: Page, pane: 'before' | 'after'): Promise<Pixels> {
  const url = await page.evaluate(async (pane) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const buttons = [...document.querySelectorAll<HTMLButtonElement>('.zoom button')];
    buttons.find(({ textContent }) => textContent === '1:1')!.click();
    for (let i = 0; i < 3; ++i) await frame();
    const canvas = document.querySelector<HTMLCanvasElement>(`.pane.${pane} canvas`)!;
    const stage = document.querySelector<HTMLElement>('.stage')!;
    const [width, height] = stage.dataset.result!.split('x').map(Number) as [number, number];
    const crop = document.createElement('canvas');
    crop.width = Math.min(width, canvas.width);
    crop.height = Math.min(height, canvas.height);
    const x = Math.round((canvas.width - crop.width) / 2);
    const y = Math.round((canvas.height - crop.height) / 2);
    crop.getContext('2d')!.drawImage(canvas, -x, -y);
    return crop.toDataURL();
  }, pane);
  return decodePng(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
}

/** Saves the result as it is set to be saved. */
export async function save(page: Page): Promise<Download> {
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: /^Save as/ }).click();
  return saved;
}

/** The result, as its PNG has it. */
export async function resultPixels(page: Page): Promise<Pixels> {
  return decodePng(readFileSync(await (await save(page)).path()));
}

/** A file as a person picks one. */
export interface PickedFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export function pickPicture(page: Page, ...files: PickedFile[]): Promise<void> {
  return page.setInputFiles('#picture-file', files);
}

export function pngFile(buffer: Buffer, name = 'picture.png'): PickedFile {
  return { name, mimeType: 'image/png', buffer };
}

export async function pickModel(page: Page, bytes: Uint8Array): Promise<void> {
  const file = { name: 'mine.onnx', mimeType: '', buffer: Buffer.from(bytes) };
  await page.getByLabel('My own model').check();
  await page.setInputFiles('#model-file', file);
}

/** Drops files anywhere on the page. */
export async function drop(page: Page, ...files: PickedFile[]): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    (files) => {
      const transfer = new DataTransfer();
      for (const { name, mimeType, base64 } of files) {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: mimeType }));
      }
      return transfer;
    },
    files.map(({ name, mimeType, buffer }) => ({
      ...{ name, mimeType },
      base64: buffer.toString('base64'),
    })),
  );
  await page.dispatchEvent('body', 'drop', { dataTransfer });
}

/** Waits for an error, after which nothing is under way. */
export async function expectError(page: Page, words: string | RegExp): Promise<void> {
  await expect(page.getByRole('alert')).toContainText(words);
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeHidden();
}

export async function expectNoError(page: Page): Promise<void> {
  await expect(page.getByRole('alert')).toBeEmpty();
}
