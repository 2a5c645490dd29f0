// What becomes of results: outputs, tiles, turns, memory.

import { afterEach, describe, expect, test } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Upscaler, type Progress, type ResultTile } from 'fovea';
import { deepModel, doublingModel, poolingModel } from './support/enlarging-models.js';
import { failureOf } from './support/errors.js';
import { colourful, largestDifference, makePicture, plain, repeated } from './support/pictures.js';
import { create, releaseAll } from './support/upscalers.js';

afterEach(releaseAll);

const picture = colourful(60, 50);
const doubled = repeated(picture, 2);
const small = { tile: 24, overlap: 4 };

describe('an output', () => {
  test('of pixels is as deep as the source and has its channels', async () => {
    const upscaler = await create(doublingModel());
    const { data, width, height } = picture;
    const grey = Uint16Array.from({ length: 12 }, (_, i) => 5000 * i);
    const raw = await upscaler.upscale({ data: grey, width: 4, height: 3 }, { output: 'raw' });
    expect(raw).toMatchObject({ width: 8, height: 6, channels: 1 });
    expect(raw.data).toBeInstanceOf(Uint16Array);
    const repeatedGrey = Array.from({ length: 48 }, (_, i) => {
      const [x, y] = [i % 8, Math.floor(i / 8)];
      return grey[Math.floor(y / 2) * 4 + Math.floor(x / 2)]!;
    });
    repeatedGrey.forEach((value, i) => expect(Math.abs(value - raw.data[i]!)).toBeLessThan(3));
    const bytes = await upscaler.upscale({ data, width, height }, { output: 'raw' });
    expect(Buffer.from(bytes.data as Uint8ClampedArray)).toEqual(Buffer.from(doubled.data));
  });

  test('of tensors is planes of 0..1', async () => {
    const upscaler = await create(doublingModel());
    const { dims, data } = await upscaler.upscale(
      { data: Float32Array.of(0.25, 0.5, 0.75), width: 1, height: 1 },
      { output: 'tensor' },
    );
    expect(dims).toEqual([1, 3, 2, 2]);
    const wanted = [0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5, 0.75, 0.75, 0.75, 0.75];
    Array.from(data as Float32Array, (value, i) => expect(value).toBeCloseTo(wanted[i]!, 5));
  });

  test('of files is a PNG, also of many tiles', async () => {
    const upscaler = await create(doublingModel());
    const file = await upscaler.upscale(picture, { ...small, output: 'blob' });
    expect(file.type).toBe('image/png');
    const back = await upscaler.upscale(file, { output: 'raw', scale: 1 });
    expect(largestDifference(back as never, doubled)).toBe(0);
  });

  test('of files shows its parts meanwhile', async () => {
    const upscaler = await create(doublingModel());
    const result = makePicture(120, 100, () => [0, 0, 0, 0]);
    const places: [index: number, total: number][] = [];
    const onTile = ({ x, y, pixels, index, total }: ResultTile) => {
      places.push([index, total]);
      for (let row = 0; row < pixels.height; ++row) {
        const from = pixels.data.subarray(4 * row * pixels.width, 4 * (row + 1) * pixels.width);
        result.data.set(from, 4 * ((y + row) * 120 + x));
      }
    };
    const file = await upscaler.upscale(picture, { ...small, output: 'blob', onTile });
    expect(plain(result)).toEqual(plain(doubled));
    expect(places).toEqual(places.map((_, index) => [index, places.length]));
    expect(file.type).toBe('image/png');
  });

  test('that is shown by what throws ends with that', async () => {
    const upscaler = await create(doublingModel());
    const onTile = () => {
      throw new Error('no canvas');
    };
    const error = await failureOf(upscaler.upscale(picture, { onTile }));
    expect([error.code, error.message]).toEqual(['InvalidInput', 'onTile threw: no canvas']);
    expect(largestDifference(await upscaler.upscale(picture), doubled)).toBe(0);
  });

  test('larger than memory is refused before anything is computed', async () => {
    const upscaler = await create(doublingModel());
    const error = await failureOf(upscaler.upscale(colourful(6, 5), { scale: 16000 }));
    expect(error.code).toBe('OutOfMemory');
    expect(error.message).toContain('30720000000 bytes');
    expect(Number(error.fields.bytes)).toBeGreaterThanOrEqual(4 * 96000 * 80000);
  });
});

