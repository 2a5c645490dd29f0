// What an upscaler takes and refuses, whatever network it has.

import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { FoveaError, Upscaler, type PictureSource, type Progress } from 'fovea';
import { doublingModel } from './support/enlarging-models.js';
import { failureOf } from './support/errors.js';
import { colourful, largestDifference, makePicture, repeated } from './support/pictures.js';
import { create, releaseAll } from './support/upscalers.js';

let upscaler: Upscaler;

beforeEach(async () => {
  upscaler = await create(doublingModel());
});
afterEach(releaseAll);

const picture = colourful(6, 5);
const doubled = repeated(picture, 2);

/** Still enlarges as before. */
async function expectUsable(): Promise<void> {
  expect(largestDifference(await upscaler.upscale(picture), doubled)).toBe(0);
}

describe('pixels', () => {
  test.each([
    ['Uint8Array', Uint8Array.from(picture.data)],
    ['Buffer', Buffer.from(picture.data)],
    ['Uint16Array', Uint16Array.from(picture.data, (level) => 257 * level)],
    ['Float32Array', Float32Array.from(picture.data, (level) => level / 255)],
    ['part of an array', new Uint8Array([9, ...picture.data, 9]).subarray(1, -1)],
  ])('of %s are taken as what they are', async (_, data) => {
    const { width, height } = picture;
    const result = await upscaler.upscale({ data, width, height });
    expect(result.data).toBeInstanceOf(Uint8ClampedArray);
    expect(largestDifference(result, doubled)).toBe(0);
  });

  test('deeper than bytes reach the network with all their bits', async () => {
    // Brightens by 64, so that what bytes cannot tell apart shows.
    const bright = await create(doublingModel({ gain: 64 }), { range: 1 });
    const data = Uint16Array.from({ length: 8 }, (_, i) =>
      i % 4 === 3 ? 65535 : i < 4 ? 130 : 180,
    );
    const result = await bright.upscale({ data, width: 2, height: 1 });
    const level = (value: number) => Math.round((value / 65535) * 64 * 255);
    expect([result.data[0], result.data[8]]).toEqual([level(130), level(180)]);
    expect(level(130)).not.toBe(level(180));
  });

  test('of luma and of changing alpha are as deep', async () => {
    const luma = await create(doublingModel({ channels: 1 }));
    const soft = makePicture(9, 8, (x, y) => [200, 100, 50, (x * 29 + y * 17) % 256]);
    const { width, height } = soft;
    const data = Float32Array.from(soft.data, (level) => level / 255);
    const deep = await luma.upscale({ data, width, height });
    expect(largestDifference(deep, await luma.upscale(soft))).toBeLessThanOrEqual(1);
  });

  test('that nobody sees come back invisible', async () => {
    const hidden = makePicture(4, 4, () => [9, 8, 7, 0]);
    const { data } = await upscaler.upscale(hidden);
    expect(data.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 0)).toBe(true);
  });

  test('beyond 0..1 are cut off', async () => {
    const data = Float32Array.of(-3, 2, Infinity, 1);
    const result = await upscaler.upscale({ data, width: 1, height: 1 });
    expect([...result.data.slice(0, 4)]).toEqual([0, 255, 255, 255]);
  });

  test('keep their colour space', async () => {
    expect((await upscaler.upscale(picture)).colorSpace).toBe('srgb');
    const wide = { ...picture, colorSpace: 'display-p3' } as const;
    expect((await upscaler.upscale(wide)).colorSpace).toBe('display-p3');
  });
});

describe('a picture is refused: ', () => {
  const sized = (width: unknown, height: unknown, data = new Uint8Array(16)) =>
    ({ data, width, height }) as PictureSource;

  test.each([
    ['null', null, 'not null'],
    ['nothing', undefined, 'not undefined'],
    ['a number', 5, 'not 5'],
    ['an empty object', {}, 'not an object'],
    ['a list', [1, 2, 3, 4], 'not an Array'],
    ["a canvas library's object", { width: 2, height: 2, getContext: () => null }, 'not an object'],
    ['a Blob that is no picture', new Blob(['x']), 'as { data, width, height }'],
    ['another type', sized(2, 2, new Int16Array(16) as never), 'not Int16Array'],
    ['an array of numbers', sized(2, 2, new Array(16).fill(0) as never), 'not an Array'],
    ['no columns', sized(0, 2, new Uint8Array(0)), '0 x 2'],
    ['no size', sized(undefined, undefined), 'undefined x undefined'],
    ['half a pixel', sized(1.6, 2.5), '1.6 x 2.5'],
    ['less than nothing', sized(-2, -2), '-2 x -2'],
    ['NaN', sized(NaN, 2), 'NaN x 2'],
    ['text', sized('2', 2), '2 x 2'],
    ['another length', sized(2, 3), '24 bytes of RGBA, not 16'],
    ['NaN pixels', sized(1, 1, Float32Array.of(0, NaN, 0, 1) as never), 'NaN at (0, 0)'],
    ['another space', { ...picture, colorSpace: 'cmyk' }, "not 'cmyk'"],
  ])('%s', async (_, source, words) => {
    const error = await failureOf(upscaler.upscale(source as PictureSource));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain(words);
    await expectUsable();
  });
});

