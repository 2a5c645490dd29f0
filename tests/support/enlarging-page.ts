import { expect, type Page } from '@playwright/test';
import sharp from 'sharp';

/** A picture of 30 x 20 pixels, as a file. */
export function pictureFile(format: 'png' | 'jpeg' = 'png'): Promise<Buffer> {
  const create = { width: 30, height: 20, channels: 3, background: '#c84' } as const;
  return sharp({ create }).toFormat(format).toBuffer();
}

/** Gives a page of examples/ a picture by its file input, and expects it twice as large in its canvas. */
export async function expectFileEnlarged(page: Page, url: string): Promise<void> {
  await page.goto(url);
  const input = page.locator('input[type=file]');
  await expect(input).toBeEnabled({ timeout: 60_000 });
  const file = { name: 'picture.png', mimeType: 'image/png', buffer: await pictureFile() };
  await expect(async () => {
    // Until the script listens, it does nothing.
    await input.setInputFiles([]);
    await input.setInputFiles(file);
    await expect(page.locator('output')).toHaveText('60 x 40', { timeout: 10_000 });
  }).toPass({ timeout: 60_000 });
  const pixel = await page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    return [...canvas.getContext('2d')!.getImageData(30, 20, 1, 1).data];
  });
  for (const [index, level] of [0xcc, 0x88, 0x44, 255].entries()) {
    expect(Math.abs(pixel[index]! - level)).toBeLessThan(4);
  }
}
