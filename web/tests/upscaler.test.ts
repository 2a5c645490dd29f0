import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Upscaler, type Progress } from 'fovea';
import { failureOf } from './support/errors.js';
import { doublingModel, scalingModel, selfScalingModel } from './support/enlarging-models.js';
import { addModel } from './support/models.js';
import { colourful, makePicture, pixelOf, plain, repeated } from './support/pictures.js';
import { create, releaseAll } from './support/upscalers.js';

afterEach(releaseAll);

describe('an upscaler', () => {
  test('enlarges colours', async () => {
    const upscaler = await create(doublingModel());
    expect(upscaler).toMatchObject({ scale: { x: 2, y: 2 }, color: 'rgb', range: '0..1' });
    for (const [width, height] of [
      [1, 1],
      [3, 5],
      [64, 17],
    ] as const) {
      const picture = colourful(width, height);
      expect(plain(await upscaler.upscale(picture))).toEqual(plain(repeated(picture, 2)));
    }
  });

  test('enlarges luma, and colour apart from it', async () => {
    const upscaler = await create(doublingModel({ channels: 1 }));
    expect(upscaler.color).toBe('luma');
    const grey = makePicture(9, 7, (x, y) => {
      const value = (x * 29 + y * 17) % 256;
      return [value, value, value, 255];
    });
    expect(plain(await upscaler.upscale(grey))).toEqual(plain(repeated(grey, 2)));
    const orange = makePicture(6, 4, () => [230, 120, 10, 255]);
    expect(plain(await upscaler.upscale(orange))).toEqual(plain(repeated(orange, 2)));
  });

  test('finds a range of 0..255', async () => {
    const upscaler = await create(doublingModel({ bias: [3, 3, 3] }));
    expect(upscaler.range).toBe('0..255');
    const picture = makePicture(5, 4, (x, y) => [10 * x, 10 * y, 7, 255]);
    expect(plain(await upscaler.upscale(picture))).toEqual(plain(repeated(picture, 2, [3, 3, 3])));
  });

  test('takes channels in the order told', async () => {
    const model = doublingModel({ bias: [10 / 255, 0, 0] });
    const picture = makePicture(4, 4, (x, y) => [x, y, 3, 255]);
    const rgb = await create(model);
    expect(plain(await rgb.upscale(picture))).toEqual(plain(repeated(picture, 2, [10, 0, 0])));
    const bgr = await create(model, { order: 'bgr' });
    expect(plain(await bgr.upscale(picture))).toEqual(plain(repeated(picture, 2, [0, 0, 10])));
  });

  test('reads the metadata of a model', async () => {
    const metadata = { 'fovea.range': '0..255', 'fovea.order': 'bgr' };
    const upscaler = await create(doublingModel({ bias: [10, 0, 0], metadata }));
    const picture = makePicture(4, 4, (x, y) => [x, y, 3, 255]);
    expect(plain(await upscaler.upscale(picture))).toEqual(plain(repeated(picture, 2, [0, 0, 10])));
  });

  test('computes where nothing else tells how large results are', async () => {
    const upscaler = await create(selfScalingModel());
    expect(upscaler).toMatchObject({ scale: { x: 2, y: 2 }, range: '0..1' });
    const picture = colourful(7, 5);
    expect(plain(await upscaler.upscale(picture))).toEqual(plain(repeated(picture, 2)));
  });

  test('feeds the factors to a network that takes them', async () => {
    const picture = colourful(10, 6);
    const triple = await create(scalingModel(), { scale: 3 });
    expect(plain(await triple.upscale(picture))).toEqual(plain(repeated(picture, 3)));
    const odd = await create(scalingModel(), { scale: { x: 1.5, y: 2.25 } });
    expect(await odd.upscale(picture)).toMatchObject({ width: 15, height: 13 });
  });
});

