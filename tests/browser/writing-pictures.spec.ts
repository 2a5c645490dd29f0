// What results are put into in browsers, part by part.

import { expect, test } from './support/test.js';
import { openPicturesPage } from './support/pictures-page.js';

test.beforeEach(({ page }) => openPicturesPage(page));

test.describe('a PNG is decoded by the browser', () => {
  for (const component of ['uint8', 'uint16'] as const) {
    test(`to what was written: ${component}`, async ({ page }) => {
      const results = await page.evaluate(async (component) => {
        const { blobSink, putInTiles, randomPixels, opaque, wholeByCanvas } = window.pictures;
        const results = [];
        for (const channels of [1, 2, 3, 4] as const) {
          for (const width of [1, 2, 3, 7, 8, 33]) {
            const random = randomPixels(width, 6, component === 'uint16');
            const pixels = channels % 2 === 0 ? random : opaque(random);
            if (channels < 3) {
              for (let i = 0; i < pixels.data.length; ++i) {
                if (i % 4 !== 3) pixels.data[i] = pixels.data[i & ~3]!;
              }
            }
            const info = { width, height: 6, colorSpace: 'srgb', component, channels } as const;
            const blob = await putInTiles(blobSink(info, { type: 'image/png' }), pixels, 5);
            const shown = wholeByCanvas(await createImageBitmap(blob), width, 6);
            const wanted = window.pictures.imageDataSink({ ...info, component: 'uint8' });
            const written = await putInTiles(wanted, pixels, 5);
            results.push([channels, window.pictures.shownDifference(written, shown)] as const);
          }
        }
        return results;
      }, component);
      expect(results.length).toBe(24);
      // Of 16 bits, it keeps the upper 8; and it multiplies alpha in.
      const translucent = component === 'uint16' ? 2.5 : 1.5;
      for (const [channels, difference] of results) {
        expect(difference).toBeLessThanOrEqual(channels % 2 === 0 ? translucent : 1);
      }
    });
  }

  test('in the colours that it was written in', async ({ page }) => {
    const difference = await page.evaluate(async () => {
      const { blobSink, putInTiles, randomPixels, opaque, wholeByCanvas } = window.pictures;
      const pixels = opaque(randomPixels(20, 20));
      const size = { width: 20, height: 20 } as const;
      const info = { ...size, colorSpace: 'display-p3', component: 'uint8', channels: 3 } as const;
      const blob = await putInTiles(blobSink(info, { type: 'image/png' }), pixels, 7);
      const shown = wholeByCanvas(await createImageBitmap(blob), 20, 20, 'display-p3');
      return window.pictures.largestDifference(shown, pixels);
    });
    expect(difference).toBeLessThanOrEqual(1);
  });

  test('even if no canvas is so large, and no task is long', async ({ page }) => {
    const result = await page.evaluate(async () => {
      const [width, height] = [40_000, 256];
      const part = window.pictures.opaque(window.pictures.randomPixels(500, 128));
      const info = { width, height, colorSpace: 'srgb', component: 'uint8', channels: 3 } as const;
      const sink = window.pictures.blobSink(info, { type: 'image/png' });
      const tasks: number[] = [];
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) tasks.push(duration);
      }).observe({ type: 'longtask' });
      const begun = performance.now();
      for (let y = 0; y < height; y += 128) {
        for (let x = 0; x < width; x += 500) {
          await sink.put(x, y, { ...part, data: part.data.slice() });
          // As each tile comes in a task of its own.
          await new Promise((resolve) => setTimeout(resolve));
        }
      }
      const blob = await sink.finish();
      const milliseconds = performance.now() - begun;
      const bitmap = await createImageBitmap(blob, width - 500, height - 128, 500, 128);
      const shown = window.pictures.wholeByCanvas(bitmap, 500, 128);
      const difference = window.pictures.largestDifference(shown, part);
      return { difference, tasks, milliseconds };
    });
    expect(result.difference).toBe(0);
    test.info().annotations.push({ type: 'times', description: JSON.stringify(result) });
    // Another program of this machine may interrupt one or another.
    expect(result.tasks.length).toBeLessThan(result.milliseconds / 200);
  });
});

