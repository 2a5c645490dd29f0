import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import {
  demoUrl,
  expectSize,
  openDemo,
  pickPicture,
  pixelsOf,
  pngFile,
} from './support/demo-page.js';
import { decodePng, encodePng, halve, psnr, sharpness } from '../support/pictures.js';

const sample = decodePng(readFileSync('demo/public/samples/sample.png'));

test('the sample is doubled, and sharper than the browser enlarges it', async ({ page }) => {
  await openDemo(page);
  const [before, after] = [await pixelsOf(page, 'before'), await pixelsOf(page, 'after')];
  expect([after.width, after.height]).toEqual([2 * sample.width, 2 * sample.height]);
  expect(sharpness(after)).toBeGreaterThan(1.1 * sharpness(before));
  // The same picture all the same.
  expect(psnr(after, before)).toBeGreaterThan(25);
});

test('a picture that was made smaller comes back closer than by the browser', async ({ page }) => {
  await openDemo(page);
  const small = halve(sample);
  await pickPicture(page, pngFile(encodePng(small)));
  await expectSize(page, 2 * small.width, 2 * small.height);
  const [before, after] = [await pixelsOf(page, 'before'), await pixelsOf(page, 'after')];
  expect(psnr(after, sample)).toBeGreaterThan(psnr(before, sample));
});

test('it tells which engine is used and why', async ({ page }, { project }) => {
  await openDemo(page);
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  const threads = project.name === 'isolated' && cores > 1;
  const facts = page.locator('#browser-facts');
  await expect(facts).toContainText(threads ? /Engine\w+-threads/ : /Engine(simd|relaxed)Threads1/);
  if (project.name !== 'isolated') await expect(facts).toContainText('Cross-origin isolatedno');
});

test('nothing leaves the machine, and nothing is evaluated', async ({ page, baseURL }) => {
  const foreign: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!/^(blob:)?http:\/\/localhost:/.test(request.url())) foreign.push(request.url());
    if (request.method() !== 'GET') foreign.push(`${request.method()} ${request.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await openDemo(page);
  const policy = await page
    .locator('meta[http-equiv="Content-Security-Policy"]')
    .getAttribute('content');
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
  expect(await page.evaluate(() => location.origin)).toBe(baseURL);
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
});

test('the divider follows the keyboard', async ({ page }) => {
  await openDemo(page);
  const divider = page.getByRole('slider');
  await divider.focus();
  await page.keyboard.press('Home');
  await expect(page.locator('#pictures')).toHaveCSS('--split', '0%');
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#pictures')).toHaveCSS('--split', '0.5%');
});

test('the result is saved as a PNG', async ({ page }) => {
  await openDemo(page);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as PNG' }).click();
  const download = await saved;
  expect(download.suggestedFilename()).toBe('sample-x2.png');
  const picture = decodePng(readFileSync(await download.path()));
  expect(picture.data).toEqual((await pixelsOf(page, 'after')).data);
});

for (const [format, name, bytes] of [
  ['JPEG', 'sample-x2.jpg', [0xff, 0xd8]],
  ['WebP', 'sample-x2.webp', [0x52, 0x49]],
] as const) {
  test(`the result is saved as ${format}`, async ({ page }) => {
    await openDemo(page);
    await page.getByLabel('File format').selectOption(format);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: `Save as ${format}` }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe(name);
    expect([...readFileSync(await download.path()).subarray(0, 2)]).toEqual(bytes);
  });
}

test('the wheel zooms around the pointer, and drags move the picture', async ({ page }) => {
  await openDemo(page);
  const viewport = page.locator('#viewport');
  const scroll = () => viewport.evaluate(({ scrollLeft, scrollTop }) => [scrollLeft, scrollTop]);
  const width = () => page.locator('#pictures').evaluate((element) => element.clientWidth);
  const before = await width();
  const { x, y } = (await viewport.boundingBox())!;
  await page.mouse.move(x + 100, y + 90);
  await page.mouse.wheel(0, -600);
  await expect.poll(width).toBeGreaterThan(3 * before);
  const zoomed = await scroll();
  await page.mouse.down();
  await page.mouse.move(x + 40, y + 50, { steps: 3 });
  await page.mouse.up();
  const moved = (await scroll()).map((at, i) => at - zoomed[i]!);
  // Positions between pixels are rounded.
  expect(Math.abs(moved[0]! - 60)).toBeLessThanOrEqual(2);
  expect(Math.abs(moved[1]! - 40)).toBeLessThanOrEqual(2);
  await expect(page.getByRole('slider')).toHaveValue('50');
  await page.mouse.wheel(0, 900);
  await expect.poll(width).toBe(before);
  await expect(page.getByLabel('Fit')).toBeChecked();
});

test('a narrow window needs no sideways scrolling', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openDemo(page);
  for (const view of ['Side by side', 'Divider']) {
    await page.getByLabel(view, { exact: true }).check();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  }
});

test('it starts from any folder', async ({ page }) => {
  await page.goto(demoUrl.replace('index.html', ''));
  await expectSize(page, 640, 428);
});
