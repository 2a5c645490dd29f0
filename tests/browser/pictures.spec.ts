// What browsers have pictures in, and what their canvases hold.

import type { Page } from '@playwright/test';
import { expect, test } from './support/test.js';
import type { Upscaler } from 'fovea';
import { constantScaleModel } from '../../web/tests/support/enlarging-models.js';
import { encodePng } from '../support/pictures.js';
import { openPackagePage, serveModel } from './support/package-page.js';

declare global {
  interface Window {
    /** Enlarges by repeating pixels. */
    upscaler: Upscaler;
    /** What a test leaves. */
    result: unknown;
    /** A picture's corner pixels, of which each is of one colour. */
    cornersOf(picture: ImageData): number[][];
    /** A canvas of four colours. */
    paint<T extends HTMLCanvasElement | OffscreenCanvas>(
      canvas: T,
      colorSpace?: PredefinedColorSpace,
    ): T;
  }
}

/** Opens a page that has an upscaler of that factor. */
async function openUpscaler(page: Page, factor = 2): Promise<void> {
  await openPackagePage(page);
  const url = await serveModel(page, constantScaleModel(factor));
  await page.evaluate(async (url) => {
    window.upscaler = await window.fovea.Upscaler.create(url);
    window.cornersOf = ({ data, width, height }) => {
      const pixel = (x: number, y: number) => [
        ...data.slice(4 * (y * width + x), 4 * (y * width + x) + 4),
      ];
      return [pixel(0, 0), pixel(width - 1, 0), pixel(0, height - 1), pixel(width - 1, height - 1)];
    };
    window.paint = (canvas, colorSpace = 'srgb') => {
      const context = canvas.getContext('2d', { colorSpace }) as CanvasRenderingContext2D;
      const [x, y] = [canvas.width / 2, canvas.height / 2];
      for (const [i, colour] of ['red', 'lime', 'blue', 'white'].entries()) {
        context.fillStyle = colour;
        context.fillRect((i % 2) * x, Math.floor(i / 2) * y, x, y);
      }
      return canvas;
    };
  }, url);
}

const fourColours = [
  [255, 0, 0, 255],
  [0, 255, 0, 255],
  [0, 0, 255, 255],
  [255, 255, 255, 255],
];

const png = encodePng({
  width: 2,
  height: 2,
  data: Uint8Array.from(fourColours.flat()),
});
/** Has files of this test on the server. */
async function serveFile(page: Page, name: string, type: string, body: Buffer): Promise<string> {
  const url = `/test-data/${name}`;
  await page.route(`**${url}`, (route) => route.fulfill({ body, contentType: type }));
  return url;
}

test.describe('a picture is read from', () => {
  test.beforeEach(({ page }) => openUpscaler(page));

  test('an address and a file', async ({ page }) => {
    const url = await serveFile(page, 'four.png', 'image/png', png);
    const results = await page.evaluate(async (url) => {
      const blob = await (await fetch(url)).blob();
      const results = [];
      for (const source of [url, new URL(url, location.href), blob]) {
        results.push(window.cornersOf((await window.upscaler.upscale(source)) as ImageData));
      }
      return results;
    }, url);
    expect(results).toEqual([fourColours, fourColours, fourColours]);
  });

  test('an image whose body has not arrived', async ({ page }) => {
    const url = await serveFile(page, 'late.png', 'image/png', png);
    await page.route(`**${url}`, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.fulfill({ body: png, contentType: 'image/png' });
    });
    const corners = await page.evaluate(async (url) => {
      const image = Object.assign(new Image(), { src: url, width: 1, height: 1 });
      return window.cornersOf((await window.upscaler.upscale(image)) as ImageData);
    }, url);
    expect(corners).toEqual(fourColours);
  });

  test('an image that never arrives, until that is aborted', async ({ page }) => {
    const url = '/test-data/never.png';
    await page.route(`**${url}`, () => {});
    const failure = await page.evaluate(async (url) => {
      const image = Object.assign(new Image(), { src: url });
      const signal = AbortSignal.timeout(100);
      const failure = await window.failureOf(window.upscaler.upscale(image, { signal }));
      await window.upscaler.upscale(new ImageData(2, 2));
      return failure;
    }, url);
    expect(failure).toMatchObject({ name: 'AbortError', code: 'Aborted' });
  });

  test('whatever else is drawn', async ({ page }) => {
    const url = await serveFile(page, 'four.png', 'image/png', png);
    const results = await page.evaluate(async (url) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 8, height: 6 });
      const offscreen = window.paint(new OffscreenCanvas(8, 6));
      const image = document.createElementNS('http://www.w3.org/2000/svg', 'image');
      image.setAttribute('href', url);
      const sources = [
        window.paint(canvas),
        offscreen,
        await createImageBitmap(offscreen),
        new VideoFrame(offscreen, { timestamp: 0 }),
        image,
      ];
      const results = [];
      for (const source of sources) {
        const result = (await window.upscaler.upscale(source)) as ImageData;
        results.push([result.width, result.height, ...window.cornersOf(result)]);
      }
      return results;
    }, url);
    for (const result of results.slice(0, 4)) expect(result).toEqual([16, 12, ...fourColours]);
    expect(results[4]).toEqual([4, 4, ...fourColours]);
  });

  test('a video, at its own size', async ({ page }) => {
    const size = await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 48 });
      window.paint(canvas);
      const video = Object.assign(document.createElement('video'), { muted: true, width: 32 });
      const early = await window.failureOf(window.upscaler.upscale(video));
      video.srcObject = canvas.captureStream();
      const loaded = new Promise((resolve) => video.addEventListener('loadeddata', resolve));
      await video.play();
      await loaded;
      const { width, height } = await window.upscaler.upscale(video);
      return [width, height, early?.code, early?.message];
    });
    expect(size.slice(0, 3)).toEqual([128, 96, 'InvalidInput']);
    expect(size[3]).toContain("await its 'loadeddata'");
  });

  test('a WebGL canvas', async ({ page }) => {
    const pixel = await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 4, height: 4 });
      const context = canvas.getContext('webgl', { preserveDrawingBuffer: true })!;
      context.clearColor(1, 0, 0, 1);
      context.clear(context.COLOR_BUFFER_BIT);
      const { data } = await window.upscaler.upscale(canvas);
      return [...data.slice(0, 4)];
    });
    expect(pixel).toEqual([255, 0, 0, 255]);
  });
});