test.describe('a canvas', () => {
  test('shows parts as they come, in the result’s colours', async ({ page, wideColours }) => {
    const spaces = ['srgb', ...(wideColours ? ['display-p3'] : [])] as PredefinedColorSpace[];
    const results = await page.evaluate(async (spaces) => {
      const { canvasSink, randomPixels, opaque, cut, largestDifference } = window.pictures;
      const results = [];
      for (const colorSpace of spaces) {
        for (const given of [document.createElement('canvas'), undefined]) {
          const pixels = opaque(randomPixels(40, 30));
          const size = { width: 40, height: 30, component: 'uint8', channels: 3 } as const;
          const sink = canvasSink({ ...size, colorSpace }, given);
          await sink.put(0, 0, cut(pixels, { x: 0, y: 0, width: 40, height: 10 }));
          const half = given?.getContext('2d')?.getImageData(5, 5, 1, 1).data[3];
          await sink.put(0, 10, cut(pixels, { x: 0, y: 10, width: 40, height: 20 }));
          const canvas = await sink.finish();
          const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
          const shown = context.getImageData(0, 0, 40, 30, { colorSpace });
          results.push([
            given ? canvas === given : canvas instanceof OffscreenCanvas,
            canvas.width,
            canvas.height,
            half ?? 255,
            largestDifference(shown, pixels),
          ]);
        }
      }
      return results;
    }, spaces);
    expect(results).toEqual(new Array(2 * spaces.length).fill([true, 40, 30, 255, 0]));
  });

  test('of floats keeps their precision', async ({ page }) => {
    const difference = await page.evaluate(async () => {
      const { canvasSink, openPicture, putInTiles, randomPixels, opaque } = window.pictures;
      const pixels = opaque(randomPixels(9, 9, true));
      const size = { width: 9, height: 9, component: 'float16', channels: 3 } as const;
      const canvas = await putInTiles(canvasSink({ ...size, colorSpace: 'srgb' }), pixels, 4);
      const read = await window.pictures.readWhole(await openPicture(canvas));
      return window.pictures.largestDifference(read, pixels);
    });
    // Half of what 11 bits tell apart.
    expect(difference).toBeLessThan(0.125);
  });

  test('is refused before anything is put: too large, of another kind, transferred', async ({
    page,
  }) => {
    const failures = await page.evaluate(async () => {
      const { canvasSink, bitmapSink, blobSink, failureOf } = window.pictures;
      const info = (width: number, height: number) =>
        ({ width, height, colorSpace: 'srgb', component: 'uint8', channels: 3 }) as const;
      const other = document.createElement('canvas');
      other.getContext('bitmaprenderer');
      const transferred = document.createElement('canvas');
      transferred.transferControlToOffscreen();
      const free = document.createElement('canvas');
      return [
        await failureOf(() => canvasSink(info(24_000, 24_000), free)),
        await failureOf(() => canvasSink(info(40_000_000, 8))),
        await failureOf(() => bitmapSink(info(24_000, 24_000))),
        await failureOf(() => blobSink(info(24_000, 24_000), { type: 'image/jpeg' })),
        await failureOf(() => blobSink(info(17_000, 2), { type: 'image/webp' })),
        await failureOf(() => canvasSink(info(2, 2), other)),
        await failureOf(() => canvasSink(info(2, 2), transferred)),
      ];
    });
    expect(failures.map((failure) => failure?.code)).toEqual(new Array(7).fill('InvalidInput'));
    const messages = failures.map((failure) => failure!.message);
    expect(messages[0]).toContain('24000 x 24000');
    expect(messages[1]).toContain('40000000 x 8');
    expect(messages[2]).toContain('24000 x 24000');
    expect(messages[3]).toContain('image/png');
    expect(messages[4]).toContain('16383');
    expect(messages[5]).toContain("WebGL's");
    expect(messages[6]).toContain('was transferred');
  });
});

