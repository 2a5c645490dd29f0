// What browsers have pictures in, read part by part.

import type { Page } from '@playwright/test';
import { expect, test } from './support/test.js';
import sharp from 'sharp';
import { withOrientation } from '../support/pictures.js';
import { openPicturesPage, serveFile } from './support/pictures-page.js';

test.beforeEach(({ page }) => openPicturesPage(page));

const [width, height] = [61, 47];

test('whatever is drawn is read in parts, pixel by pixel', async ({ page, roundsAlpha }) => {
  const results = await page.evaluate(
    async ([width, height]) => {
      const { openPicture, canvasOf, opaque, randomPixels, partsDiffer } = window.pictures;
      const { readWhole, wholeByCanvas, shownDifference } = window.pictures;
      const results: [string, number, number][] = [];
      for (const alpha of ['opaque', 'translucent']) {
        const random = randomPixels(width, height);
        const canvas = canvasOf(alpha === 'opaque' ? opaque(random) : random);
        // All but ImageData have alpha multiplied in.
        const shown = wholeByCanvas(canvas, width, height);
        const element = Object.assign(document.createElement('canvas'), { width, height });
        element.getContext('2d')!.drawImage(canvas, 0, 0);
        const webgl = new OffscreenCanvas(width, height);
        webgl
          .getContext('bitmaprenderer')!
          .transferFromImageBitmap(await createImageBitmap(canvas));
        const blob = await canvas.convertToBlob();
        const url = URL.createObjectURL(blob);
        const image = Object.assign(new Image(), { src: url });
        const pictureElement = document.createElement('picture');
        pictureElement.append(Object.assign(new Image(), { src: url, width: 5 }));
        const svgImage = document.createElementNS('http://www.w3.org/2000/svg', 'image');
        svgImage.setAttribute('href', url);
        const sources = {
          canvas,
          element,
          webgl,
          bitmap: await createImageBitmap(canvas),
          blob,
          bytes: new Uint8Array(await blob.arrayBuffer()),
          url,
          'URL object': new URL(url),
          response: await fetch(url),
          image,
          pictureElement,
          svgImage,
          frame: new VideoFrame(canvas, { timestamp: 0 }),
        };
        for (const [name, source] of Object.entries(sources)) {
          const picture = await openPicture(source);
          const difference = shownDifference(await readWhole(picture), shown);
          results.push([`${alpha} ${name}`, difference, await partsDiffer(picture)]);
          await picture.close();
        }
        // What the caller gave stays open.
        results.push([`${alpha} bitmap`, sources.bitmap.width - width, 0]);
        results.push([`${alpha} frame`, sources.frame.codedWidth - width, 0]);
        sources.frame.close();
      }
      return results;
    },
    [width, height] as const,
  );
  expect(results.length).toBe(30);
  for (const [name, difference, partsThatDiffer] of results) {
    // Files have alpha not multiplied in, as VideoFrames of WebKit: browsers but Chromium round that in between.
    const isRounded = roundsAlpha && /^translucent (?!bitmap|canvas|element)/.test(name);
    expect(difference, name).toBeLessThanOrEqual(isRounded ? 2 : 0);
    expect(partsThatDiffer, name).toBe(0);
  }
});

test('ImageData are read as they are, translucent or deep', async ({ page }) => {
  const results = await page.evaluate(async () => {
    const { openPicture, randomPixels, readWhole, partsDiffer, largestDifference } =
      window.pictures;
    const random = randomPixels(33, 21);
    const bytes = new ImageData(random.data as Uint8ClampedArray<ArrayBuffer>, 33, 21);
    const picture = await openPicture(bytes);
    const results: unknown[] = [
      picture.component,
      largestDifference(await readWhole(picture), random),
      await partsDiffer(picture),
    ];
    const settings = { pixelFormat: 'rgba-float16', colorSpace: 'display-p3' } as object;
    const deep = new ImageData(33, 21, settings);
    const values = deep.data as unknown as Float32Array;
    values.set(random.data.map((level) => level / 255));
    for (let i = 0; i < values.length; ++i) values[i] = (random.data[i]! + 0.25) / 256;
    const wide = await openPicture(deep);
    const whole = await readWhole(wide);
    const levels = { ...random, data: Float32Array.from(values, (value) => value * 255) };
    results.push(wide.component, wide.colorSpace, largestDifference(whole, levels) < 1e-4);
    return [...results, await partsDiffer(wide)];
  });
  expect(results).toEqual(['uint8', 0, 0, 'float16', 'display-p3', true, 0]);
});