test('a picture is read from an SVG file, as large as it says, where blob: images may be shown', async ({
  page,
}) => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20">' +
    '<rect width="30" height="20" fill="red"/></svg>';
  const enlarge = (svg: string) =>
    window.failureOf(
      window.upscaler
        .upscale(new Blob([svg], { type: 'image/svg+xml' }))
        .then(({ width, height, data }) => (window.result = [width, height, data[0], data[1]])),
    );
  await openUpscaler(page);
  const failure = await page.evaluate(enlarge, svg);
  expect(failure).toMatchObject({ code: 'InvalidInput' });
  expect(failure!.message).toContain('Content-Security-Policy');
  await page.route('**/package.html', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace("default-src 'self'", '$&; img-src blob:');
    await route.fulfill({ response, body });
  });
  await openUpscaler(page);
  expect(await page.evaluate(enlarge, svg)).toBeNull();
  expect(await page.evaluate(() => window.result)).toEqual([60, 40, 255, 0]);
});

test.describe('a picture is refused:', () => {
  test.beforeEach(({ page }) => openUpscaler(page));

  test('what is nothing to draw, or not yet or no more', async ({ page }) => {
    const broken = await serveFile(page, 'broken.png', 'image/png', Buffer.from('no picture'));
    const failures = await page.evaluate(async (broken) => {
      const closed = await createImageBitmap(new ImageData(2, 2));
      closed.close();
      const sources = {
        picture: document.createElement('picture'),
        broken: Object.assign(new Image(), { src: broken }),
        'broken file': broken,
        missing: '/nowhere.png',
        empty: new Image(),
        closed,
        'no canvas': Object.assign(document.createElement('canvas'), { width: 0 }),
        text: new Blob(['text'], { type: 'text/plain' }),
      };
      const failures: Record<string, string | undefined> = {};
      for (const [name, source] of Object.entries(sources)) {
        const failure = await window.failureOf(window.upscaler.upscale(source));
        failures[name] = `${failure?.name} ${failure?.code}`;
      }
      return failures;
    }, broken);
    const { missing, ...others } = failures;
    expect(missing).toBe('FoveaError NetworkError');
    for (const [name, failure] of Object.entries(others)) {
      expect([name, failure]).toEqual([name, 'FoveaError InvalidInput']);
    }
  });
});

