// Pixels in memory, read part by part and put together again.

import { describe, expect, test } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { openPicture, type PictureSource } from '../src/pictures/sources.js';
import {
  bitmapSink,
  canvasSink,
  imageDataSink,
  rawSink,
  tensorSink,
  type ResultInfo,
} from '../src/pictures/sinks.js';
import type { Channels, Component } from '../src/pictures/picture.js';
import {
  cut,
  putInTiles,
  randomParts,
  randomPixels,
  readWhole,
  refusalOf,
} from './support/parts.js';

const [width, height] = [23, 17];

/** Components of chance, as a typed array of a class, and the levels that they stand for. */
const arrays = {
  Uint8Array: [(length: number) => new Uint8Array(length), 'uint8', 255],
  Uint8ClampedArray: [(length: number) => new Uint8ClampedArray(length), 'uint8', 255],
  Buffer: [(length: number) => Buffer.alloc(length), 'uint8', 255],
  Uint16Array: [(length: number) => new Uint16Array(length), 'uint16', 65535],
  Float32Array: [(length: number) => new Float32Array(length), 'float32', 1],
} as const;

function filled(make: (length: number) => Uint8Array | Float32Array | Uint16Array, white: number) {
  return (channels: number) => {
    const random = randomPixels(width, height * channels, true).data;
    const data = make(width * height * channels);
    for (let i = 0; i < data.length; ++i) {
      data[i] = white === 1 ? random[i]! / 255 : Math.round((random[i]! / 255) * white);
    }
    return data;
  };
}

describe.each(Object.entries(arrays))('%s', (_, [make, component, white]) => {
  const components = filled(make as (length: number) => Uint8Array, white);

  test.each([1, 2, 3, 4] as const)('of %i channels is read as RGBA', async (channels) => {
    const data = components(channels);
    const picture = await openPicture({ data, width, height, channels });
    expect(picture).toMatchObject({ width, height, channels, component, colorSpace: 'srgb' });
    const whole = await readWhole(picture);
    expect(whole.data).toBeInstanceOf(component === 'uint8' ? Uint8ClampedArray : Float32Array);
    const order = [
      [0, 0, 0],
      [0, 0, 0, 1],
      [0, 1, 2],
      [0, 1, 2, 3],
    ][channels - 1]!;
    const levels = Array.from(whole.data, (_, i) => {
      const channel = order[i % 4];
      if (channel === undefined) return 255;
      return (data[channels * (i >> 2) + channel]! * 255) / white;
    });
    for (const [i, level] of whole.data.entries()) expect(level).toBeCloseTo(levels[i]!, 3);
  });

  test.each([1, 2, 3, 4] as const)('of %i channels is read in parts', async (channels) => {
    const picture = await openPicture({ data: components(channels), width, height });
    const whole = await readWhole(picture);
    for (const part of randomParts(width, height)) {
      expect(await picture.read(part)).toEqual(cut(whole, part));
    }
    await picture.close();
  });

  test.each([1, 2, 3, 4] as const)('of %i channels comes back as it was', async (channels) => {
    const data = components(channels);
    const picture = await openPicture({ data, width, height });
    const raw = await putInTiles(rawSink(picture), await readWhole(picture), 6);
    expect(raw).toMatchObject({ width, height, channels, colorSpace: 'srgb' });
    expect(raw.data.length).toBe(data.length);
    expect(raw.data).toBeInstanceOf(
      { uint8: Uint8ClampedArray, uint16: Uint16Array, float32: Float32Array }[component],
    );
    for (const [i, value] of Array.from(raw.data).entries()) {
      if (white === 1) expect(value).toBeCloseTo(data[i]!, 6);
      else expect(value).toBe(data[i]);
    }
  });
});

test('what is read is nobody else’s', async () => {
  const data = new Uint8ClampedArray(16).fill(9);
  const picture = await openPicture({ data, width: 2, height: 2 });
  const { data: read } = await readWhole(picture);
  structuredClone(read, { transfer: [read.buffer as ArrayBuffer] });
  expect([...data]).toEqual(new Array(16).fill(9));
  expect((await readWhole(picture)).data[0]).toBe(9);
});

test('pixels of another realm are taken', async () => {
  const source = runInNewContext('({ data: new Uint8Array(3), width: 1, height: 1 })') as never;
  expect((await openPicture(source)).channels).toBe(3);
});

test('as many channels are inferred as the data are long for', async () => {
  // Four times as long is four channels of one pixel or one of four: the size tells.
  const data = new Uint8Array(12);
  expect((await openPicture({ data, width: 3, height: 1 })).channels).toBe(4);
  expect((await openPicture({ data, width: 4, height: 1 })).channels).toBe(3);
  expect((await openPicture({ data, width: 4, height: 3 })).channels).toBe(1);
});

test('components beyond 0..1 are cut off', async () => {
  const data = Float32Array.of(-3, 2, Infinity, -Infinity);
  const { data: levels } = await readWhole(await openPicture({ data, width: 1, height: 1 }));
  expect([...levels]).toEqual([0, 255, 255, 0]);
});

test('NaN is told by its place once it is read', async () => {
  const data = new Float32Array(3 * width * height);
  data[3 * (5 * width + 7) + 2] = NaN;
  const picture = await openPicture({ data, width, height });
  await picture.read({ x: 0, y: 0, width, height: 5 });
  const error = await refusalOf(() => picture.read({ x: 4, y: 3, width: 8, height: 8 }));
  expect(error.code).toBe('InvalidInput');
  expect(error.message).toContain('NaN at (7, 5)');
});

