// PNGs that are written row by row, decoded by others.

import { describe, expect, test } from '@jest/globals';
import { PNG } from 'pngjs';
import sharp from 'sharp';
import type { Channels, Component } from '../src/pictures/picture.js';
import type { ColorSpace, Pixels } from '../src/pictures/pixels.js';
import { blobSink } from '../src/pictures/sinks.js';
import { putInTiles, randomPixels } from './support/parts.js';

/** A PNG of pixels that are put in tiles. */
async function written(
  pixels: Pixels,
  channels: Channels = 4,
  component: Component = 'uint8',
  colorSpace: ColorSpace = 'srgb',
): Promise<Buffer> {
  const { width, height } = pixels;
  const info = { width, height, colorSpace, component, channels };
  const blob = await putInTiles(blobSink(info, { type: 'image/png' }), pixels, 5);
  expect(blob.type).toBe('image/png');
  return Buffer.from(await blob.arrayBuffer());
}

/** Opaque where there is no alpha, grey where there are no colours. */
function asWritten({ data, width, height }: Pixels, channels: Channels): Pixels {
  const kept = data.map((level, i) => {
    if (i % 4 === 3) return channels % 2 === 0 ? level : 255;
    return channels < 3 ? data[i - (i % 4)]! : level;
  });
  return { data: kept, width, height };
}

const sizes = [1, 2, 3, 4, 5, 7, 8, 13, 33].map((width) => [width, 1 + (width % 6)] as const);

describe.each([1, 2, 3, 4] as const)('a PNG of %i channels', (channels) => {
  test.each(sizes)('of 8 bits and %i x %i pixels', async (width, height) => {
    const pixels = asWritten(randomPixels(width, height), channels);
    const file = await written(pixels, channels);
    const { depth, channels: found } = await sharp(file).metadata();
    expect([depth, found]).toEqual(['uchar', channels]);
    expect([...PNG.sync.read(file).data]).toEqual([...pixels.data]);
    const decoded = await sharp(file).toColourspace('srgb').ensureAlpha().raw().toBuffer();
    expect([...decoded]).toEqual([...pixels.data]);
  });

  test.each(sizes)('of 16 bits and %i x %i pixels', async (width, height) => {
    const pixels = asWritten(randomPixels(width, height, true), channels);
    for (const component of ['uint16', 'float16', 'float32'] as const) {
      const file = await written(pixels, channels, component);
      const { depth, channels: found } = await sharp(file).metadata();
      expect([depth, found]).toEqual(['ushort', channels]);
      const decoded = await sharp(file)
        .toColourspace('rgb16')
        .ensureAlpha()
        .raw({ depth: 'ushort' })
        .toBuffer();
      const values = new Uint16Array(Uint8Array.from(decoded).buffer);
      expect([...values]).toEqual(Array.from(pixels.data, (level) => Math.round(level * 257)));
    }
  });
});

test('a PNG of smooth rows is smaller than unfiltered ones', async () => {
  const [width, height] = [256, 256];
  const data = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; ++i) {
    const [x, y] = [i % width, Math.floor(i / width)];
    data.set([x ^ (y >> 3), (x * y) >> 8, 255 - y, 255], 4 * i);
  }
  const file = await written({ data, width, height });
  expect(PNG.sync.read(file).data.equals(Buffer.from(data))).toBe(true);
  const unfiltered = await sharp(data, { raw: { width, height, channels: 4 } })
    .png({ adaptiveFiltering: false })
    .toBuffer();
  expect(file.length).toBeLessThan(unfiltered.length);
});

test('a PNG says which space its colours are in', async () => {
  const pixels = randomPixels(3, 2);
  const chunksOf = (file: Buffer) => file.toString('latin1').match(/IHDR|sRGB|cICP|IDAT|IEND/g);
  expect(chunksOf(await written(pixels))).toEqual(['IHDR', 'sRGB', 'IDAT', 'IEND']);
  const wide = await written(pixels, 4, 'uint8', 'display-p3');
  expect(chunksOf(wide)).toEqual(['IHDR', 'cICP', 'IDAT', 'IEND']);
});

test('a PNG that is large is compressed in pieces, between which other events are handled', async () => {
  // A row of more than one piece, in more than one chunk.
  const pixels = randomPixels(24_000, 8);
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  const file = await written(pixels);
  clearInterval(counting);
  expect(turns).toBeGreaterThan(1);
  expect(PNG.sync.read(file).data.equals(Buffer.from(pixels.data))).toBe(true);
});

test('a PNG that lacks parts or is given up is none', async () => {
  const info = {
    width: 4,
    height: 4,
    colorSpace: 'srgb',
    component: 'uint8',
    channels: 4,
  } as const;
  const sink = blobSink(info, { type: 'image/png' });
  await sink.put(0, 0, randomPixels(4, 3));
  await expect(async () => sink.finish()).rejects.toThrow('3 of 4 rows');
  sink.abort();
  expect(() => blobSink({ ...info, width: 2 ** 31 }, { type: 'image/png' })).toThrow('2147483647');
});
