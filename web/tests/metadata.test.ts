// What a model's metadata say of its pictures: docs/metadata.md.

import { afterEach, describe, expect, test } from '@jest/globals';
import { checkModel, type NetworkOptions } from 'fovea';
import { doublingModel, scalingModel } from './support/enlarging-models.js';
import { formModel, mix, type FormParts } from './support/form-models.js';
import { failureOf } from './support/errors.js';
import {
  colourful,
  largestDifference,
  makePicture,
  pixelOf,
  repeated,
} from './support/pictures.js';
import { create, releaseAll } from './support/upscalers.js';

afterEach(releaseAll);

const fovea = (fields: unknown) => ({ fovea: JSON.stringify(fields) });

/** A network with these metadata. */
const saying = (fields: unknown, parts: FormParts = {}) =>
  create(formModel({ ...parts, metadata: fovea(fields) }));

const picture = colourful(13, 9);

/** What becomes of one pixel of a flat picture, far from its borders. */
async function madeOf(upscaler: Awaited<ReturnType<typeof create>>, levels: number[]) {
  const flat = makePicture(6, 6, () => [levels[0]!, levels[1]!, levels[2]!, 255]);
  return pixelOf(await upscaler.upscale(flat), 6, 6);
}

const firstBrighter = mix([], [10 / 255, 0, 0]);

describe('the property fovea tells', () => {
  test.each([2, { x: 2, y: 2 }])('the scale: %p', async (scale) => {
    expect(await saying({ scale })).toMatchObject({ scale: { x: 2, y: 2 } });
    const error = await failureOf(saying({ scale: 3 }));
    expect(error.message).toContain('enlarges 2 x 2 times, not 3 x 3');
  });

  test.each([
    ['luma', 1],
    ['gray', 1],
    ['rgb', 3],
    ['rgba', 4],
  ] as const)('the colour: %s', async (color, channels) => {
    const dims = ['N', 'C', 'H', 'W'];
    expect(await saying({ color }, { channels, dims })).toMatchObject({ color });
    const error = await failureOf(saying({ color }, { channels: channels === 3 ? 1 : 3 }));
    expect(error.message).toContain(`${color} has ${channels} channels`);
  });

  test.each(['0..1', '0..255', '-1..1'])('the range: %s', async (range) => {
    // Nothing that a trial could find.
    const upscaler = await saying({ range }, { steps: mix([], [0.5, 0.5, 0.5]) });
    expect(upscaler.range).toBe(range);
  });

  test('the order of colours', async () => {
    const rgb = await saying({ order: 'rgb' }, { steps: firstBrighter });
    expect(await madeOf(rgb, [1, 2, 3])).toEqual([11, 2, 3, 255]);
    const bgr = await saying({ order: 'bgr' }, { steps: firstBrighter });
    expect(await madeOf(bgr, [1, 2, 3])).toEqual([1, 2, 13, 255]);
  });

  test('the layout', async () => {
    const dims = ['N', 'A', 'B', 'C'];
    const upscaler = await saying({ layout: 'nhwc' }, { layout: 'nhwc', dims });
    expect(largestDifference(await upscaler.upscale(picture), repeated(picture, 2))).toBe(0);
    const error = await failureOf(saying({ layout: 'nhwc' }));
    expect(error.code).toBe('InvalidInput');
  });

  test('what sizes must be multiples of', async () => {
    const upscaler = await saying({ multiple: 8 });
    expect(await upscaler.profile({ width: 13, height: 9 })).toMatchObject({
      width: 16,
      height: 16,
    });
  });

  test('which input and output are the picture', async () => {
    const parts = { otherInputs: { before: 0 }, otherOutputs: { dimmer: 0.9 } };
    const model = formModel({ ...parts, metadata: fovea({ input: 'x', output: 'y' }) });
    const upscaler = await create(model, { inputs: { before: 1 } });
    expect(largestDifference(await upscaler.upscale(picture), repeated(picture, 2))).toBe(0);
    expect((await failureOf(saying({ input: 'z' }))).message).toContain("no input 'z'");
    expect((await failureOf(saying({ output: 'z' }))).message).toContain("no output 'z'");
  });

  test('how pictures go on beyond their borders', async () => {
    const line = makePicture(2, 1, (x) => [90 * x, 90 * x, 90 * x, 255]);
    const levels = async (border: string) => {
      const model = doublingModel({ blur: 'same', metadata: fovea({ border, range: '0..1' }) });
      return pixelOf(await (await create(model)).upscale(line), 0, 0)[0];
    };
    expect([await levels('replicate'), await levels('reflect')]).toEqual([30, 60]);
  });

  test('what is lost at borders', async () => {
    const losing = (offset: number) =>
      create(doublingModel({ blur: 'valid', metadata: fovea({ offset }) }));
    await losing(1);
    const error = await failureOf(losing(2));
    expect(error.message).toContain('2 pixels are lost at each border, and it loses 1');
  });

  test('the convention of luma', async () => {
    await saying({ luma: 'bt601-full' }, { channels: 1 });
    expect((await failureOf(saying({ luma: 'bt709' }, { channels: 1 }))).code).toBe('InvalidInput');
  });

  test('more for people, which is no matter of an upscaler', async () => {
    const more = { licence: 'MIT', authors: ['A', 'B'], url: 'https://example.org', version: 3 };
    await saying({ scale: 2, ...more });
  });
});

