// Zooming, moving, the divider and the magnifier: by mouse, touch and keys.

import { expect, test, type Page } from '@playwright/test';
import { openDemo, shownPixels } from '../support/demo-page.js';

test.beforeEach(({ page }) => openDemo(page));

const stage = (page: Page) => page.locator('.stage');
const percent = (page: Page) => page.locator('.zoom .figure');
const split = (page: Page) =>
  stage(page).evaluate((element) => Number.parseFloat(element.style.getPropertyValue('--split')));

/** What is seen of the result right now, as it is on the screen. */
function seen(page: Page): Promise<string> {
  return page.evaluate(async () => {
    for (let i = 0; i < 3; ++i) await new Promise((resolve) => requestAnimationFrame(resolve));
    return document.querySelector<HTMLCanvasElement>('.pane.after canvas')!.toDataURL();
  });
}

test('the divider follows keys and the mouse', async ({ page }) => {
  const divider = page.getByRole('slider', { name: /^Divider/ });
  await divider.focus();
  await page.keyboard.press('Home');
  await expect.poll(() => split(page)).toBe(0);
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => split(page)).toBe(0.5);
  const { x, y, width, height } = (await stage(page).boundingBox())!;
  await page.mouse.move(x + 30, y + height / 3);
  await page.mouse.down();
  await page.mouse.move(x + width / 4, y + height / 3, { steps: 3 });
  await page.mouse.up();
  expect(await split(page)).toBeCloseTo(25, 0);
  await expect(divider).toHaveValue(/^25/);
});

test('the wheel zooms around the pointer, and drags move the picture', async ({ page }) => {
  const fitted = await percent(page).textContent();
  const { x, y } = (await stage(page).boundingBox())!;
  await page.mouse.move(x + 100, y + 90);
  await page.mouse.wheel(0, -600);
  await expect(percent(page)).not.toHaveText(fitted!);
  const zoomed = await seen(page);
  await page.mouse.down();
  await page.mouse.move(x + 60, y + 90, { steps: 3 });
  await page.mouse.up();
  const moved = await seen(page);
  expect(moved).not.toBe(zoomed);
  // Back again, all is as before: it was moved by as much as the pointer.
  await page.mouse.down();
  await page.mouse.move(x + 100, y + 90, { steps: 3 });
  await page.mouse.up();
  expect(await seen(page)).toBe(zoomed);
  expect(await split(page)).toBe(50);
  await page.mouse.wheel(0, 900);
  await expect(percent(page)).toHaveText(fitted!);
  await expect(page.getByRole('button', { name: 'Fit' })).toHaveAttribute('aria-pressed', 'true');
  // Seen whole, the wheel scrolls the page.
  await page.mouse.wheel(0, 300);
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(0);
});

test('keys zoom and move', async ({ page }) => {
  await stage(page).focus();
  await page.keyboard.press('1');
  await expect(percent(page)).toHaveText('100 %');
  await page.keyboard.press('+');
  await expect(percent(page)).toHaveText('125 %');
  for (let i = 0; i < 6; ++i) await page.keyboard.press('+');
  const before = await seen(page);
  await page.keyboard.press('ArrowRight');
  const right = await seen(page);
  expect(right).not.toBe(before);
  await page.keyboard.press('ArrowLeft');
  expect(await seen(page)).toBe(before);
  await page.keyboard.press('ArrowDown');
  expect(await seen(page)).not.toBe(before);
  await page.keyboard.press('-');
  await expect(percent(page)).toHaveText('381 %');
  await page.keyboard.press('0');
  await expect(page.getByRole('button', { name: 'Fit' })).toHaveAttribute('aria-pressed', 'true');
});

test('a double click zooms in, and out again', async ({ page }) => {
  const fitted = await percent(page).textContent();
  const { x, y } = (await stage(page).boundingBox())!;
  await page.mouse.dblclick(x + 200, y + 200);
  await expect(percent(page)).not.toHaveText(fitted!);
  await page.mouse.dblclick(x + 200, y + 200);
  await expect(percent(page)).toHaveText(fitted!);
});

test('two fingers pinch, one moves', async ({ page }) => {
  const client = await page.context().newCDPSession(page);
  const { x, y, width, height } = (await stage(page).boundingBox())!;
  const [cx, cy] = [x + width / 2, y + height / 2];
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...spread: number[]) =>
    client.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: spread.map((dx, id) => ({ x: cx + dx, y: cy, id })),
    });
  await touch('touchStart', -40);
  await touch('touchStart', -40, 40);
  for (const spread of [60, 80, 100, 120]) await touch('touchMove', -spread, spread);
  await touch('touchEnd');
  const zoom = Number.parseInt((await percent(page).textContent())!);
  expect(zoom).toBeGreaterThan(300);
  const before = await seen(page);
  await touch('touchStart', 200);
  for (const at of [180, 160]) await touch('touchMove', at);
  await touch('touchEnd');
  expect(await seen(page)).not.toBe(before);
  expect(Number.parseInt((await percent(page).textContent())!)).toBe(zoom);
});

test('side by side, both show the same place', async ({ page }) => {
  await page.getByLabel('Side by side').check();
  const panes = page.locator('.pane');
  await expect(panes).toHaveCount(2);
  const boxes = await Promise.all([0, 1].map((i) => panes.nth(i).boundingBox()));
  expect(boxes[1]!.x).toBeGreaterThanOrEqual(boxes[0]!.x + boxes[0]!.width);
  const [before, after] = [await shownPixels(page, 'before'), await shownPixels(page, 'after')];
  expect([before.width, before.height]).toEqual([after.width, after.height]);
});

test('the magnifier shows one place of both, by pointer and by keys', async ({ page }) => {
  await page.getByLabel('Magnifier').check();
  const magnified = page.locator('.loupe canvas');
  await expect(magnified).toHaveCount(2);
  const look = () =>
    page.evaluate(async () => {
      for (let i = 0; i < 3; ++i) await new Promise((resolve) => requestAnimationFrame(resolve));
      const canvases = document.querySelectorAll<HTMLCanvasElement>('.loupe canvas');
      return [...canvases].map((canvas) => canvas.toDataURL());
    });
  const { x, y, width, height } = (await stage(page).boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  const [before, after] = await look();
  expect(before).not.toBe(after);
  await page.mouse.move(x + width / 2 + 60, y + height / 2);
  expect(await look()).not.toEqual([before, after]);
  await stage(page).focus();
  const last = await look();
  await page.keyboard.press('ArrowUp');
  expect(await look()).not.toEqual(last);
  await page.keyboard.press('ArrowDown');
  expect(await look()).toEqual(last);
  // It stays within the stage, wherever the pointer is.
  for (const [dx, dy] of [
    [2, 2],
    [width - 2, height - 2],
  ] as const) {
    await page.mouse.move(x + dx, y + dy);
    await look();
    const box = (await page.locator('.loupe').boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(x);
    expect(box.y).toBeGreaterThanOrEqual(y);
    expect(box.x + box.width).toBeLessThanOrEqual(x + width + 1);
    expect(box.y + box.height).toBeLessThanOrEqual(y + height + 1);
  }
});
