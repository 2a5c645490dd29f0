// Camera and video, by Chromium's own camera for tests: a green picture with a clock.

import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { decodePng, psnr, reduce, type Pixels } from '../../support/pictures.js';

test.use({ permissions: ['camera'] });

declare global {
  interface Window {
    /** Whether every camera that was turned on is off. */
    areCamerasOff: () => boolean;
  }
}

test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    const tracks: MediaStreamTrack[] = [];
    const media = navigator.mediaDevices;
    const open = media.getUserMedia.bind(media);
    media.getUserMedia = async (constraints) => {
      const stream = await open(constraints);
      tracks.push(...stream.getTracks());
      return stream;
    };
    window.areCamerasOff = () => tracks.every(({ readyState }) => readyState === 'ended');
  });
  await page.goto('/build/demo/live.html');
});

const button = (page: Page, name: string) => page.getByRole('button', { name });
const choose = (page: Page, name: string) => page.getByRole('radio', { name }).check();
const facts = (page: Page) => page.locator('.facts');
const status = (page: Page) => page.getByRole('status');

async function turnOn(page: Page): Promise<void> {
  await button(page, 'Turn the camera on').click();
  await expect(status(page)).toHaveText('The camera is on.', { timeout: 30_000 });
}

async function pixelsOf(page: Page, canvas: 'before' | 'after'): Promise<Pixels> {
  const url = await page
    .locator(`.${canvas} canvas`)
    .evaluate((element) => (element as HTMLCanvasElement).toDataURL());
  return decodePng(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
}

/** A video of two seconds: a red square that goes from left to right, on blue. */
async function makeVideo(page: Page): Promise<Buffer> {
  const base64 = await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 320, height: 180 });
    const context = canvas.getContext('2d')!;
    const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: 'video/webm' });
    const chunks: Blob[] = [];
    recorder.ondataavailable = ({ data }) => chunks.push(data);
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start();
    const start = performance.now();
    for (let part = 0; part < 1; part = (performance.now() - start) / 2000) {
      context.fillStyle = '#0000ff';
      context.fillRect(0, 0, 320, 180);
      context.fillStyle = '#ff0000';
      context.fillRect(260 * part, 60, 60, 60);
      await new Promise(requestAnimationFrame);
    }
    recorder.stop();
    await stopped;
    const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  });
  return Buffer.from(base64, 'base64');
}

function pickVideo(page: Page, buffer: Buffer, name = 'clip.webm'): Promise<void> {
  return page.setInputFiles('#video-file', { name, mimeType: 'video/webm', buffer });
}

/** Where the red square begins, in parts of the width. */
function squareIn({ width, height, data }: Pixels): number {
  const row = 4 * width * Math.floor(height / 2);
  for (let x = 0; x < width; ++x) if (data[row + 4 * x]! > 128) return x / width;
  return NaN;
}

test('the camera is enlarged while it plays', async ({ page }) => {
  await turnOn(page);
  await expect(facts(page)).toContainText('Before320 × 240');
  await expect(facts(page)).toContainText('After640 × 480');
  await expect(page.locator('.play-bar .hint')).toHaveText(
    /^(All \d+|\d+ of \d+) frames a second are shown\./,
  );
  await button(page, 'Pause').click();
  await expect(status(page)).toHaveText('Paused.');
  // One may still be under way.
  await page.waitForTimeout(300);
  const [before, after] = [await pixelsOf(page, 'before'), await pixelsOf(page, 'after')];
  expect(psnr(reduce(after, 2), before)).toBeGreaterThan(30);
  await page.waitForTimeout(700);
  expect(Buffer.compare((await pixelsOf(page, 'after')).data, after.data)).toBe(0);
  await button(page, 'Play').click();
  await expect
    .poll(async () => Buffer.compare((await pixelsOf(page, 'after')).data, after.data))
    .not.toBe(0);
});

test('frames that there is no time for are told of', async ({ page }) => {
  await choose(page, 'Photo');
  await choose(page, 'Twice');
  await turnOn(page);
  await expect(facts(page)).toContainText('After1280 × 960');
  const words = page.locator('.play-bar .hint');
  await expect(words).toHaveText(/^\d+ of \d+ frames a second are shown\./, { timeout: 15_000 });
  const [, shown, offered] = /(\d+) of (\d+)/.exec(await words.innerText())!;
  expect(Number(shown)).toBeLessThan(Number(offered));
});

