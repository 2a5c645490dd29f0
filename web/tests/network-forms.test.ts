// Networks of every form, each against what it computes, by hand.

import { afterEach, describe, expect, test } from '@jest/globals';
import type { NetworkOptions, PixelData, UpscalerOptions } from 'fovea';
import { OnnxBuilder, type Dim } from '../../tests/support/onnx-builder.js';
import { doublingModel, scalingModel } from './support/enlarging-models.js';
import {
  activation,
  chain,
  clip,
  formModel,
  mix,
  type FormParts,
  type Step,
} from './support/form-models.js';
import { failureOf } from './support/errors.js';
import {
  colourful,
  largestDifference,
  makePicture,
  mapped,
  pixelOf,
  repeated,
  type Rgba,
} from './support/pictures.js';
import { create, releaseAll } from './support/upscalers.js';

afterEach(releaseAll);

type Channels = 1 | 3 | 4;

const grey = makePicture(13, 9, (x, y) => {
  const level = (x * 37 + y * 53) % 256;
  return [level, level, level, 255];
});
const translucent = makePicture(13, 9, (x, y) => [
  (x * 37) % 256,
  (y * 53) % 256,
  (x * y * 11) % 256,
  55 + ((x * 5 + y * 3) % 200),
]);
const pictures: Record<Channels, PixelData> = { 1: grey, 3: colourful(13, 9), 4: translucent };

/** What networks of these channels do that keep grey as it is, nearly. */
const steps: Record<Channels, Step> = {
  1: mix([[0.9]], [0.05]),
  3: mix([
    [0.5, 0.5, 0],
    [0, 0.25, 0.75],
    [1, 0, 0],
  ]),
  4: mix(
    [
      [0, 0, 1, 0],
      [0.5, 0.5, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 0.5],
    ],
    [0, 0, 0, 0.25],
  ),
};

/** The same of levels. */
const byHand: Record<Channels, (pixel: Rgba) => Rgba> = {
  1: ([level]) => [...gray(0.9 * level + 0.05 * 255), 255],
  3: ([r, g, b, a]) => [0.5 * (r + g), 0.25 * g + 0.75 * b, r, a],
  4: ([r, g, b, a]) => [b, 0.5 * (r + g), g, 0.5 * a + 0.25 * 255],
};

const gray = (level: number): [number, number, number] => [level, level, level];

/** How far a network is from what it computes, at most; its sums may round to the other side. */
async function expectByHand(
  model: Uint8Array,
  options: UpscalerOptions,
  { channels = 3, factor = 2 }: FormParts,
): Promise<void> {
  const upscaler = await create(model, options);
  expect(upscaler.scale).toEqual({ x: factor, y: factor });
  const wanted = repeated(mapped(pictures[channels], byHand[channels]), factor);
  for (const tiles of [{}, { tile: 8, overlap: 1 }]) {
    const result = await upscaler.upscale(pictures[channels], tiles);
    expect(largestDifference(result, wanted)).toBeLessThanOrEqual(1);
  }
}

const layouts = ['nchw', 'nhwc'] as const;
const channelCounts: Channels[] = [1, 3, 4];
const each = layouts.flatMap((layout) => channelCounts.map((channels) => ({ layout, channels })));

describe.each(each)('$layout of $channels channels', ({ layout, channels }) => {
  const parts = { layout, channels, steps: steps[channels] };
  const free: Dim[] = ['N', 'A', 'B', 'C'];

  test.each<[string, Partial<FormParts>, NetworkOptions]>([
    ['declared', {}, {}],
    ['told by an option', { dims: free }, { layout }],
    ['told by metadata', { dims: free, metadata: { fovea: JSON.stringify({ layout }) } }, {}],
    ['found where sizes are free', { dims: free }, {}],
    ['found where nothing is declared', { dims: null }, {}],
  ])('is %s', async (_, form, options) => {
    await expectByHand(formModel({ ...parts, ...form }), options, parts);
  });

  test.each([1, 3, 1.5])('is enlarged %p times', async (factor) => {
    await expectByHand(formModel({ ...parts, factor }), {}, { channels, factor });
  });

  test('is of one size', async () => {
    for (const [width, height] of [
      [24, 16],
      [8, 8],
    ] as const) {
      const dims = layout === 'nhwc' ? [1, height, width, channels] : [1, channels, height, width];
      const upscaler = await create(formModel({ ...parts, dims }));
      const wanted = repeated(mapped(pictures[channels], byHand[channels]), 2);
      const result = await upscaler.upscale(pictures[channels], { overlap: 1 });
      expect(largestDifference(result, wanted)).toBeLessThanOrEqual(1);
    }
  });
});