describe('a picture is refused: ', () => {
  const bytes = (length: number) => new Uint8Array(length);
  test.each<[string, unknown, string]>([
    ['too short', { data: bytes(16), width: 2, height: 3 }, '24 bytes of RGBA'],
    ['too long', { data: bytes(25), width: 2, height: 3 }, 'not 25'],
    ['other channels', { data: bytes(24), width: 2, height: 3, channels: 3 }, '18 bytes in 3'],
    ['no channels', { data: bytes(24), width: 2, height: 3, channels: 0 }, 'not 0'],
    ['five channels', { data: bytes(30), width: 2, height: 3, channels: 5 }, 'not 5'],
    ['channels by name', { data: bytes(24), width: 2, height: 3, channels: 'rgba' }, "'rgba'"],
    ['signed bytes', { data: new Int8Array(24), width: 2, height: 3 }, 'not Int8Array'],
    ['doubles', { data: new Float64Array(24), width: 2, height: 3 }, 'not Float64Array'],
    ['no size', { data: bytes(24) }, 'undefined x undefined'],
    ['an element of a page, in Node', { tagName: 'IMG' }, 'not an object'],
  ])('%s', async (_, source, words) => {
    const error = await refusalOf(() => openPicture(source as PictureSource));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain(words);
  });

  test('asked for in another space', async () => {
    const picture = { data: bytes(4), width: 1, height: 1 };
    await expect(openPicture(picture, { colorSpace: 'display-p3' })).rejects.toThrow('in srgb');
    const wide = await openPicture({ ...picture, colorSpace: 'display-p3' });
    expect(wide.colorSpace).toBe('display-p3');
  });

  test('that was aborted before or meanwhile', async () => {
    const picture = { data: bytes(4), width: 1, height: 1 };
    const signal = AbortSignal.abort();
    const aborted = { code: 'Aborted', name: 'AbortError' };
    await expect(openPicture(picture, { signal })).rejects.toMatchObject(aborted);
    const opened = await openPicture(picture);
    const part = { x: 0, y: 0, width: 1, height: 1 };
    await expect(opened.read(part, signal)).rejects.toMatchObject(aborted);
  });
});

describe('a result', () => {
  const info = (channels: Channels, component: Component = 'uint8'): ResultInfo => ({
    width,
    height,
    channels,
    component,
    colorSpace: 'display-p3',
  });
  const pixels = randomPixels(width, height);

  test('of one part is taken as it is', async () => {
    const whole = cut(pixels, { x: 0, y: 0, width, height });
    const sink = imageDataSink(info(3));
    await sink.put(0, 0, whole);
    const result = await sink.finish();
    expect(result.data).toBe(whole.data);
    expect(result).toMatchObject({ width, height, colorSpace: 'display-p3' });
  });

  test.each(['uint8', 'uint16', 'float16', 'float32'] as const)(
    'of %s is bytes where no deep ImageData are',
    async (component) => {
      const result = await putInTiles(imageDataSink(info(1, component)), pixels, 8);
      expect(result.data).toEqual(pixels.data);
    },
  );

  test('is a tensor of planes', async () => {
    for (const channels of [1, 2, 3, 4] as const) {
      const grey = { ...pixels, data: pixels.data.map((_, i) => pixels.data[i < 4 ? i : i & ~3]!) };
      const source = channels < 3 ? grey : pixels;
      const tensor = await putInTiles(tensorSink(info(channels)), source, 8);
      expect(tensor.type).toBe('float32');
      expect(tensor.dims).toEqual([1, channels, height, width]);
      const order = [[0], [0, 3], [0, 1, 2], [0, 1, 2, 3]][channels - 1]!;
      for (const [channel, from] of order.entries()) {
        for (const pixel of [1, 22, 150, width * height - 1]) {
          const value = tensor.data[channel * width * height + pixel]!;
          expect(value).toBeCloseTo(source.data[4 * pixel + from]! / 255, 6);
        }
      }
    }
  });

  test('goes onto a canvas of a library as that has it, and onto none where there is none', async () => {
    const drawn: unknown[] = [];
    const context = {
      canvas: { width: 1, height: 1 },
      createImageData: (wide: number, high: number) => ({
        data: new Uint8ClampedArray(4 * wide * high),
        library: true,
      }),
      putImageData: (image: { library: boolean }, x: number, y: number) =>
        drawn.push([image.library, x, y]),
      getImageData: () => ({ data: [0, 0, 0, 255] }),
    };
    const canvas = Object.assign(context.canvas, { getContext: () => context });
    const sink = canvasSink(info(4), canvas as unknown as OffscreenCanvas);
    expect(await putInTiles(sink, pixels, 16)).toBe(canvas);
    expect([canvas.width, canvas.height]).toEqual([width, height]);
    expect(drawn).toContainEqual([true, 16, 0]);
    for (const none of [() => canvasSink(info(4)), () => bitmapSink(info(4))]) {
      const error = await refusalOf(none);
      expect(error.code).toBe('InvalidInput');
      expect(error.message).toContain('no canvases here');
    }
  });

  test('that memory does not hold is told by its bytes', async () => {
    const large = { ...info(4, 'float32'), width: 2 ** 24, height: 2 ** 20 };
    const error = await refusalOf(() => rawSink(large));
    expect([error.code, error.fields.bytes]).toEqual(['OutOfMemory', String(2 ** 48)]);
  });
});
