import { describe, expect, test } from '@jest/globals';
import readExif from 'exif-reader';
import sharp, { type Sharp } from 'sharp';
import { chunk } from '../../web/src/pictures/png-chunk.js';
import { encodeResult, type FileType } from '../src/saving/save-picture.js';

const types = ['image/jpeg', 'image/png', 'image/webp'] as const;

/** The encoder of sharp for a type. */
const encoders = { 'image/jpeg': 'jpeg', 'image/png': 'png', 'image/webp': 'webp' } as const;

function picture(width: number, height: number): Sharp {
  return sharp({ create: { width, height, channels: 3, background: '#c05030' } });
}

/** A photo as a camera held on its side writes it. */
async function photo(type: FileType): Promise<Buffer> {
  const held = picture(30, 20).withExif({
    IFD0: { Make: 'Camera', Copyright: 'Ada' },
    IFD2: { LensModel: 'A fine one', PixelXDimension: '30', PixelYDimension: '20' },
    IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 3230/100' },
  });
  return held.withMetadata({ orientation: 6 })[encoders[type]]().toBuffer();
}

/** What encodes as a browser's canvas of that size does. */
function canvasOf(width: number, height: number): OffscreenCanvas {
  const convertToBlob = async ({ type }: { type: FileType }) => {
    const file = await picture(width, height)[encoders[type]]().toBuffer();
    return new Blob([new Uint8Array(file)], { type });
  };
  return { width, height, convertToBlob } as unknown as OffscreenCanvas;
}

async function saved(original: Uint8Array, type: FileType): Promise<Buffer> {
  const result = { width: 40, height: 60, canvas: canvasOf(40, 60), colorSpace: 'srgb' } as const;
  const file = new Blob([new Uint8Array(original)]);
  const blob = await encodeResult(result, { type, quality: 0.9 }, file);
  expect(blob.type).toBe(type);
  return Buffer.from(await blob.arrayBuffer());
}

/** The EXIF of a file as sharp finds it, read by another library. */
async function exifOf(file: Buffer): Promise<ReturnType<typeof readExif>> {
  const { exif } = await sharp(file).metadata();
  return readExif(exif!);
}

describe.each(types)('EXIF of %s', (from) => {
  test.each(types)('is kept in %s, upright and of the new size', async (to) => {
    const original = await photo(from);
    expect((await sharp(original).metadata()).orientation).toBe(6);
    const file = await saved(original, to);
    const { Image, Photo, GPSInfo } = await exifOf(file);
    expect(Image).toMatchObject({ Make: 'Camera', Copyright: 'Ada', Orientation: 1 });
    expect(Photo).toMatchObject({
      LensModel: 'A fine one',
      PixelXDimension: 40,
      PixelYDimension: 60,
    });
    expect(GPSInfo).toMatchObject({ GPSLatitude: [51, 30, 32.3] });
    const { width, height, orientation } = await sharp(file).metadata();
    expect({ width, height, orientation }).toEqual({ width: 40, height: 60, orientation: 1 });
    // The pixels are still there.
    const [red] = await sharp(file).raw().toBuffer();
    expect(Math.abs(red! - 0xc0)).toBeLessThan(4);
  });
});

test.each(types)('a %s of what has no EXIF has none', async (type) => {
  const plain = await picture(30, 20).png().toBuffer();
  expect((await sharp(await saved(plain, type)).metadata()).exif).toBeUndefined();
});

/** EXIF with a thumbnail, of either byte order: directory 0 with a copyright, directory 1 with the picture. */
function exifWithThumbnail(thumbnail: Buffer, isLittle: boolean, isLast = true): Buffer {
  const tiff = Buffer.alloc(8 + 2 + 24 + 4 + 2 + 24 + 4);
  const uint16 = (value: number, at: number) =>
    isLittle ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at);
  const uint32 = (value: number, at: number) =>
    isLittle ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at);
  const entry = (at: number, tag: number, type: number, count: number, value: number) => {
    uint16(tag, at);
    uint16(type, at + 2);
    uint32(count, at + 4);
    (type === 3 ? uint16 : uint32)(value, at + 8);
  };
  tiff.write(isLittle ? 'II*\0' : 'MM\0*', 0, 'latin1');
  uint32(8, 4);
  const words = Buffer.from('Ada Lovelace\0', 'latin1');
  const [first, second] = isLast ? [words, thumbnail] : [thumbnail, words];
  const [wordsAt, thumbnailAt] = isLast
    ? [tiff.length, tiff.length + first.length]
    : [tiff.length + first.length, tiff.length];
  uint16(2, 8);
  entry(10, 0x112, 3, 1, 8);
  entry(22, 0x8298, 2, words.length, wordsAt);
  uint32(38, 34);
  uint16(2, 38);
  entry(40, 0x201, 4, 1, thumbnailAt);
  entry(52, 0x202, 4, 1, thumbnail.length);
  return Buffer.concat([tiff, first, second]);
}

/** A JPEG with that EXIF. */
async function jpegWith(exif: Uint8Array): Promise<Buffer> {
  const jpeg = await picture(30, 20).jpeg().toBuffer();
  const payload = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exif]);
  const marker = Buffer.from([0xff, 0xe1, 0, 0]);
  marker.writeUInt16BE(payload.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), marker, payload, jpeg.subarray(2)]);
}