test('a bitmap, an ImageData of bytes and one of floats are made', async ({ page }) => {
  const results = await page.evaluate(async () => {
    const { bitmapSink, imageDataSink, rawSink, putInTiles, randomPixels, opaque } =
      window.pictures;
    const pixels = opaque(randomPixels(20, 10, true));
    const size = { width: 20, height: 10, colorSpace: 'display-p3', channels: 3 } as const;
    const bytes = await putInTiles(imageDataSink({ ...size, component: 'uint8' }), pixels, 7);
    const bitmap = await putInTiles(bitmapSink({ ...size, component: 'uint8' }), pixels, 7);
    const deep = await putInTiles(imageDataSink({ ...size, component: 'float16' }), pixels, 7);
    const raw = await putInTiles(rawSink({ ...size, component: 'float16' }), pixels, 7);
    const shown = window.pictures.wholeByCanvas(bitmap, 20, 10, 'display-p3');
    const values = deep.data as unknown as Float32Array;
    const errors = Array.from(values, (value, i) => Math.abs(value - pixels.data[i]! / 255));
    return [
      bytes instanceof ImageData && bytes.colorSpace,
      window.pictures.largestDifference(shown, bytes),
      deep instanceof ImageData && (deep as { pixelFormat?: string }).pixelFormat,
      Math.max(...errors) < 16 / 65535,
      raw.data[Symbol.toStringTag],
      raw.data.length,
    ];
  });
  expect(results).toEqual(['display-p3', 0, 'rgba-float16', true, 'Float16Array', 600]);
});

test('WebP and JPEG are encoded, and types that the browser does not know refused', async ({
  page,
  encodesWebp,
}) => {
  const types = [...(encodesWebp ? ['image/webp'] : []), 'image/jpeg'] as (
    'image/webp' | 'image/jpeg'
  )[];
  const results = await page.evaluate(async (types) => {
    const { blobSink, putInTiles, randomPixels, opaque, failureOf } = window.pictures;
    const pixels = opaque(randomPixels(50, 40));
    const info = { width: 50, height: 40, colorSpace: 'srgb', component: 'uint8' } as const;
    const blob = (type: 'image/webp' | 'image/jpeg', quality?: number) =>
      putInTiles(blobSink({ ...info, channels: 3 }, { type, quality }), pixels, 20);
    const results = [];
    for (const type of types) {
      const [fine, coarse] = [await blob(type, 1), await blob(type, 0.1)];
      const { width } = await createImageBitmap(fine);
      results.push([fine.type, coarse.type, fine.size > coarse.size, width]);
    }
    // As browsers without an encoder do.
    OffscreenCanvas.prototype.convertToBlob = async () => new Blob([], { type: 'image/png' });
    const failure = await failureOf(() => blob('image/webp'));
    return { results, failure };
  }, types);
  expect(results.results).toEqual(types.map((type) => [type, type, true, 50]));
  expect(results.failure).toMatchObject({ code: 'InvalidInput' });
  expect(results.failure!.message).toContain('encodes no image/webp');
});

test('a large picture is read in parts without a long task', async ({ page }) => {
  const times = await page.evaluate(async () => {
    const { canvasOf, opaque, randomPixels, openPicture } = window.pictures;
    const tile = canvasOf(opaque(randomPixels(500, 500)));
    const canvas = new OffscreenCanvas(4000, 3000);
    const context = canvas.getContext('2d')!;
    context.fillStyle = context.createPattern(tile, 'repeat')!;
    context.fillRect(0, 0, 4000, 3000);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
    const image = Object.assign(new Image(), { src: URL.createObjectURL(blob) });
    const times: Record<string, number[]> = {};
    for (const [name, source] of Object.entries({ canvas, blob, image })) {
      const picture = await openPicture(source);
      times[name] = [];
      for (let y = 0; y < 3000; y += 600) {
        for (let x = 0; x + 600 <= 4000; x += 600) {
          const begun = performance.now();
          await picture.read({ x, y, width: 600, height: 600 });
          times[name].push(performance.now() - begun);
        }
      }
      await picture.close();
    }
    return times;
  });
  test.info().annotations.push({ type: 'times', description: JSON.stringify(times) });
  for (const [name, each] of Object.entries(times)) {
    const median = each.sort((a, b) => a - b)[each.length >> 1]!;
    expect(median, name).toBeLessThan(50);
  }
});