test('sizes and models change what is seen, also while it is paused', async ({ page }) => {
  await turnOn(page);
  await choose(page, '640');
  await expect(facts(page)).toContainText('Before640 × 480');
  await expect(facts(page)).toContainText('After1280 × 960');
  await button(page, 'Pause').click();
  await choose(page, '320');
  await expect(facts(page)).toContainText('After640 × 480');
  await choose(page, 'Twice');
  await expect(facts(page)).toContainText('After1280 × 960');
  await choose(page, 'Once');
  await choose(page, 'Repair');
  await expect(facts(page)).toContainText('After640 × 480');
  await choose(page, 'My own model');
  await expect(status(page)).toHaveText('Choose a model first.');
  await page.setInputFiles('#model-file', {
    name: 'broken.onnx',
    mimeType: '',
    buffer: Buffer.from('no model'),
  });
  await expect(page.getByRole('alert')).toContainText('This file is not a model');
  expect(await page.evaluate(() => window.areCamerasOff())).toBe(true);
  await choose(page, 'Quick');
  await turnOn(page);
  await expect(page.getByRole('alert')).toBeEmpty();
});

test('what is seen is saved as a PNG', async ({ page }) => {
  await turnOn(page);
  await button(page, 'Pause').click();
  await expect(status(page)).toHaveText('Paused.');
  await page.waitForTimeout(300);
  const saving = page.waitForEvent('download');
  await button(page, 'Save this picture').click();
  const file = await saving;
  expect(file.suggestedFilename()).toMatch(/ \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.png$/);
  const saved = decodePng(readFileSync(await file.path()));
  expect([saved.width, saved.height]).toEqual([640, 480]);
  expect(saved.data).toEqual((await pixelsOf(page, 'after')).data);
});

test('a video is enlarged, and its places can be sought', async ({ page }) => {
  await pickVideo(page, await makeVideo(page));
  await expect(status(page)).toHaveText('Playing clip.webm.', { timeout: 30_000 });
  await expect(facts(page)).toContainText('After640 × 360');
  await button(page, 'Pause').click();
  // The recorder does not say how long it is; having been at its end, the browser knows.
  const seek = (time: number) =>
    page.locator('video').evaluate((video: HTMLVideoElement, time) => {
      video.currentTime = time;
    }, time);
  await seek(0.5);
  await expect.poll(async () => squareIn(await pixelsOf(page, 'after'))).toBeCloseTo(0.2, 1);
  await seek(1.5);
  await expect.poll(async () => squareIn(await pixelsOf(page, 'after'))).toBeCloseTo(0.6, 1);
  const [before, after] = [await pixelsOf(page, 'before'), await pixelsOf(page, 'after')];
  expect(Math.abs(squareIn(before) - squareIn(after))).toBeLessThan(0.01);
  await button(page, 'Close the video').click();
  await expect(status(page)).toHaveText('Nothing is playing.');
});

test('it plays again and again, with sound where that is asked for', async ({ page }) => {
  await pickVideo(page, await makeVideo(page));
  await expect(status(page)).toHaveText('Playing clip.webm.', { timeout: 30_000 });
  const position = page.getByRole('slider', { name: 'Position in the video' });
  // Once it was at its end, its length is known.
  await expect(position).toHaveAttribute('aria-valuetext', /^0:0\d of 0:0\d$/);
  await expect(page.locator('video')).toHaveJSProperty('muted', true);
  await button(page, 'Sound on').click();
  await expect(page.locator('video')).toHaveJSProperty('muted', false);
  await button(page, 'Pause').click();
  await position.focus();
  await page.keyboard.press('Home');
  await expect.poll(async () => squareIn(await pixelsOf(page, 'after'))).toBeLessThan(0.1);
});

test('a video that is dropped is played instead of the camera', async ({ page }) => {
  const video = await makeVideo(page);
  await turnOn(page);
  const dataTransfer = await page.evaluateHandle(
    (bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(bytes)], 'dropped.webm', { type: 'video/webm' }));
      return transfer;
    },
    [...video],
  );
  await page.dispatchEvent('body', 'drop', { dataTransfer });
  await expect(status(page)).toHaveText('Playing dropped.webm.', { timeout: 30_000 });
  expect(await page.evaluate(() => window.areCamerasOff())).toBe(true);
});