describe('an option is refused: ', () => {
  test.each([
    ['tile', NaN],
    ['tile', 0],
    ['tile', -16],
    ['tile', 16.5],
    ['tile', Infinity],
    ['tile', '64'],
    ['overlap', NaN],
    ['overlap', -1],
    ['overlap', 0.5],
    ['output', 'canvases'],
    ['output', null],
    ['output', {}],
    ['output', { type: 'image/gif' }],
    ['output', { type: 'image/png', quality: 90 }],
    ['scale', 0],
    ['width', 1.5],
    ['fit', 'stretch'],
    ['ensemble', 4],
    ['resampler', 'lanczos'],
    ['regions', {}],
    ['priority', 'high'],
    ['colorSpace', 'rec2020'],
    ['signal', {}],
    ['signal', true],
    ['onProgress', 'yes'],
    ['tiles', 64],
  ])('%s: %p', async (option, value) => {
    const options = { [option]: value } as object;
    const error = await failureOf(upscaler.upscale(picture, options));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain(`'${option}'`);
    expect(error.fields.option).toBe(option);
    await expectUsable();
  });

  test.each([null, 5, 'fast', []])('all of them: %p', async (options) => {
    const error = await failureOf(upscaler.upscale(picture, options as object));
    expect(error.code).toBe('InvalidInput');
    expect((await failureOf(Upscaler.create(doublingModel(), options as object))).code).toBe(
      'InvalidInput',
    );
  });

  test.each([
    ['scale', NaN],
    ['scale', 0],
    ['scale', -2],
    ['scale', Infinity],
    ['scale', { x: 2 }],
    ['scale', { x: 2, y: NaN }],
    ['range', 0],
    ['range', 65535],
    ['range', '255'],
    ['color', 'RGB'],
    ['order', 'grb'],
    ['multiple', 0],
    ['multiple', NaN],
    ['multiple', 1.5],
    ['tile', 512],
  ])('of a network: %s: %p', async (option, value) => {
    const error = await failureOf(Upscaler.create(doublingModel(), { [option]: value }));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain(`'${option}'`);
  });

  test.each([null, undefined, {}, { width: 0, height: 5 }, { width: 5, height: NaN }])(
    'the size of a profile: %p',
    async (size) => {
      expect((await failureOf(upscaler.profile(size as never))).code).toBe('InvalidInput');
    },
  );
});

describe('pictures in turn', () => {
  const many = { tile: 8, overlap: 0 };

  test('are each enlarged before the next is opened', async () => {
    const order: string[] = [];
    const enlarge = (name: string) =>
      upscaler.upscale(picture, {
        ...many,
        tile: 3,
        onProgress: ({ stage, done, total }) => {
          if (stage === 'tiles') order.push(`${name} ${done} of ${total}`);
        },
      });
    await Promise.all([enlarge('first'), enlarge('second')]);
    const steps = (name: string) => [0, 1, 2, 3, 4].map((done) => `${name} ${done} of 4`);
    expect(order).toEqual([...steps('first'), ...steps('second')]);
  });

  test('are all enlarged before a release', async () => {
    const other = await Upscaler.create(doublingModel());
    const large = colourful(40, 40);
    const enlarging = [other.upscale(large, many), other.upscale(large, many)];
    const released = other.release();
    for (const result of await Promise.all(enlarging)) {
      expect(largestDifference(result, repeated(large, 2))).toBe(0);
    }
    await released;
    expect((await failureOf(other.upscale(picture))).code).toBe('SessionReleased');
  });

  test('are left out once they are aborted', async () => {
    const controller = new AbortController();
    const first = upscaler.upscale(colourful(64, 64), many);
    const onProgress = jest.fn();
    const second = upscaler.upscale(picture, { signal: controller.signal, onProgress });
    controller.abort();
    const error = await failureOf(second);
    expect([error.code, error.name]).toEqual(['Aborted', 'AbortError']);
    await first;
    expect(onProgress).not.toHaveBeenCalled();
    await expectUsable();
  });

  test('do not begin when aborted before', async () => {
    const signal = AbortSignal.abort();
    expect((await failureOf(upscaler.upscale(null as never, { signal }))).code).toBe('Aborted');
    expect((await failureOf(upscaler.upscale(picture, { signal }))).code).toBe('Aborted');
    await expectUsable();
  });

  test.each([0, 1])('end with an error that their progress throws at %p', async (when) => {
    const thrown = new Error('no more');
    const onProgress = ({ stage, done }: Progress) => {
      if (stage === 'tiles' && done === when) throw thrown;
    };
    const error = await failureOf(upscaler.upscale(colourful(20, 20), { ...many, onProgress }));
    expect(error).toBeInstanceOf(FoveaError);
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain('onProgress threw: no more');
    expect(error.cause).toBe(thrown);
    await expectUsable();
  });
});