test('a canvas of floats keeps their precision', async ({ page }) => {
  const [component, level] = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(2, 2);
    const context = canvas.getContext('2d', { colorType: 'float16' } as object)!;
    context.fillStyle = 'color(srgb 0.5012 0.5 0.5)';
    context.fillRect(0, 0, 2, 2);
    const picture = await window.pictures.openPicture(canvas);
    const { data } = await picture.read({ x: 1, y: 1, width: 1, height: 1 });
    return [picture.component, data[0]!] as const;
  });
  expect(component).toBe('float16');
  expect(Math.abs(level - 0.5012 * 255)).toBeLessThan(0.1);
});

test.describe('colours of display-p3', () => {
  test('stay as they are', async ({ page }) => {
    const results = await page.evaluate(async () => {
      const { openPicture, canvasOf, opaque, randomPixels, readWhole } = window.pictures;
      const pixels = opaque(randomPixels(16, 16));
      const canvas = canvasOf(pixels, 'display-p3');
      const info = { width: 16, height: 16, component: 'uint8', channels: 3 } as const;
      const sink = window.pictures.blobSink(
        { ...info, colorSpace: 'display-p3' },
        { type: 'image/png' },
      );
      const blob = await window.pictures.putInTiles(sink, pixels, 16);
      const settings = { colorSpace: 'display-p3' } as const;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, 16, 16, settings);
      const sources = [
        [canvas, {}],
        [new ImageData(data, 16, 16, settings), {}],
        [await createImageBitmap(canvas), settings],
        [blob, settings],
        [Object.assign(new Image(), { src: URL.createObjectURL(blob) }), settings],
        [await canvas.convertToBlob(), settings],
      ] as const;
      const results = [];
      for (const [source, options] of sources) {
        const picture = await openPicture(source, options);
        const difference = window.pictures.largestDifference(await readWhole(picture), pixels);
        results.push([picture.colorSpace, difference]);
      }
      return results;
    });
    for (const [space, difference] of results.slice(0, -1)) {
      expect(space).toBe('display-p3');
      expect(difference).toBeLessThanOrEqual(1);
    }
    // Of an ICC profile, the browser decodes the smallest components to a few levels more.
    expect(results.at(-1)![1]).toBeLessThanOrEqual(8);
  });

  test('are sRGB where that is asked for, or nothing', async ({ page }) => {
    const results = await page.evaluate(async () => {
      const { openPicture, canvasOf, opaque, randomPixels, readWhole } = window.pictures;
      const pixels = opaque(randomPixels(16, 16));
      const canvas = canvasOf(pixels, 'display-p3');
      const bitmap = await createImageBitmap(canvas);
      const shown = window.pictures.wholeByCanvas(canvas, 16, 16);
      const read = async (source: OffscreenCanvas | ImageBitmap, options: object) => {
        const picture = await openPicture(source, options);
        const difference = window.pictures.largestDifference(await readWhole(picture), shown);
        return [picture.colorSpace, difference];
      };
      return [await read(canvas, { colorSpace: 'srgb' }), await read(bitmap, {})];
    });
    for (const [space, difference] of results) {
      expect(space).toBe('srgb');
      expect(difference).toBeLessThanOrEqual(1);
    }
  });
});

/** A JPEG, stored as EXIF says: red, green, blue and white from the top left as it is to be shown. */
async function exifFile(orientation: number): Promise<Buffer> {
  const shown = Buffer.alloc(3 * 24 * 16);
  for (let i = 0; i < 24 * 16; ++i) {
    const quarter = 2 * Number(i >= 12 * 16) + Number(i % 24 >= 12);
    const colours = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [255, 255, 255],
    ];
    shown.set(colours[quarter]!, 3 * i);
  }
  const mirrored = [2, 4, 5, 7].includes(orientation);
  const raw = { raw: { width: 24, height: 16, channels: 3 } } as const;
  const first = await sharp(shown, raw).flop(mirrored).png().toBuffer();
  const turns = [0, 0, 0, 180, 180, 270, 270, 90, 90][orientation]!;
  const jpeg = await sharp(first).rotate(turns).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer();
  return withOrientation(jpeg, orientation);
}

