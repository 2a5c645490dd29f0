// Sizes, pipelines, regions and ensembles are what their parts give, put together by hand.

import { afterEach, describe, expect, test } from '@jest/globals';
import { Upscaler, type PixelData, type Progress, type UpscaleOptions } from 'fovea';
import { deepModel, doublingModel } from './support/enlarging-models.js';
import { failureOf } from './support/errors.js';
import {
  colourful,
  largestDifference,
  makePicture,
  pixelOf,
  repeated,
  type Rgba,
} from './support/pictures.js';
import { create, releaseAll } from './support/upscalers.js';

afterEach(releaseAll);

const small = { tile: 24, overlap: 4 };
const picture = colourful(61, 47);

describe('any size', () => {
  const size = async (options: UpscaleOptions, { width, height } = { width: 60, height: 40 }) => {
    const upscaler = await create(doublingModel());
    const result = await upscaler.upscale(colourful(width, height), { ...options, output: 'raw' });
    return [result.width, result.height];
  };

  test.each<[string, UpscaleOptions, [number, number]]>([
    ['of its own factor', {}, [120, 80]],
    ['of a factor in between', { scale: 1.5 }, [90, 60]],
    ['beyond its factor', { scale: 3 }, [180, 120]],
    ['beyond its factor twice', { scale: 5 }, [300, 200]],
    ['smaller', { scale: 0.5 }, [30, 20]],
    ['the same', { scale: 1 }, [60, 40]],
    ['of a width', { width: 90 }, [90, 60]],
    ['of a height', { height: 100 }, [150, 100]],
    ['within both', { width: 100, height: 100 }, [100, 67]],
    ['that fills both', { width: 100, height: 100, fit: 'cover' }, [100, 100]],
    ['stretched to both', { width: 100, height: 100, fit: 'fill' }, [100, 100]],
  ])('is made: %s', async (_, options, wanted) => {
    expect(await size(options)).toEqual(wanted);
    expect(await size({ ...options, ...small })).toEqual(wanted);
  });

  test('is made of the whole, whatever the tiles', async () => {
    const upscaler = await create(doublingModel({ blur: 'same' }));
    for (const scale of [0.7, 1.5, 3.3]) {
      const whole = await upscaler.upscale(picture, { scale });
      const tiled = await upscaler.upscale(picture, { scale, ...small });
      expect(largestDifference(tiled, whole)).toBe(0);
    }
  });

  test('is the enlarged picture brought to that size', async () => {
    const upscaler = await create(doublingModel());
    const doubled = await upscaler.upscale(picture);
    const result = await upscaler.upscale(picture, { scale: 1.5 });
    const byHand = await upscaler.upscale(doubled, { width: result.width, height: result.height });
    expect(largestDifference(result, byHand)).toBeLessThanOrEqual(1);
  });

  test('that is covered is cut out of the middle', async () => {
    const upscaler = await create(doublingModel());
    const filled = await upscaler.upscale(picture, { width: 130, height: 60, fit: 'cover' });
    const all = await upscaler.upscale(picture, { width: 130 });
    expect([all.width, all.height]).toEqual([130, 100]);
    for (const [x, y] of [
      [0, 0],
      [129, 59],
      [64, 30],
    ] as const) {
      expect(pixelOf(filled, x, y)).toEqual(pixelOf(all, x, y + 20));
    }
  });

  test('is refused where two are given', async () => {
    const error = await failureOf(size({ scale: 2, width: 100 }));
    expect([error.code, error.fields.option]).toEqual(['InvalidInput', 'scale']);
  });

  test('is one colour where the picture is, with and without light', async () => {
    const upscaler = await create(doublingModel());
    const flat = makePicture(33, 21, () => [200, 100, 50, 255]);
    for (const resampler of ['lanczos3', 'mitchell', 'bicubic', 'nearest'] as const) {
      for (const linearLight of [false, true]) {
        const result = await upscaler.upscale(flat, { scale: 1.37, resampler, linearLight });
        const wanted = makePicture(result.width, result.height, () => [200, 100, 50, 255]);
        expect(largestDifference(result, wanted)).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe('a pipeline', () => {
  test('is one upscaler after the other', async () => {
    const [first, second] = [await create(deepModel(2)), await create(doublingModel())];
    const pipeline = Upscaler.pipeline([first, second]);
    expect(pipeline.scale).toEqual({ x: 4, y: 4 });
    const byHand = await second.upscale(await first.upscale(picture));
    expect(largestDifference(await pipeline.upscale(picture), byHand)).toBe(0);
    const tiled = await pipeline.upscale(picture, small);
    expect(largestDifference(tiled, byHand)).toBeLessThanOrEqual(1);
  });

  test('keeps what is deeper than bytes', async () => {
    const dark = await create(doublingModel({ gain: 1 / 64 }), { range: '0..1' });
    const bright = await create(doublingModel({ gain: 64 }), { range: '0..1' });
    const data = Float32Array.from({ length: 4 * 30 * 20 }, (_, i) => (i % 97) / 97);
    const deep = { data, width: 30, height: 20 };
    const pipeline = Upscaler.pipeline([dark, bright]);
    const result = await pipeline.upscale(deep, { output: 'raw', scale: 4 });
    expect(result.data).toBeInstanceOf(Float32Array);
    expect(Math.abs(result.data[4 * 40]! - data[4 * 10]!)).toBeLessThan(1e-5);
    expect(Math.abs(result.data[4 * 100]! - data[4 * 25]!)).toBeLessThan(1e-5);
  });

  test('needs an upscaler', () => {
    expect(() => Upscaler.pipeline([])).toThrow('one upscaler or more');
  });
});

describe('regions', () => {
  const region = { x: 10, y: 8, width: 20, height: 24 };
  const cut = ({ x, y, width, height }: typeof region): PixelData =>
    makePicture(width, height, (i, j) => pixelOf(picture, x + i, y + j) as Rgba);

  test.each([
    ['of the same factor', doublingModel({ bias: [9 / 255, 0, 0] })],
    ['of another', deepModel(1)],
  ])('are enlarged by another network and put back: %s', async (_, model) => {
    const [whole, part] = [await create(doublingModel()), await create(model)];
    const find = () => Promise.resolve([region]);
    for (const tiles of [{}, small]) {
      const result = await whole.upscale(picture, {
        ...tiles,
        regions: { find, upscaler: part, feather: 0 },
      });
      const enlarged = await part.upscale(cut(region), { width: 40, height: 48 });
      const byHand = repeated(picture, 2);
      for (let y = 0; y < 48; ++y) {
        byHand.data.set(enlarged.data.subarray(160 * y, 160 * (y + 1)), 4 * ((y + 16) * 122 + 20));
      }
      expect(largestDifference(result, byHand)).toBeLessThanOrEqual(1);
    }
  });

  test('are enlarged to the end though their upscaler is released meanwhile', async () => {
    const [whole, part] = [await create(doublingModel()), await create(deepModel(1))];
    const find = [region, { ...region, y: 20 }];
    const regions = { find, upscaler: part, feather: 0 };
    const options = { ...small, regions };
    const undisturbed = await whole.upscale(picture, options);
    let released: Promise<void> | undefined;
    const onProgress = ({ stage }: Progress) => {
      if (stage === 'tiles') released ??= part.release();
    };
    const result = await whole.upscale(picture, { ...options, onProgress });
    await released;
    expect(largestDifference(result, undisturbed)).toBe(0);
  });

  test('come into view from their borders', async () => {
    const [whole, part] = [
      await create(doublingModel()),
      await create(doublingModel({ bias: [0.5, 0, 0] }), { range: '0..1' }),
    ];
    const flat = makePicture(60, 60, () => [20, 20, 20, 255]);
    const regions = { find: [{ x: 10, y: 10, width: 40, height: 40 }], upscaler: part, feather: 8 };
    const result = await whole.upscale(flat, { regions });
    const reds = Array.from({ length: 60 }, (_, x) => pixelOf(result, x, 60)[0]!);
    expect(reds.slice(0, 20)).toEqual(new Array(20).fill(20));
    for (let x = 21; x < 36; ++x) expect(reds[x]! - reds[x - 1]!).toBeGreaterThan(0);
    expect(reds[36]).toBe(Math.round(20 + 127.5));
  });

  test.each([
    ['outside', [{ x: 50, y: 0, width: 20, height: 5 }]],
    ['without pixels', [{ x: 0, y: 0, width: 0, height: 5 }]],
    ['no rectangles', ['all']],
  ])('are refused: %s', async (_, find) => {
    const upscaler = await create(doublingModel());
    const error = await failureOf(
      upscaler.upscale(picture, { regions: { find: find as never, upscaler } }),
    );
    expect([error.code, error.fields.option]).toEqual(['InvalidInput', 'regions']);
  });
});

describe('an ensemble', () => {
  /** The picture with what is at (x, y) from where `from` says. */
  const moved = (
    { width, height, ...rest }: PixelData,
    swapped: boolean,
    from: (x: number, y: number) => [number, number],
  ) => {
    const [w, h] = swapped ? [height, width] : [width, height];
    return makePicture(w, h, (x, y) => pixelOf({ width, height, ...rest }, ...from(x, y)) as Rgba);
  };

  test('is the mean of what is made of flips and turns', async () => {
    // Sees more of what is at the left and above, so that turns make a difference.
    const upscaler = await create(deepModel(2));
    const sums = new Float64Array(4 * 4 * 61 * 47);
    for (let orientation = 0; orientation < 8; ++orientation) {
      const [mirrorX, mirrorY, swap] = [orientation & 1, orientation & 2, orientation & 4];
      const flipped = moved(picture, false, (x, y) => [
        mirrorX ? picture.width - 1 - x : x,
        mirrorY ? picture.height - 1 - y : y,
      ]);
      const turned = swap ? moved(flipped, true, (x, y) => [y, x]) : flipped;
      const large = await upscaler.upscale(turned);
      const back = swap ? moved(large, true, (x, y) => [y, x]) : large;
      const result = moved(back, false, (x, y) => [
        mirrorX ? back.width - 1 - x : x,
        mirrorY ? back.height - 1 - y : y,
      ]);
      result.data.forEach((value, i) => (sums[i]! += value / 8));
    }
    const byHand = { data: Uint8ClampedArray.from(sums), width: 122, height: 94 };
    for (const tiles of [{}, small]) {
      const result = await upscaler.upscale(picture, { ...tiles, ensemble: 8 });
      expect(largestDifference(result, byHand)).toBeLessThanOrEqual(1);
    }
  });

  test('is refused where a network does not do the same along both axes', async () => {
    const upscaler = await create(doublingModel({ size: [16, 24] }));
    const error = await failureOf(upscaler.upscale(picture, { ensemble: 8 }));
    expect([error.code, error.fields.option]).toEqual(['InvalidInput', 'ensemble']);
  });
});