describe('element types', () => {
  const types = ['float32', 'float16', 'uint8'] as const;
  const pairs = types.flatMap((inType) => types.map((outType) => ({ inType, outType })));

  test.each(pairs)('$inType and $outType', async ({ inType, outType }) => {
    const hasBytes = inType === 'uint8' || outType === 'uint8';
    for (const layout of layouts) {
      const model = formModel({ layout, inType, outType, steps: steps[3] });
      const upscaler = await create(model);
      expect(upscaler.range).toBe(hasBytes ? '0..255' : '0..1');
      await expectByHand(model, {}, {});
      if (!hasBytes) await expectByHand(model, { range: '0..255' }, {});
    }
  });
});

describe('what one channel is', () => {
  const luma = ([r, g, b, a]: Rgba): Rgba => [...gray(0.299 * r + 0.587 * g + 0.114 * b), a];
  const wanted = repeated(mapped(colourful(13, 9), luma), 2);

  test('is grey by an option or by metadata: then results are', async () => {
    const metadata = { fovea: JSON.stringify({ color: 'gray' }) };
    for (const [model, options] of [
      [formModel({ channels: 1 }), { color: 'gray' as const }],
      [formModel({ channels: 1, metadata }), {}],
    ] as const) {
      const upscaler = await create(model, options);
      expect(upscaler.color).toBe('gray');
      const result = await upscaler.upscale(colourful(13, 9));
      expect(largestDifference(result, wanted)).toBeLessThanOrEqual(1);
    }
  });

  test('is luma unless told: colours stay', async () => {
    const upscaler = await create(formModel({ channels: 1, steps: mix([[1]], [10 / 255]) }));
    expect(upscaler.color).toBe('luma');
    const flat = makePicture(6, 4, () => [200, 120, 40, 255]);
    const result = await upscaler.upscale(flat);
    expect(largestDifference(result, repeated(flat, 2, gray(10)))).toBeLessThanOrEqual(1);
  });

  test('is neither of three channels', async () => {
    const error = await failureOf(create(formModel(), { color: 'gray' }));
    expect(error.message).toContain('gray has 1 channels');
  });
});

describe('ranges', () => {
  const brighter = mix([], gray(0.1));
  const levels = (change: (level: number) => number) =>
    repeated(
      mapped(colourful(13, 9), ([r, g, b, a]) => [change(r), change(g), change(b), a]),
      2,
    );

  test.each<[string, Step, NetworkOptions, string, (level: number) => number]>([
    ['0..1, found', mix([], gray(0.05)), {}, '0..1', (level) => level + 12.75],
    ['0..1, told', mix([], gray(0.3)), { range: 1 }, '0..1', (level) => level + 76.5],
    ['0..255, found', mix([], gray(9)), {}, '0..255', (level) => level + 9],
    ['0..255, told', brighter, { range: 255 }, '0..255', (level) => level + 0.1],
    ['-1..1, found by Clip', clip(-1, 1), {}, '-1..1', (level) => level],
    [
      ...(['-1..1, found by Tanh', activation('Tanh'), {}, '-1..1'] as const),
      (level: number) => 127.5 + 127.5 * Math.tanh(level / 127.5 - 1),
    ],
    ['-1..1, told', brighter, { range: '-1..1' }, '-1..1', (level) => level + 12.75],
    ['0..1, told of one that ends so', clip(-1, 1), { range: '0..1' }, '0..1', (level) => level],
    ['0..1, which ends there', clip(0, 1), {}, '0..1', (level) => level],
    ['0..1, which does not end', chain(), {}, '0..1', (level) => level],
  ])('%s', async (_, change, options, range, wanted) => {
    const upscaler = await create(formModel({ steps: change }), options);
    expect(upscaler.range).toBe(range);
    const result = await upscaler.upscale(colourful(13, 9));
    expect(largestDifference(result, levels(wanted))).toBeLessThanOrEqual(1);
  });
});

describe('BGR', () => {
  test.each([3, 4] as const)('of %p channels, alpha last', async (channels) => {
    const model = formModel({ channels, steps: mix([], [10 / 255, 0, 0, 0].slice(0, channels)) });
    const upscaler = await create(model, { order: 'bgr' });
    const result = await upscaler.upscale(pictures[channels]);
    const wanted = mapped(pictures[channels], ([r, g, b, a]) => [r, g, b + 10, a]);
    expect(largestDifference(result, repeated(wanted, 2))).toBeLessThanOrEqual(1);
  });
});