for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`a photograph is turned as EXIF's orientation ${orientation} says`, async ({ page }) => {
    const url = await serveFile(page, 'exif.jpg', 'image/jpeg', await exifFile(orientation));
    const results = await page.evaluate(async (url) => {
      const image = Object.assign(new Image(), { src: url });
      const unturned = Object.assign(new Image(), { src: url });
      unturned.style.imageOrientation = 'none';
      document.body.append(unturned);
      await unturned.decode();
      const results = [];
      for (const source of [url, await (await fetch(url)).blob(), image, unturned]) {
        const picture = await window.pictures.openPicture(source);
        const { width, height } = picture;
        const corner = async (x: number, y: number) => {
          const { data } = await picture.read({ x, y, width: 1, height: 1 });
          return Array.from(data.slice(0, 3), (level) => Math.round(level / 255)).join('');
        };
        const right = width - 2;
        const below = height - 2;
        const corners = [await corner(1, 1), await corner(right, 1), await corner(1, below)];
        results.push([width, height, ...corners].join(' '));
      }
      return results;
    }, url);
    expect(results).toEqual(new Array(4).fill('24 16 100 010 001'));
  });
}

test.describe('an image', () => {
  const file = () => sharp({ create: { width: 64, height: 48, channels: 3, background: '#0f0' } });
  const sizeOf = (page: Page, html: string) =>
    page.evaluate(async (html) => {
      document.body.innerHTML = html;
      const image = document.querySelector<HTMLElement>('picture, img, video')!;
      const picture = await window.pictures.openPicture(image);
      const { data } = await picture.read({ x: picture.width - 1, y: 0, width: 1, height: 1 });
      return [picture.width, picture.height, ...data];
    }, html);
  const whole = [64, 48, 0, 255, 0, 255];

  for (const [what, html] of [
    ['shown smaller', '<img src="green.png" width="7" style="object-fit: cover">'],
    ['of a density', '<img srcset="green.png 2x">'],
    ['of a picture element', '<picture><source srcset="green.png"><img src="x.png"></picture>'],
    [
      'not loaded before it is seen',
      '<p style="height: 20000px"></p><img loading="lazy" src="green.png">',
    ],
    ['not shown', '<img src="green.png" hidden>'],
  ] as const) {
    test(`${what} is read as large as its file is`, async ({ page }) => {
      await serveFile(page, 'green.png', 'image/png', await file().png().toBuffer());
      expect(await sizeOf(page, html)).toEqual(whole);
    });
  }

  test('whose body has not arrived is awaited', async ({ page }) => {
    const body = await file().png().toBuffer();
    await page.route('**/late.png', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.fulfill({ body, contentType: 'image/png' });
    });
    expect(await sizeOf(page, '<img src="late.png" width="2">')).toEqual(whole);
  });

  test('of another origin that does not share it is refused by that', async ({ page }) => {
    const body = await file().png().toBuffer();
    await page.route('http://elsewhere.test/a.png', (route) =>
      route.fulfill({ body, contentType: 'image/png' }),
    );
    const failure = await page.evaluate(() =>
      window.pictures.failureOf(async () => {
        const image = Object.assign(new Image(), { src: 'http://elsewhere.test/a.png' });
        const picture = await window.pictures.openPicture(image);
        await window.pictures.readWhole(picture);
      }),
    );
    expect(failure).toMatchObject({ code: 'InvalidInput' });
    expect(failure!.message).toContain('CORS');
  });
});

test('a video is the frame that it shows, once it has one', async ({ page }) => {
  const result = await page.evaluate(async () => {
    const { openPicture, canvasOf, opaque, randomPixels, partsDiffer } = window.pictures;
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 48 });
    const context = canvas.getContext('2d')!;
    context.drawImage(canvasOf(opaque(randomPixels(64, 48))), 0, 0);
    const video = Object.assign(document.createElement('video'), { muted: true, width: 32 });
    const early = await window.pictures.failureOf(() => openPicture(video));
    video.srcObject = canvas.captureStream();
    const playing = video.play();
    // Nothing has been awaited.
    const picture = await openPicture(video);
    await playing;
    return [picture.width, picture.height, await partsDiffer(picture), early?.message];
  });
  expect(result.slice(0, 3)).toEqual([64, 48, 0]);
  expect(result[3]).toContain("await its 'loadeddata'");
});