describe('tiles', () => {
  test('come from top to bottom, none twice, and are all of the result', async () => {
    const upscaler = await create(doublingModel());
    const result = makePicture(120, 100, () => [0, 0, 0, 0]);
    const tiles: ResultTile[] = [];
    for await (const tile of upscaler.tiles(picture, small)) {
      tiles.push(tile);
      const { x, y, pixels } = tile;
      for (let row = 0; row < pixels.height; ++row) {
        const from = pixels.data.subarray(4 * row * pixels.width, 4 * (row + 1) * pixels.width);
        expect(result.data[4 * ((y + row) * 120 + x) + 3]).toBe(0);
        result.data.set(from, 4 * ((y + row) * 120 + x));
      }
    }
    expect(plain(result)).toEqual(plain(doubled));
    expect(tiles.map(({ index }) => index)).toEqual([...tiles.keys()]);
    expect(tiles.map(({ y }) => y)).toEqual(tiles.map(({ y }) => y).sort((a, b) => a - b));
    expect(tiles[0]).toMatchObject({ total: tiles.length, width: 120, height: 100 });
  });

  test('can be left, and another picture be enlarged between two', async () => {
    const upscaler = await create(doublingModel());
    let count = 0;
    for await (const { pixels } of upscaler.tiles(picture, small)) {
      const again = await upscaler.upscale(pixels);
      expect(again.width).toBe(2 * pixels.width);
      if (++count === 2) break;
    }
    expect(count).toBe(2);
    expect(largestDifference(await upscaler.upscale(picture), doubled)).toBe(0);
  });

  test('end with an abort', async () => {
    const upscaler = await create(doublingModel());
    const controller = new AbortController();
    const loop = async () => {
      for await (const { index } of upscaler.tiles(picture, {
        ...small,
        signal: controller.signal,
      })) {
        if (index === 1) controller.abort();
      }
    };
    expect((await failureOf(loop())).code).toBe('Aborted');
    expect(largestDifference(await upscaler.upscale(picture), doubled)).toBe(0);
  });

  test('hold back a release until the loop is left', async () => {
    const upscaler = await Upscaler.create(doublingModel());
    const order: string[] = [];
    let released: Promise<void> | undefined;
    for await (const { index } of upscaler.tiles(picture, small)) {
      released ??= upscaler.release().then(() => void order.push('released'));
      order.push(`tile ${index}`);
    }
    await released;
    expect(order.at(-1)).toBe('released');
    expect(order.length).toBeGreaterThan(3);
  });
});

describe('too little memory for a tile', () => {
  // A tensor of 12 channels of 100 x 100 pixels and no more.
  const limits = { tensorBytes: 4 * 12 * 100 * 100 };
  const large = colourful(220, 170);

  test('halves it, and the result is the same', async () => {
    const upscaler = await create(doublingModel({ blur: 'same' }), { limits });
    const free = await create(doublingModel({ blur: 'same' }));
    const wanted = await free.upscale(large);
    const result = await upscaler.upscale(large, { tile: 300, overlap: 1 });
    expect(largestDifference(result, wanted)).toBeLessThanOrEqual(1);
  });

  test('makes blended tiles of a network that looks at the whole', async () => {
    const upscaler = await create(poolingModel(), { limits });
    const flat = makePicture(220, 170, () => [100, 100, 100, 255]);
    const whole = await (await create(poolingModel())).upscale(flat);
    expect(largestDifference(await upscaler.upscale(flat), whole)).toBeLessThanOrEqual(1);
  });

  test('of such a network is no end where it is the second of two', async () => {
    const flat = makePicture(220, 170, () => [100, 100, 100, 255]);
    const first = await create(deepModel(1));
    const pipeline = Upscaler.pipeline([first, await create(poolingModel(), { limits })]);
    const whole = Upscaler.pipeline([first, await create(poolingModel())]);
    const small = await pipeline.upscale(flat, { width: 300 });
    expect(largestDifference(small, await whole.upscale(flat, { width: 300 }))).toBeLessThan(2);
  });

  test('is told where no tile is small enough', async () => {
    const upscaler = await create(doublingModel({ size: [16, 16] }));
    expect(await upscaler.upscale(picture)).toMatchObject({ width: 120 });
    const tight = create(doublingModel({ size: [16, 16] }), { limits: { tensorBytes: 1000 } });
    expect((await failureOf(tight)).code).toBe('OutOfMemory');
  });
});

test('pictures of higher priority are enlarged first', async () => {
  const upscaler = await create(doublingModel());
  const order: number[] = [];
  const enlarge = (priority: number) =>
    upscaler.upscale(picture, {
      priority,
      onProgress: ({ stage, done }: Progress) => {
        if (stage === 'tiles' && done === 0) order.push(priority);
      },
    });
  await Promise.all([enlarge(0), enlarge(1), enlarge(5), enlarge(5.5), enlarge(-1), enlarge(1)]);
  expect(order).toEqual([0, 5.5, 5, 1, 1, -1]);
});

describe('an upscaler ends', () => {
  test('with its block', async () => {
    const upscaler = await Upscaler.create(deepModel(1));
    await upscaler[Symbol.asyncDispose]();
    expect((await failureOf(upscaler.upscale(picture))).code).toBe('SessionReleased');
  });

  test('once it is forgotten', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const released: string[] = [];
    const engineOf = async () => {
      const { model } = (await Upscaler.create(deepModel(1))).enlarger;
      const call = model.engine.call.bind(model.engine);
      model.engine.call = ((method: 'release', ...rest: [number, number]) => {
        released.push(method);
        return call(method, ...rest);
      }) as typeof model.engine.call;
      return call;
    };
    await engineOf();
    for (let i = 0; i < 20 && !released.includes('release'); ++i) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(released).toContain('release');
  });
});