describe.each(['little', 'big'])('EXIF of %s endian', (order) => {
  test.each([true, false])('loses its thumbnail; that is last: %s', async (isLast) => {
    const thumbnail = Buffer.from(Array.from({ length: 200 }, (_, index) => (97 * index) & 255));
    const exif = exifWithThumbnail(thumbnail, order === 'little', isLast);
    const file = await saved(await jpegWith(exif), 'image/jpeg');
    const { Image, Thumbnail } = await exifOf(file);
    expect(Image).toMatchObject({ Copyright: 'Ada Lovelace', Orientation: 1 });
    expect(Thumbnail).toBeUndefined();
    expect(file.includes(thumbnail.subarray(0, 8))).toBe(false);
    const kept = (await sharp(file).metadata()).exif!;
    expect(kept.length - 6).toBe(exif.length - (isLast ? thumbnail.length : 0));
  });
});

test('EXIF that cannot be read is left out, and the picture is saved', async () => {
  const whole = exifWithThumbnail(Buffer.alloc(40, 7), true);
  const wrongOffset = Buffer.from(whole);
  wrongOffset.writeUInt32LE(0xfffffff0, 4);
  for (const exif of [Buffer.from('no TIFF at all'), whole.subarray(0, 30), wrongOffset]) {
    const file = await saved(await jpegWith(exif), 'image/webp');
    const { width, exif: found } = await sharp(file).metadata();
    expect({ width, found }).toEqual({ width: 40, found: undefined });
  }
});

test('damaged files have no EXIF, wherever they end', async () => {
  for (const type of types) {
    const file = await photo(type);
    for (let length = 0; length < Math.min(file.length, 700); length += 7) {
      const { width } = await sharp(await saved(file.subarray(0, length), type)).metadata();
      expect(width).toBe(40);
    }
  }
});

test('EXIF that is more than a JPEG holds is left out of it', async () => {
  const exif = exifWithThumbnail(Buffer.alloc(70_000, 7), true, false);
  const png = await picture(30, 20).png().toBuffer();
  const original = Buffer.concat([png.subarray(0, 33), chunk('eXIf', exif), png.subarray(33)]);
  expect((await sharp(await saved(original, 'image/jpeg')).metadata()).exif).toBeUndefined();
  const { Image } = await exifOf(await saved(original, 'image/png'));
  expect(Image).toMatchObject({ Copyright: 'Ada Lovelace', Orientation: 1 });
});

test.each([true, false])('a WebP without a header keeps its alpha: %s', async (isTransparent) => {
  const background = { r: 200, g: 80, b: 40, alpha: isTransparent ? 0.5 : 1 };
  const convertToBlob = async () => {
    const create = { width: 40, height: 60, channels: 4, background } as const;
    const file = await sharp({ create }).webp({ lossless: true }).toBuffer();
    expect(file.subarray(12, 16).toString()).toBe('VP8L');
    return new Blob([new Uint8Array(file)], { type: 'image/webp' });
  };
  const canvas = { convertToBlob } as unknown as OffscreenCanvas;
  const result = { width: 40, height: 60, canvas, colorSpace: 'srgb' } as const;
  const original = new Blob([new Uint8Array(await photo('image/jpeg'))]);
  const blob = await encodeResult(result, { type: 'image/webp', quality: 1 }, original);
  const file = Buffer.from(await blob.arrayBuffer());
  expect(await sharp(file).metadata()).toMatchObject({ hasAlpha: isTransparent, orientation: 1 });
  expect((await exifOf(file)).Image).toMatchObject({ Make: 'Camera' });
});

test('a PNG says what its colours mean', async () => {
  for (const [colorSpace, type] of [
    ['srgb', 'sRGB'],
    ['display-p3', 'cICP'],
  ] as const) {
    const result = { width: 4, height: 6, canvas: canvasOf(4, 6), colorSpace };
    const blob = await encodeResult(result, { type: 'image/png', quality: 1 }, undefined);
    const file = Buffer.from(await blob.arrayBuffer());
    expect(file.subarray(37, 41).toString()).toBe(type);
    expect(await sharp(file).metadata()).toMatchObject({ width: 4, height: 6 });
    // Once.
    const again = { width: 4, height: 6, blob, colorSpace };
    const same = await encodeResult(again, { type: 'image/png', quality: 1 }, undefined);
    expect(same.size).toBe(blob.size);
  }
});

test('what no canvas holds is a PNG only, and says so', async () => {
  const blob = new Blob([new Uint8Array(await picture(40, 60).png().toBuffer())]);
  const result = { width: 40, height: 60, blob, colorSpace: 'srgb' } as const;
  const saving = encodeResult(result, { type: 'image/jpeg', quality: 1 }, undefined);
  await expect(saving).rejects.toThrow(/40 × 60 pixels.*Save it as PNG/);
});

test('a format that the browser cannot write is told', async () => {
  const convertToBlob = async () => new Blob([], { type: 'image/png' });
  const canvas = { convertToBlob } as unknown as OffscreenCanvas;
  const result = { width: 40, height: 60, canvas, colorSpace: 'srgb' } as const;
  const saving = encodeResult(result, { type: 'image/webp', quality: 1 }, undefined);
  await expect(saving).rejects.toThrow('This browser cannot save WebP files');
});
