// What an upscaler finds out of a network, and what follows from that for pictures.

import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Upscaler } from 'fovea';
import { models } from 'fovea/models';
import {
  constantScaleModel,
  declaringModel,
  deepModel,
  doublingModel,
  hourglassModel,
  poolingModel,
  scalingModel,
  unshufflingModel,
} from './support/enlarging-models.js';
import { failureOf } from './support/errors.js';
import { colourful, largestDifference, makePicture, repeated } from './support/pictures.js';
import { create, releaseAll } from './support/upscalers.js';

afterEach(releaseAll);

describe('the borders of a picture', () => {
  const flat = (width: number, height: number) =>
    makePicture(width, height, () => [255, 255, 255, 255]);

  test.each(Object.keys(models) as (keyof typeof models)[])('show nothing of %s', async (name) => {
    const upscaler = await Upscaler.create(models[name]);
    for (const [width, height] of [
      [40, 30],
      [5, 3],
      [1, 1],
    ] as const) {
      const { data } = await upscaler.upscale(flat(width, height));
      expect(Math.min(...data)).toBeGreaterThanOrEqual(254);
    }
    await upscaler.release();
  });

  test.each([1, 5])('show nothing of %p layers that see zeros there', async (layers) => {
    const upscaler = await create(deepModel(layers));
    const { data } = await upscaler.upscale(flat(21, 17));
    expect(Math.min(...data)).toBe(255);
  });

  test('stay as they are where a network of one size has no room for more', async () => {
    const upscaler = await create(doublingModel({ size: [16, 16], blur: 'same' }));
    const { tiles } = await upscaler.profile({ width: 16, height: 16 });
    expect(tiles).toBe(1);
  });
});

describe('how far a network sees', () => {
  const everywhere = (reach: number) => ({ left: reach, right: reach, top: reach, bottom: reach });

  test.each([0, 1, 7, 34])('is read from the graph: %p layers', async (layers) => {
    const upscaler = await create(deepModel(layers));
    const locality = await upscaler.locality();
    expect(locality).toMatchObject({ isLocal: true, by: 'graph', reach: everywhere(layers) });
  });

  test('is tried where the graph does not tell', async () => {
    const upscaler = await create(scalingModel('linear'), { scale: 2 });
    const { isLocal, by, reach, error, why } = await upscaler.locality();
    expect({ isLocal, by }).toEqual({ isLocal: true, by: 'trial' });
    expect(reach.left).toBeLessThanOrEqual(2);
    expect(error).toBeLessThan(0.02);
    expect(why).toContain('Resize');
  });

  test('is as far as tiles overlap, which shows no seams', async () => {
    const upscaler = await create(deepModel(34));
    const picture = colourful(150, 140);
    const whole = await upscaler.upscale(picture, { tile: 150 });
    const tiled = await upscaler.upscale(picture, { tile: 100 });
    expect(largestDifference(tiled, whole)).toBeLessThanOrEqual(1);
  });

  test('is measured where networks lose a margin, take one size or multiples', async () => {
    const valid = await create(doublingModel({ blur: 'valid' }));
    expect(await valid.locality()).toMatchObject({ reach: everywhere(0) });
    const fixed = await create(doublingModel({ blur: 'same', size: [48, 64] }));
    expect(await fixed.locality()).toMatchObject({ reach: everywhere(1) });
    const eights = await create(unshufflingModel(8));
    const { reach } = await eights.locality();
    expect(Math.max(...Object.values(reach))).toBeLessThan(8);
  });

  test('is everywhere for those with a mean of the whole, which are given the whole', async () => {
    const upscaler = await create(poolingModel());
    const locality = await upscaler.locality();
    expect(locality).toMatchObject({ isLocal: false, reach: everywhere(Infinity) });
    expect(locality.why).toContain('GlobalAveragePool');
    const size = { width: 700, height: 600 };
    expect(await upscaler.profile(size)).toMatchObject({ tiles: 1 });
    expect(await upscaler.profile(size, { tile: 512 })).toMatchObject({ tiles: 4 });
  });
});

