import { expect, type Page } from '@playwright/test';
import { decodePng, type Pixels } from '../../support/pictures.js';

/** The demo as `npm start` serves it. */
export const demoUrl = '/build/demo/index.html';

/** Opens the demo, which enlarges its sample at once. */
export async function openDemo(page: Page): Promise<void> {
  await page.goto(demoUrl);
  await expectSize(page, 640, 428);
}

/** Waits until a picture of that size has been made. */
export async function expectSize(page: Page, width: number, height: number): Promise<void> {
  const result = page.locator('#result-facts');
  await expect(result).toContainText(`After${width} × ${height}`, { timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Save as PNG' })).toBeEnabled();
}

/** The pixels of one of the two pictures. */
export async function pixelsOf(page: Page, canvas: 'before' | 'after'): Promise<Pixels> {
  const url = await page
    .locator(`#${canvas}`)
    .evaluate((element) => (element as HTMLCanvasElement).toDataURL());
  return decodePng(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
}

/** A file as a person picks one. */
export interface PickedFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export function pickPicture(page: Page, file: PickedFile): Promise<void> {
  return page.setInputFiles('#picture-file', file);
}

export function pngFile(buffer: Buffer): PickedFile {
  return { name: 'picture.png', mimeType: 'image/png', buffer };
}

export async function pickModel(page: Page, bytes: Uint8Array): Promise<void> {
  const file = { name: 'mine.onnx', mimeType: '', buffer: Buffer.from(bytes) };
  await page.getByLabel('What enlarges the picture').selectOption('file');
  await page.setInputFiles('#model-file', file);
}