describe('the property fovea is refused', () => {
  test.each<[string, unknown, string]>([
    ['scale', 0, 'a number above 0'],
    ['scale', '2', 'a number above 0'],
    ['scale', { x: 2 }, 'a number above 0, or { x, y }'],
    ['color', 'cmyk', "'luma', 'gray', 'rgb' or 'rgba'"],
    ['range', 255, "'0..1', '0..255' or '-1..1'"],
    ['order', 'brg', "'rgb' or 'bgr'"],
    ['layout', 'chw', "'nchw' or 'nhwc'"],
    ['multiple', 0, 'a whole number above 0'],
    ['multiple', 1.5, 'a whole number above 0'],
    ['input', '', 'a name'],
    ['output', 1, 'a name'],
    ['border', 'zero', "'replicate', 'reflect' or 'none'"],
    ['luma', true, "'bt601-full'"],
    ['offset', -1, 'a whole number from 0'],
    ['reach', 2.5, 'a whole number from 0'],
    ['scale', null, 'a number above 0'],
  ])('with %s %p', async (field, value, takes) => {
    const error = await failureOf(saying({ [field]: value }));
    expect(error.code).toBe('InvalidInput');
    const said = `fovea, ${field} is '${JSON.stringify(value)}', not ${takes}`;
    expect(error.message).toContain(said);
  });

  test.each([
    ['{scale: 2}', 'is no JSON'],
    ['', 'is no JSON'],
    ['[2]', 'is no JSON object'],
    ['null', 'is no JSON object'],
    ['"rgb"', 'is no JSON object'],
  ])('where it is %p', async (text, words) => {
    const error = await failureOf(create(formModel({ metadata: { fovea: text } })));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain(`property 'fovea' ${words}`);
  });
});

describe('earlier keys', () => {
  test.each<[Record<string, string>, object]>([
    [{ 'fovea.range': '255' }, { range: '0..255' }],
    [{ 'fovea.range': '1' }, { range: '0..1' }],
    [{ 'fovea.range': '-1..1' }, { range: '-1..1' }],
    [{ 'fovea.color': 'rgb', 'fovea.scale': '2', 'fovea.multiple': '4' }, { color: 'rgb' }],
  ])('are read: %p', async (metadata, found) => {
    expect(await create(formModel({ metadata }))).toMatchObject(found);
  });

  test('may say the same as fovea, or what that leaves out', async () => {
    const metadata = { ...fovea({ range: '0..255', scale: 2 }), 'fovea.range': '255' };
    const more = { ...metadata, 'fovea.order': 'bgr' };
    const upscaler = await create(formModel({ metadata: more, steps: mix([], [10, 0, 0]) }));
    expect(upscaler.range).toBe('0..255');
    expect(await madeOf(upscaler, [1, 2, 3])).toEqual([1, 2, 13, 255]);
  });

  test('are refused where they contradict it', async () => {
    const metadata = { ...fovea({ range: '0..255' }), 'fovea.range': '1' };
    const error = await failureOf(create(formModel({ metadata })));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain(`'range' is "0..255" in fovea and "0..1" in fovea.range`);
  });
});

describe('precedence', () => {
  test.each<[string, object, NetworkOptions, object]>([
    ['a range', { range: '0..255' }, { range: '-1..1' }, { range: '-1..1' }],
    ['a range by its end', { range: '-1..1' }, { range: 255 }, { range: '0..255' }],
    ['a scale', { scale: 3 }, { scale: 2 }, { scale: { x: 2, y: 2 } }],
    ['a colour', { color: 'gray' }, { color: 'rgb' }, { color: 'rgb' }],
    ['what is undefined does not', { range: '-1..1' }, { range: undefined }, { range: '-1..1' }],
  ])('options come before metadata: %s', async (_, fields, options, found) => {
    expect(await create(formModel({ metadata: fovea(fields) }), options)).toMatchObject(found);
  });

  test('metadata come before trials, options before both', async () => {
    const parts = { steps: firstBrighter, metadata: fovea({ order: 'bgr', range: '0..1' }) };
    const told = await create(formModel(parts));
    expect(await madeOf(told, [1, 2, 3])).toEqual([1, 2, 13, 255]);
    const overruled = await create(formModel(parts), { order: 'rgb' });
    expect(await madeOf(overruled, [1, 2, 3])).toEqual([11, 2, 3, 255]);
  });

  test('a reach is for graphs that do not tell', async () => {
    const metadata = fovea({ reach: 9 });
    const told = await create(doublingModel({ blur: 'same', metadata }));
    expect(await told.locality()).toMatchObject({ by: 'graph', reach: { left: 1, right: 1 } });
    const untold = await create(scalingModel('linear', metadata), { scale: 2 });
    const { isLocal, by, reach, why } = await untold.locality();
    expect({ isLocal, by, reach: reach.left }).toEqual({ isLocal: true, by: 'metadata', reach: 9 });
    expect(why).toContain('(Resize) does not tell how far it sees, but the metadata do');
  });
});

test('metadata are in what a check gives', async () => {
  const metadata = fovea({ scale: 2 });
  const { metadata: found } = await checkModel(formModel({ metadata }));
  expect(found.properties).toEqual(metadata);
});