describe('tiles', () => {
  test('give what the whole picture gives', async () => {
    const upscaler = await create(doublingModel({ blur: 'same' }));
    const picture = colourful(83, 45);
    const whole = plain(await upscaler.upscale(picture));
    for (const tile of [16, 29, 80]) {
      expect(plain(await upscaler.upscale(picture, { tile, overlap: 2 }))).toEqual(whole);
    }
  });

  test('serve networks of one input size, for larger and for smaller pictures', async () => {
    const upscaler = await create(doublingModel({ size: [16, 24] }));
    for (const [width, height] of [
      [61, 50],
      [5, 7],
      [24, 16],
      [25, 3],
    ] as const) {
      const picture = colourful(width, height);
      const result = await upscaler.upscale(picture, { overlap: 3 });
      expect(plain(result)).toEqual(plain(repeated(picture, 2)));
    }
  });

  test('serve networks that lose a margin', async () => {
    const even = makePicture(40, 30, () => [200, 100, 50, 255]);
    for (const size of [undefined, [16, 16]] as const) {
      const upscaler = await create(doublingModel({ blur: 'valid', ...(size && { size }) }));
      expect(upscaler.scale).toEqual({ x: 2, y: 2 });
      expect(plain(await upscaler.upscale(even))).toEqual(plain(repeated(even, 2)));
    }
    const free = await create(doublingModel({ blur: 'valid' }));
    const picture = colourful(70, 20);
    const tiled = await free.upscale(picture, { tile: 16 });
    expect(plain(tiled)).toEqual(plain(await free.upscale(picture)));
  });

  test('tell of progress', async () => {
    const upscaler = await create(doublingModel());
    const onProgress = jest.fn();
    await upscaler.upscale(colourful(60, 20), { tile: 32, overlap: 4, onProgress });
    const told = onProgress.mock.calls.map(([progress]) => progress as Progress);
    expect(told.filter(({ stage }) => stage === 'plan')).toEqual([
      { stage: 'plan', done: 0, total: 1 },
      { stage: 'plan', done: 1, total: 1 },
    ]);
    const tiles = told.filter(({ stage }) => stage === 'tiles');
    expect(tiles.map(({ done, total }) => [done, total])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
    expect(tiles.map(({ secondsLeft = -1 }) => Math.sign(secondsLeft))).toEqual([-1, 1, 1, 0]);
  });

  test('end when they are aborted, and the next picture is enlarged', async () => {
    const upscaler = await create(doublingModel());
    const controller = new AbortController();
    const options = {
      tile: 16,
      signal: controller.signal,
      onProgress: ({ stage, done }: Progress) => {
        if (stage === 'tiles' && done === 2) controller.abort();
      },
    };
    expect((await failureOf(upscaler.upscale(colourful(80, 80), options))).code).toBe('Aborted');
    const picture = colourful(5, 5);
    expect(plain(await upscaler.upscale(picture))).toEqual(plain(repeated(picture, 2)));
  });
});

describe('a profile', () => {
  test.each([
    ['a picture that is one tile', { blur: 'same' }, [40, 20], { width: 42, height: 22, tiles: 1 }],
    ['tiles', { blur: 'same' }, [100, 20], { width: 52, height: 22, tiles: 2 }],
    ['a margin', { blur: 'valid' }, [40, 20], { width: 42, height: 22, tiles: 1 }],
    ['luma', { blur: 'same', channels: 1 }, [40, 20], { width: 42, height: 22, tiles: 1 }],
  ] as const)('is of what is computed for %s', async (_, parts, [width, height], tile) => {
    const upscaler = await create(doublingModel(parts));
    const { nodes, ...rest } = await upscaler.profile({ width, height }, { tile: 64 });
    expect(rest).toEqual(tile);
    const margin = parts.blur === 'valid' ? 2 : 0;
    const dims = [1, 'channels' in parts ? 1 : 3, tile.height - margin, tile.width - margin];
    expect(nodes.find(({ opType }) => opType === 'Conv')).toMatchObject({ dims });
  });

  test('is of networks that take factors, too', async () => {
    const upscaler = await create(scalingModel(), { scale: 3 });
    const { nodes } = await upscaler.profile({ width: 8, height: 5 });
    expect(nodes.at(-1)).toMatchObject({ opType: 'Resize', dims: [1, 3, 15, 24] });
  });
});

describe('alpha', () => {
  test('that is the same everywhere stays', async () => {
    const upscaler = await create(doublingModel());
    const picture = makePicture(6, 6, (x, y) => [40 * x, 40 * y, 0, 77]);
    expect(plain(await upscaler.upscale(picture))).toEqual(plain(repeated(picture, 2)));
  });

  test('is enlarged smoothly, and hidden colours do not show', async () => {
    const upscaler = await create(doublingModel({ blur: 'same' }));
    const picture = makePicture(16, 8, (x) => (x < 8 ? [0, 255, 0, 0] : [200, 0, 0, 255]));
    const result = await upscaler.upscale(picture);
    expect(pixelOf(result, 2, 8)[3]).toBe(0);
    expect(pixelOf(result, 29, 8)[3]).toBe(255);
    const [red, green, , alpha] = pixelOf(result, 16, 8);
    expect(alpha).toBeGreaterThan(127);
    expect([red, green]).toEqual([200, 0]);
  });
});

describe('it is refused', () => {
  test.each([
    ['a model that does not enlarge', addModel(), {}],
    ['a colour the network does not have', doublingModel(), { color: 'luma' as const }],
  ])('%s', async (_, model, options) => {
    const error = await failureOf(Upscaler.create(model, options));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain('does not enlarge pictures');
  });

  test('pixels of another size than told', async () => {
    const upscaler = await create(doublingModel());
    const wrong = { data: new Uint8ClampedArray(10), width: 2, height: 2 };
    expect((await failureOf(upscaler.upscale(wrong))).message).toContain(
      '16 bytes of RGBA, not 10',
    );
    const none = { data: new Uint8ClampedArray(0), width: 0, height: 2 };
    expect((await failureOf(upscaler.upscale(none))).code).toBe('InvalidInput');
  });

  test('new, as other libraries have it', () => {
    const Made = Upscaler as unknown as new (options: object) => Upscaler;
    const made = () => new Made({ model: doublingModel() });
    expect(made).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
    expect(made).toThrow('await Upscaler.create(model)');
  });

  test('work after release', async () => {
    const upscaler = await create(doublingModel());
    await upscaler.release();
    expect((await failureOf(upscaler.upscale(colourful(2, 2)))).code).toBe('SessionReleased');
  });
});