test('factors that the network takes are those along y and x', async () => {
  const upscaler = await create(scalingModel(), { scale: { x: 3, y: 2 } });
  const picture = colourful(7, 5);
  const wanted = makePicture(21, 10, (x, y) => pixelOf(picture, Math.floor(x / 3), y >> 1) as Rgba);
  for (const tiles of [{}, { tile: 4, overlap: 0 }]) {
    expect(largestDifference(await upscaler.upscale(picture, tiles), wanted)).toBe(0);
  }
});

describe('of several outputs', () => {
  const picture = colourful(13, 9);
  const brightened = (gain: number) =>
    repeated(
      mapped(picture, ([r, g, b, a]) => [gain * r, gain * g, gain * b, a]),
      2,
    );

  test('the first is taken, or the one that is told', async () => {
    const model = formModel({ otherOutputs: { first: 0.9, second: 1.1 } });
    for (const [output, gain] of [
      [undefined, 0.9],
      ['second', 1.1],
      ['y', 1],
    ] as const) {
      const upscaler = await create(model, { output });
      const result = await upscaler.upscale(picture);
      expect(largestDifference(result, brightened(gain))).toBeLessThanOrEqual(1);
    }
    const error = await failureOf(create(model, { output: 'third' }));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'output' } });
    expect(error.message).toContain("no output 'third', only 'first', 'second', 'y'");
  });

  test.each<[string, readonly Dim[] | undefined]>([
    ['declared', [1, 12, 'H', 'W']],
    ['of no declared shape', undefined],
  ])('those that are no pictures are passed over, %s', async (_, dims) => {
    const builder = new OnnxBuilder();
    const x = builder.input('x', [1, 3, 'H', 'W']);
    const mean = builder.node('ReduceMean', [x], { keepdims: 0 }, 'mean');
    builder.output(mean, dims && []);
    builder.output(builder.node('Concat', [x, x, x, x], { axis: 1 }, 'features'), dims);
    const shuffled = builder.node('DepthToSpace', ['features'], { blocksize: 2 }, 'y');
    builder.output(shuffled, dims && [1, 3, 'H2', 'W2']);
    const upscaler = await create(builder.build());
    const result = await upscaler.upscale(picture);
    expect(largestDifference(result, brightened(1))).toBe(0);
  });
});

describe('the picture goes on beyond its border', () => {
  /** Where a row of pixels without end has its pixel. */
  const along = {
    replicate: (at: number, size: number) => Math.min(Math.max(at, 0), size - 1),
    reflect: (at: number, size: number) => {
      const period = Math.max(2 * size - 2, 1);
      const inside = ((at % period) + period) % period;
      return Math.min(inside, period - inside, size - 1);
    },
  };

  test.each(['replicate', 'reflect'] as const)('%s', async (border) => {
    const at = along[border];
    const metadata = { fovea: JSON.stringify({ border }) };
    for (const upscaler of [
      await create(doublingModel({ blur: 'same' }), { border }),
      await create(doublingModel({ blur: 'valid', metadata })),
      await create(doublingModel({ blur: 'valid', size: [16, 16] }), { border }),
    ]) {
      for (const [width, height] of [
        [33, 9],
        [5, 2],
        [1, 3],
        [1, 1],
      ] as const) {
        const picture = colourful(width, height);
        const mean = makePicture(width, height, (x, y) => {
          const sum = [0, 0, 0];
          for (let i = 0; i < 9; ++i) {
            const [column, row] = [x - 1 + (i % 3), y - 1 + Math.floor(i / 3)];
            const pixel = pixelOf(picture, at(column, width), at(row, height));
            sum.forEach((_, c) => (sum[c]! += pixel[c]! / 9));
          }
          return [...sum, 255] as Rgba;
        });
        const result = await upscaler.upscale(picture, { overlap: 1 });
        expect(largestDifference(result, repeated(mean, 2))).toBeLessThanOrEqual(1);
      }
    }
  });

  test('or does not, and the network pads it by itself', async () => {
    const model = doublingModel({ blur: 'same' });
    const upscaler = await create(model, { border: 'none' });
    const white = makePicture(30, 20, () => [255, 255, 255, 255]);
    for (const options of [{}, { tile: 12 }]) {
      const result = await upscaler.upscale(white, options);
      const [corner, edge, inside] = [pixelOf(result, 0, 0), pixelOf(result, 30, 0), [30, 20]];
      expect([corner[0], edge[0]]).toEqual([Math.round((255 * 4) / 9), Math.round((255 * 6) / 9)]);
      expect(pixelOf(result, inside[0]!, inside[1]!)[0]).toBe(255);
    }
  });
});