describe('what sizes must be multiples of', () => {
  test.each([
    ['2', unshufflingModel(2)],
    ['4', unshufflingModel(4)],
    ['7', unshufflingModel(7)],
    ['24', unshufflingModel(24)],
    ['4 of an hourglass', hourglassModel()],
  ])('is found: %s', async (_, model) => {
    const upscaler = await create(model);
    expect(upscaler.scale).toEqual({ x: 2, y: 2 });
    const flat = makePicture(33, 21, () => [90, 60, 30, 255]);
    expect(largestDifference(await upscaler.upscale(flat), repeated(flat, 2))).toBe(0);
  });

  test('makes no difference to pictures of other sizes', async () => {
    const upscaler = await create(unshufflingModel(4));
    const picture = colourful(33, 21);
    expect(largestDifference(await upscaler.upscale(picture), repeated(picture, 2))).toBe(0);
    const tiled = await upscaler.upscale(picture, { tile: 16 });
    expect(largestDifference(tiled, repeated(picture, 2))).toBe(0);
  });

  test('is what the option says, if that works', async () => {
    const upscaler = await create(unshufflingModel(2), { multiple: 6 });
    expect(await upscaler.profile({ width: 10, height: 5 })).toMatchObject({
      width: 12,
      height: 6,
    });
    const error = await failureOf(create(unshufflingModel(4), { multiple: 6 }));
    expect(error.message).toContain('a trial with');
  });
});

describe('factors', () => {
  const picture = colourful(53, 35);

  test.each([1.5, 1.25, 2.4, 4 / 3])('of %p are computed in tiles', async (scale) => {
    const upscaler = await create(scalingModel('linear'), { scale });
    const whole = await upscaler.upscale(picture);
    const tiled = await upscaler.upscale(picture, { tile: 24 });
    expect(largestDifference(tiled, whole)).toBeLessThanOrEqual(1);
  });

  test('that a network has of itself may be no whole numbers', async () => {
    const upscaler = await create(constantScaleModel(1.5));
    expect(upscaler.scale).toEqual({ x: 1.5, y: 1.5 });
    const result = await upscaler.upscale(picture);
    expect([result.width, result.height]).toEqual([79, 52]);
    const tiled = await upscaler.upscale(picture, { tile: 24 });
    expect(largestDifference(tiled, result)).toBe(0);
  });

  test('of 1.5 need no advice for more than one tile', async () => {
    const upscaler = await create(scalingModel(), { scale: 1.5 });
    expect(await upscaler.upscale(colourful(513, 513))).toMatchObject({ width: 769 });
  });

  test('that no tile fits are refused with one that does', async () => {
    const upscaler = await create(scalingModel(), { scale: Math.SQRT2 });
    expect(await upscaler.upscale(picture)).toMatchObject({ width: 74, height: 49 });
    const error = await failureOf(upscaler.upscale(picture, { tile: 24 }));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toMatch(/cannot be computed in tiles.*such as 1\.25/);
  });

  test('are told apart from what the network does', async () => {
    expect(await create(doublingModel(), { scale: 2 })).toMatchObject({ scale: { x: 2, y: 2 } });
    const error = await failureOf(create(doublingModel(), { scale: 4 }));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain('2 x 2 times, not 4 x 4');
    expect(error.fields.option).toBe('scale');
    const said = doublingModel({ metadata: { 'fovea.scale': '3' } });
    expect((await failureOf(create(said))).message).toContain('not 3 x 3');
  });
});

describe('a network is refused by what it is', () => {
  test.each([
    ['five channels', declaringModel([1, 5, 'H', 'W']), '[1,5,H,W]'],
    ['several pictures at once', declaringModel([8, 3, 'H', 'W']), '8 pictures at once'],
    ['three dimensions', declaringModel([3, 'H', 'W']), 'pictures are [1,C,H,W]'],
    ['one size along one axis', declaringModel([1, 3, 'H', 64]), 'fix both or none'],
    ['doubles', declaringModel([1, 3, 'H', 'W'], 'float64'), "'x' is float64"],
    ['another range', doublingModel({ bias: [0.7, 0.7, 0.7], gain: 0.3 }), "the option 'range'"],
    ['no numbers', doublingModel({ bias: [NaN, NaN, NaN] }), 'NaN of plain grey'],
  ])('%s', async (_, model, words) => {
    const error = await failureOf(create(model));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain(words);
  });

  test('whose sizes only a run tells', async () => {
    const model = readFileSync('tests/data/exported/pytorch_swinir_traced_16_free/model.onnx');
    expect((await failureOf(create(model))).message).toContain("the option 'range'");
  });

  test.each([
    ['fovea.color', 'cmyk'],
    ['fovea.order', 'brg'],
    ['fovea.range', '0..65535'],
    ['fovea.multiple', 'two'],
    ['fovea.scale', '-2'],
  ])('metadata: %s %s', async (key, value) => {
    const error = await failureOf(create(doublingModel({ metadata: { [key]: value } })));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain(`${key} is '${value}'`);
  });
});
