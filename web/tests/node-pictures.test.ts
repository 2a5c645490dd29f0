// Files of pictures in Node, by the package sharp.

import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { withOrientation } from '../../tests/support/pictures.js';
import { openPicture, type PictureSource } from '../src/pictures/sources.js';
import { blobSink, rawSink } from '../src/pictures/sinks.js';
import {
  cut,
  putInTiles,
  randomParts,
  randomPixels,
  readWhole,
  refusalOf,
} from './support/parts.js';

const [width, height] = [24, 16];
const pixels = randomPixels(width, height);
const raw = { raw: { width, height, channels: 4 } } as const;
let folder: string;
let png: Buffer;
let server: Server;

beforeAll(async () => {
  png = await sharp(pixels.data as Uint8ClampedArray, raw)
    .png()
    .toBuffer();
  folder = await mkdtemp(join(tmpdir(), 'fovea-'));
  await writeFile(join(folder, 'a.png'), png);
  server = createServer((_, response) => response.end(png)).listen(0);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  server.close();
});

describe('a picture is read from', () => {
  test.each<[string, () => PictureSource]>([
    ['a path', () => join(folder, 'a.png')],
    ['a file: URL', () => pathToFileURL(join(folder, 'a.png'))],
    ['a file: address', () => pathToFileURL(join(folder, 'a.png')).href],
    ['an address', () => `http://localhost:${(server.address() as AddressInfo).port}/a.png`],
    ['a Buffer', () => png],
    ['a Uint8Array', () => Uint8Array.from(png)],
    ['an ArrayBuffer', () => Uint8Array.from(png).buffer],
    ['a Blob', () => new Blob([Uint8Array.from(png)])],
    ['a Response', () => new Response(Uint8Array.from(png))],
    ['a picture of sharp', () => sharp(png)],
    ['raw pixels of sharp', () => sharp(pixels.data as Uint8ClampedArray, raw)],
  ])('%s', async (_, source) => {
    const picture = await openPicture(source());
    expect(picture).toMatchObject({ width, height, component: 'uint8', channels: 4 });
    const whole = await readWhole(picture);
    expect(whole).toEqual(pixels);
    for (const part of randomParts(width, height, 4)) {
      expect(await picture.read(part)).toEqual(cut(whole, part));
    }
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('a JPEG of EXIF orientation %i', async (orientation) => {
    // Red at the top left, green at the top right, blue at the bottom left, as it is to be shown.
    const shown = Buffer.alloc(3 * width * height);
    for (let i = 0; i < width * height; ++i) {
      const [right, below] = [i % width >= width / 2, i >= (width * height) / 2];
      shown.set(
        below ? (right ? [255, 255, 255] : [0, 0, 255]) : right ? [0, 255, 0] : [255, 0, 0],
        3 * i,
      );
    }
    let stored = sharp(shown, { raw: { width, height, channels: 3 } });
    // What a viewer undoes, in the order that it undoes it.
    const turns = [0, 0, 0, 180, 180, 270, 270, 90, 90][orientation]!;
    const mirrored = [2, 4, 5, 7].includes(orientation);
    if (mirrored) stored = sharp(await stored.flop().png().toBuffer());
    const turned = await stored
      .rotate(turns)
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const picture = await openPicture(withOrientation(turned, orientation));
    expect(picture).toMatchObject({ width, height, channels: 3 });
    const corner = async (x: number, y: number) =>
      [...(await picture.read({ x, y, width: 1, height: 1 })).data].map((level) =>
        Math.round(level / 255),
      );
    expect(await corner(1, 1)).toEqual([1, 0, 0, 1]);
    expect(await corner(width - 2, 1)).toEqual([0, 1, 0, 1]);
    expect(await corner(1, height - 2)).toEqual([0, 0, 1, 1]);
  });

  test.each([1, 2, 3, 4] as const)('a PNG of 16 bits and %i channels', async (channels) => {
    const deep = randomPixels(width, height, true);
    const info = { width, height, colorSpace: 'srgb', component: 'uint16', channels } as const;
    const file = await putInTiles(blobSink(info, { type: 'image/png' }), deep, 9);
    const written = await putInTiles(rawSink(info), deep, 9);
    const picture = await openPicture(file);
    expect(picture).toMatchObject({ component: 'uint16', channels });
    const read = await putInTiles(rawSink(picture), await readWhole(picture), 7);
    expect(read.data).toEqual(written.data);
  });

  test.each([1, 2, 3] as const)('a PNG of 8 bits and %i channels', async (channels) => {
    const info = { width, height, colorSpace: 'srgb', component: 'uint8', channels } as const;
    const file = await putInTiles(blobSink(info, { type: 'image/png' }), pixels, 9);
    expect(await openPicture(file)).toMatchObject({ component: 'uint8', channels });
  });

  test('a file in other colours', async () => {
    const red = { create: { width: 2, height: 2, channels: 3, background: '#f00' } } as const;
    const wide = await sharp(red).withIccProfile('p3').png().toBuffer();
    const first = async (source: PictureSource, colorSpace?: 'display-p3') => {
      const picture = await openPicture(source, { colorSpace });
      return [picture.colorSpace, ...(await readWhole(picture)).data.slice(0, 4)];
    };
    expect(await first(wide)).toEqual(['srgb', 255, 0, 0, 255]);
    expect(await first(wide, 'display-p3')).toEqual(['display-p3', 234, 51, 34, 255]);
    const cmyk = await sharp(red).toColourspace('cmyk').jpeg().toBuffer();
    const picture = await openPicture(cmyk);
    expect(picture).toMatchObject({ channels: 3, colorSpace: 'srgb' });
  });

  test('a picture of sharp that its owner goes on using', async () => {
    const owned = sharp(png).resize(12, 8);
    expect(await openPicture(owned)).toMatchObject({ width: 12, height: 8 });
    const { info } = await owned.clone().toBuffer({ resolveWithObject: true });
    expect(info.format).toBe('png');
    expect((await owned.jpeg().toBuffer()).subarray(0, 2).toString('hex')).toBe('ffd8');
  });
});

test('a file arrives with progress', async () => {
  const seen: unknown[] = [];
  const onProgress = (done: number, total: number | undefined) => void seen.push([done, total]);
  await openPicture(join(folder, 'a.png'), { onProgress });
  expect(seen).toEqual([[png.length, png.length]]);
});

describe('a picture is refused: ', () => {
  test.each<[string, PictureSource, string, string]>([
    ['a path that is none', '/nowhere/a.png', 'NetworkError', '/nowhere/a.png'],
    ['bytes that are pixels', new Uint8Array(64), 'InvalidInput', '{ data, width, height }'],
    ['text', new Blob(['text']), 'InvalidInput', '4 bytes'],
    ['a picture of sharp that is none', sharp(Buffer.from('text')), 'InvalidInput', 'by sharp'],
  ])('%s', async (_, source, code, words) => {
    const error = await refusalOf(() => openPicture(source));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  test('a damaged file', async () => {
    const damaged = png.subarray(0, 60);
    await expect(openPicture(damaged)).rejects.toMatchObject({ code: 'InvalidInput' });
  });
});

describe('a file is written of', () => {
  const info = { width, height, colorSpace: 'srgb', component: 'uint8', channels: 3 } as const;

  test.each(['image/webp', 'image/jpeg'] as const)('type %s', async (type) => {
    const size = async (quality?: number) => {
      const blob = await putInTiles(blobSink(info, { type, quality }), pixels, 9);
      expect(blob.type).toBe(type);
      const { format, width: wide } = await sharp(await blob.arrayBuffer()).metadata();
      expect([format, wide]).toEqual([type.slice('image/'.length), width]);
      return blob.size;
    };
    expect(await size(0.1)).toBeLessThan(await size(1));
    await size();
  });

  test('no other colours or sizes than its type has', () => {
    const wide = { ...info, colorSpace: 'display-p3' } as const;
    expect(() => blobSink(wide, { type: 'image/jpeg' })).toThrow('srgb only');
    const large = { ...info, width: 20_000 };
    expect(() => blobSink(large, { type: 'image/webp' })).toThrow('at most 16383');
    expect(() => blobSink(large, { type: 'image/webp' })).toThrow("a PNG ('image/png')");
  });
});

describe('without sharp', () => {
  beforeAll(() => {
    jest.unstable_mockModule('sharp', () => {
      throw new Error("Cannot find package 'sharp'");
    });
  });

  test('files are refused, and their encoding, by what to install', async () => {
    const refused = async (work: () => unknown) => {
      const error = await refusalOf(work);
      expect(error.code).toBe('InvalidInput');
      expect(error.message).toContain('npm install sharp');
    };
    await refused(() => openPicture(png));
    const info = { width, height, colorSpace: 'srgb', component: 'uint8', channels: 4 } as const;
    const sink = blobSink(info, { type: 'image/webp' });
    await refused(() => sink.put(0, 0, pixels));
  });

  test('pictures of sharp still are taken', async () => {
    expect(await readWhole(await openPicture(sharp(png)))).toEqual(pixels);
  });
});