test('what is no video is explained, and the next one plays', async ({ page }) => {
  const video = await makeVideo(page);
  await pickVideo(page, Buffer.from('no video at all'), 'notes.webm');
  await expect(page.getByRole('alert')).toContainText('notes.webm cannot be played here.');
  await pickVideo(page, video);
  await expect(status(page)).toHaveText('Playing clip.webm.', { timeout: 30_000 });
  await expect(page.getByRole('alert')).toBeEmpty();
});

test('a camera that is not allowed is explained', async ({ page, context }) => {
  const client = await context.newCDPSession(page);
  const permission = { name: 'camera' };
  const { targetInfo } = await client.send('Target.getTargetInfo');
  const { browserContextId } = targetInfo;
  const allow = (setting: 'granted' | 'denied') =>
    client.send('Browser.setPermission', { permission, setting, browserContextId });
  await allow('denied');
  await button(page, 'Turn the camera on').click();
  await expect(page.getByRole('alert')).toContainText('This page may not use the camera.');
  await allow('granted');
  await turnOn(page);
  await expect(page.getByRole('alert')).toBeEmpty();
});

for (const [name, words] of [
  ['NotFoundError', 'No camera was found.'],
  ['NotReadableError', 'The camera does not answer.'],
] as const) {
  test(`a camera that fails with ${name} is explained`, async ({ page }) => {
    await page.evaluate((name) => {
      navigator.mediaDevices.getUserMedia = async () => {
        throw new DOMException('of the browser', name);
      };
    }, name);
    await button(page, 'Turn the camera on').click();
    await expect(page.getByRole('alert')).toContainText(words);
    await expect(button(page, 'Turn the camera on')).toBeVisible();
  });
}

test('a camera that is unplugged is explained', async ({ page }) => {
  await turnOn(page);
  await page.evaluate(() => {
    const { srcObject } = document.querySelector('video')!;
    (srcObject as MediaStream).getVideoTracks()[0]!.dispatchEvent(new Event('ended'));
  });
  await expect(page.getByRole('alert')).toContainText('The camera has stopped.');
});

test('no camera watches a page that nobody sees', async ({ page }) => {
  const see = (state: DocumentVisibilityState) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'visibilityState', { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  await turnOn(page);
  expect(await page.evaluate(() => window.areCamerasOff())).toBe(false);
  await see('hidden');
  expect(await page.evaluate(() => window.areCamerasOff())).toBe(true);
  await see('visible');
  await expect(page.locator('.invitation')).toContainText('turned off while you could not see');
  await button(page, 'Turn the camera on again').click();
  await expect(status(page)).toHaveText('The camera is on.');
  await button(page, 'Turn the camera off').click();
  expect(await page.evaluate(() => window.areCamerasOff())).toBe(true);
});

test('a camera that comes late, when nobody wants it any more, is turned off', async ({ page }) => {
  await page.evaluate(() => {
    const media = navigator.mediaDevices;
    const open = media.getUserMedia.bind(media);
    media.getUserMedia = async (constraints) => {
      await new Promise((resolve) => document.addEventListener('allowed', resolve));
      return open(constraints);
    };
  });
  await button(page, 'Turn the camera on').click();
  await button(page, 'Cancel').click();
  await page.evaluate(() => document.dispatchEvent(new Event('allowed')));
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => window.areCamerasOff())).toBe(true);
  await expect(status(page)).toHaveText('Nothing is playing.');
});

test('the divider follows the keyboard', async ({ page }) => {
  await turnOn(page);
  await page.getByRole('slider', { name: /Divider/ }).focus();
  await page.keyboard.press('Home');
  await expect(page.locator('.stage')).toHaveCSS('--split', '0%');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`all can use it on a small screen, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 360, height: 740 });
    const check = async () => {
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes[0]!.html])).toEqual([]);
    };
    await check();
    await turnOn(page);
    await check();
    await pickVideo(page, Buffer.from('no video at all'), 'a-very-long-name-of-a-file-that-is.mov');
    await expect(page.getByRole('alert')).toContainText('cannot be played here');
    await check();
  });
}