test.describe('colours', () => {
  test.beforeEach(({ page }) => openUpscaler(page));

  test('of display-p3 stay as they are', async ({ page }) => {
    const results = await page.evaluate(async () => {
      const pixels = new ImageData(2, 2, { colorSpace: 'display-p3' });
      for (let i = 0; i < 4; ++i) pixels.data.set([230, 40, 30, 255], 4 * i);
      const canvas = new OffscreenCanvas(2, 2);
      const context = canvas.getContext('2d', { colorSpace: 'display-p3' })!;
      context.putImageData(pixels, 0, 0);
      const results = [];
      for (const source of [pixels, canvas]) {
        const target = new OffscreenCanvas(1, 1);
        const result = (await window.upscaler.upscale(source)) as ImageData;
        await window.upscaler.upscale(source, { output: target });
        const settings = { colorSpace: 'display-p3' } as const;
        const drawn = target.getContext('2d')!.getImageData(0, 0, 1, 1, settings);
        results.push([result.colorSpace, ...result.data.slice(0, 4)], [...drawn.data]);
      }
      return results;
    });
    const colour = [230, 40, 30, 255];
    expect(results).toEqual([['display-p3', ...colour], colour, ['display-p3', ...colour], colour]);
  });

  test('of display-p3 are refused where the browser has none, which it does not tell itself', async ({
    page,
    wideColours,
  }) => {
    test.skip(wideColours, 'this browser has them');
    const url = await serveFile(page, 'four.png', 'image/png', png);
    const failures = await page.evaluate(async (url) => {
      const colorSpace = 'display-p3';
      const image = Object.assign(new Image(), { src: url });
      const data = new Uint8Array(16).fill(200);
      const pixels = { data, width: 2, height: 2, colorSpace } as const;
      const raw = await window.upscaler.upscale(pixels, { output: 'raw' });
      const failures = [
        await window.failureOf(window.upscaler.upscale(image, { colorSpace })),
        await window.failureOf(
          window.upscaler.upscale(window.paint(new OffscreenCanvas(8, 6)), { colorSpace }),
        ),
        await window.failureOf(window.upscaler.upscale(pixels)),
        await window.failureOf(window.upscaler.upscale(pixels, { output: 'canvas' })),
        await window.failureOf(window.upscaler.upscale(pixels, { output: 'bitmap' })),
      ];
      return [raw.colorSpace, ...failures.map((failure) => `${failure?.code} ${failure?.message}`)];
    }, url);
    expect(failures[0]).toBe('display-p3');
    for (const failure of failures.slice(1)) {
      expect(failure).toMatch(
        /^InvalidInput this browser's (canvases|ImageData) have no display-p3: /,
      );
    }
  });

  test('of what does not tell are read as asked', async ({ page }) => {
    const url = await serveFile(page, 'four.png', 'image/png', png);
    const results = await page.evaluate(async (url) => {
      const image = Object.assign(new Image(), { src: url });
      const srgb = (await window.upscaler.upscale(image)) as ImageData;
      const wide = (await window.upscaler.upscale(image, {
        colorSpace: 'display-p3',
      })) as ImageData;
      return [srgb.colorSpace, wide.colorSpace, srgb.data[0], wide.data[0]];
    }, url);
    expect(results).toEqual(['srgb', 'display-p3', 255, 234]);
  });
});

test.describe('a canvas that cannot take the result', () => {
  /** How enlarging a picture of that size onto a canvas fails, and how many tiles were done then. */
  function failureOnto(page: Page, kind: string, width: number, height: number) {
    return page.evaluate(
      async ({ kind, width, height }) => {
        const canvas = document.createElement('canvas');
        if (kind === 'bitmaprenderer') canvas.getContext('bitmaprenderer');
        if (kind === 'transferred') canvas.transferControlToOffscreen();
        const picture = { data: new Uint8Array(4 * width * height), width, height };
        let done = 0;
        const onProgress = ({ stage }: { stage: string }) =>
          void (done += stage === 'tiles' ? 1 : 0);
        const failure = await window.failureOf(
          window.upscaler.upscale(picture, { output: canvas, onProgress }),
        );
        return { ...failure, done };
      },
      { kind, width, height },
    );
  }

  /** Whether this browser's canvases get so large, by trying one. */
  function holds(page: Page, width: number, height: number): Promise<boolean> {
    return page.evaluate(
      ([width, height]) => {
        const context = Object.assign(document.createElement('canvas'), {
          width,
          height,
        }).getContext('2d', { willReadFrequently: true })!;
        try {
          context.fillRect(width - 1, height - 1, 1, 1);
          return context.getImageData(width - 1, height - 1, 1, 1).data[3] === 255;
        } catch {
          return false;
        }
      },
      [width, height] as const,
    );
  }

  test.beforeEach(({ page }) => openUpscaler(page, 4));

  for (const [what, kind, width, height, words] of [
    ['more pixels than any', 'free', 6000, 6000, '24000 x 24000'],
    ['a longer side than any', 'free', 40000, 2, '160000 x 8'],
    ['a canvas of another kind', 'bitmaprenderer', 2, 2, "WebGL's"],
    ['a transferred canvas', 'transferred', 2, 2, 'was transferred'],
  ] as const) {
    test(`is refused before anything is computed: ${what}`, async ({ page }) => {
      const failure = await failureOnto(page, kind, width, height);
      if (kind === 'free' && (await holds(page, 4 * width, 4 * height))) {
        expect(failure).not.toHaveProperty('code');
        return;
      }
      expect(failure).toMatchObject({ name: 'FoveaError', code: 'InvalidInput', done: 0 });
      expect(failure.message).toContain(words);
    });
  }

  test('is refused as a source, too', async ({ page }) => {
    const failure = await page.evaluate(() => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 70000, height: 2 });
      return window.failureOf(window.upscaler.upscale(canvas));
    });
    if (await holds(page, 70_000, 2)) {
      expect(failure).toBeNull();
      return;
    }
    expect(failure).toMatchObject({ code: 'InvalidInput' });
    expect(failure!.message).toContain('70000 x 2');
  });

  test('for lack of memory is told by what it would take', async ({ page }) => {
    const failure = await page.evaluate(() => {
      const [width, height] = [9000, 8000];
      const data = new Uint8Array(4 * width * height);
      return window.failureOf(window.upscaler.upscale({ data, width, height }));
    });
    expect(failure).toMatchObject({ code: 'OutOfMemory' });
    expect(Number(failure!.fields.bytes)).toBeGreaterThanOrEqual(16 * 4 * 9000 * 8000);
  });
});