test('a file larger than any canvas is read', async ({ page }) => {
  const row = Buffer.from(Uint8Array.from({ length: 3 * 70_000 }, (_, i) => (i * 7) >> (i % 3)));
  const png = await sharp(row, { raw: { width: 70_000, height: 1, channels: 3 } })
    .png()
    .toBuffer();
  const url = await serveFile(page, 'wide.png', 'image/png', png);
  const [width, ...pixel] = await page.evaluate(async (url) => {
    const picture = await window.pictures.openPicture(url);
    const { data } = await picture.read({ x: 69_990, y: 0, width: 4, height: 1 });
    return [picture.width, ...data.slice(0, 3)];
  }, url);
  expect([width, ...pixel]).toEqual([70_000, ...row.subarray(3 * 69_990, 3 * 69_991)]);
});

test('an SVG is as large as it says', async ({ page }) => {
  const results = await page.evaluate(async () => {
    const { openPicture, failureOf, partsDiffer } = window.pictures;
    const svg = (attributes: string) =>
      new Blob(
        [
          `<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>`,
          '<circle cx="9" cy="9" r="7" fill="red"/></svg>',
        ],
        { type: 'image/svg+xml' },
      );
    const picture = await openPicture(svg('width="30" height="20"'));
    const { data } = await picture.read({ x: 9, y: 9, width: 1, height: 1 });
    const none = await failureOf(() => openPicture(svg('width="0" height="0"')));
    return [picture.width, picture.height, ...data, await partsDiffer(picture), none?.code];
  });
  expect(results).toEqual([30, 20, 255, 0, 0, 255, 0, 'InvalidInput']);
});

test('a download tells its progress and ends when aborted', async ({ page }) => {
  const noise = Buffer.from(Uint8Array.from({ length: 3 * 40_000 }, (_, i) => (i * i) >> 3));
  const png = await sharp(noise, { raw: { width: 200, height: 200, channels: 3 } })
    .png()
    .toBuffer();
  const url = await serveFile(page, 'noise.png', 'image/png', png);
  const results = await page.evaluate(async (url) => {
    const seen: number[] = [];
    const onProgress = (done: number) => void seen.push(done);
    await window.pictures.openPicture(url, { onProgress });
    const controller = new AbortController();
    const opening = window.pictures.openPicture(url, { signal: controller.signal });
    controller.abort();
    const aborted = await window.pictures.failureOf(() => opening);
    return { last: seen.at(-1), aborted: aborted?.code };
  }, url);
  expect(results).toEqual({ last: png.length, aborted: 'Aborted' });
});

test('what is nothing to read is refused by what it is', async ({ page }) => {
  await serveFile(page, 'broken.png', 'image/png', Buffer.from('no picture'));
  const failures = await page.evaluate(async () => {
    const closed = await createImageBitmap(new ImageData(2, 2));
    closed.close();
    const frame = new VideoFrame(window.pictures.canvasOf(window.pictures.randomPixels(2, 2)), {
      timestamp: 0,
    });
    frame.close();
    const canvas = (width: number, height: number) =>
      Object.assign(document.createElement('canvas'), { width, height });
    const sources: [string, unknown][] = [
      ['no img in it', document.createElement('picture')],
      ['cannot be decoded', Object.assign(new Image(), { src: 'broken.png' })],
      ['cannot be decoded', new Image()],
      ['no picture that this browser decodes', 'broken.png'],
      ['closed or transferred', closed],
      ['VideoFrame is closed', frame],
      ['0 x 3 pixels', canvas(0, 3)],
      ['40000000 x 8', canvas(40_000_000, 8)],
      ['no picture that', new Blob(['text'], { type: 'text/plain' })],
      ['{ data, width, height }', new Uint8Array(64)],
      ['not a HTML', document.createElement('div')],
      ['404', 'nowhere.png'],
    ];
    const failures = [];
    for (const [words, source] of sources) {
      const open = () => window.pictures.openPicture(source as HTMLImageElement);
      failures.push([words, await window.pictures.failureOf(open)] as const);
    }
    return failures;
  });
  for (const [words, failure] of failures) {
    expect(failure?.code).toBe(words === '404' ? 'NetworkError' : 'InvalidInput');
    expect(failure?.message).toContain(words);
  }
});
