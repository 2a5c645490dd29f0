// Tiled pictures are what they are as a whole, within one level, and plain pictures stay plain.

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Upscaler, type PixelData } from 'fovea';
import { models } from 'fovea/models';
import { poolingModel } from './support/enlarging-models.js';
import { randomPixels } from './support/parts.js';
import { largestDifference, makePicture, type Rgba } from './support/pictures.js';
import { seeingNetworks, squeezingModel } from './support/seeing-models.js';
import { create, releaseAll } from './support/upscalers.js';

type Size = readonly [width: number, height: number];

/** A side that is longer than any of these pictures: they are computed as a whole. */
const whole = { tile: 4096 };

function noise([width, height]: Size): PixelData {
  const { data } = randomPixels(width, height);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  return { data: data as Uint8ClampedArray, width, height };
}

/** How much a picture differs from itself as a whole, at most. */
async function error(upscaler: Upscaler, size: Size, tiles: { tile?: number; overlap?: number }) {
  const picture = noise(size);
  const wanted = await upscaler.upscale(picture, whole);
  return largestDifference(await upscaler.upscale(picture, tiles), wanted);
}

/** How much the results of plain pictures differ from pixel to pixel, at most. */
async function unevenness(upscaler: Upscaler, size: Size, tile?: number): Promise<number> {
  let most = 0;
  for (const levels of [
    [255, 128, 3, 255],
    [20, 200, 90, 255],
  ] as Rgba[]) {
    const plain = makePicture(...size, () => levels);
    const { data } = await upscaler.upscale(plain, { tile });
    // Each pixel is like the first.
    for (let i = 0; i < data.length; ++i) {
      const difference = data[i]! - data[i % 4]!;
      if (difference > most || -difference > most) most = difference < 0 ? -difference : difference;
    }
  }
  return most;
}

const small: Size[] = [
  [1, 1],
  [1, 64],
  [33, 21],
];

const large: Size = [1001, 701];

async function reachOf(upscaler: Upscaler): Promise<number> {
  return Math.max(...Object.values((await upscaler.locality()).reach as unknown as number[]));
}

describe.each(seeingNetworks())('$name', ({ name, model, sees }) => {
  const isValid = name.startsWith('valid');
  let upscaler: Upscaler;
  let reach: number;
  /** The shortest tile of which three eighths are as far as the network sees. */
  let tile: number;
  beforeAll(async () => {
    upscaler = await Upscaler.create(model);
    reach = await reachOf(upscaler);
    tile = 8 * Math.ceil(sees / 3);
  });
  afterAll(() => upscaler.release());

  test('sees as far as its layers say', async () => {
    const locality = await upscaler.locality();
    expect(locality).toMatchObject({ isLocal: true, by: 'graph', error: 0 });
    // What is lost at borders is not counted: tiles begin as much before.
    expect(reach).toBeGreaterThanOrEqual(isValid ? 0 : sees);
    expect(reach).toBeLessThanOrEqual(isValid ? 0 : sees + 2);
  });

  test('is the same in tiles', async () => {
    for (const size of small) {
      const narrow = { tile: 2 * reach + 16, overlap: reach };
      expect(await error(upscaler, size, narrow)).toBeLessThanOrEqual(1);
      expect(await error(upscaler, size, { tile })).toBeLessThanOrEqual(1);
    }
    const size = [2 * tile + 13, tile + 30] as const;
    for (const side of [tile, tile + 7]) {
      expect(await error(upscaler, size, { tile: side })).toBeLessThanOrEqual(1);
    }
    expect(await error(upscaler, large, {})).toBeLessThanOrEqual(1);
    // Which they would not be if nothing far away mattered. Others see beyond borders as far.
    if (!/borders|pooling/.test(name)) return;
    const less = { tile, overlap: Math.floor(reach / 2) };
    expect(await error(upscaler, size, less)).toBeGreaterThan(1);
  });

  test('leaves plain pictures plain', async () => {
    for (const size of [...small, [2 * tile + 13, tile + 30]] as Size[]) {
      expect(await unevenness(upscaler, size)).toBeLessThanOrEqual(1);
      expect(await unevenness(upscaler, size, tile)).toBeLessThanOrEqual(1);
    }
  });
});

describe.each(Object.keys(models) as (keyof typeof models)[])("the package's %s", (name) => {
  let upscaler: Upscaler;
  beforeAll(async () => {
    upscaler = await Upscaler.create(models[name]);
  });
  afterAll(() => upscaler.release());

  test('is the same in tiles', async () => {
    const reach = await reachOf(upscaler);
    const tile = 8 * Math.ceil(reach / 3);
    for (const size of [...small, [tile + 20, 40]] as Size[]) {
      expect(await error(upscaler, size, { tile })).toBeLessThanOrEqual(1);
      const narrow = { tile: 2 * reach + 16, overlap: reach };
      expect(await error(upscaler, size, narrow)).toBeLessThanOrEqual(1);
    }
    expect(await error(upscaler, large, {})).toBeLessThanOrEqual(1);
  }, 60_000);

  test('leaves plain pictures plain', async () => {
    for (const size of [...small, [150, 20]] as Size[]) {
      expect(await unevenness(upscaler, size)).toBeLessThanOrEqual(1);
      expect(await unevenness(upscaler, size, 64)).toBeLessThanOrEqual(1);
    }
  });
});

describe.each([
  ['a mean', poolingModel()],
  ['squeezing and exciting', squeezingModel()],
])('a network that looks at all of a picture, by %s', (_, model) => {
  afterEach(releaseAll);

  test('says which node does, and is given all of it', async () => {
    const upscaler = await create(model);
    const { isLocal, by, why } = await upscaler.locality();
    expect({ isLocal, by }).toEqual({ isLocal: false, by: 'graph' });
    expect(why).toMatch(/the node '.+' \(GlobalAveragePool\) looks at the whole picture/);
    expect(await upscaler.profile({ width: 1001, height: 701 })).toMatchObject({ tiles: 1 });
    expect(await error(upscaler, [601, 501], {})).toBe(0);
  });

  /** The largest step between two pixels next to each other. */
  function largestStep({ data, width, height }: PixelData): number {
    let most = 0;
    for (let y = 0; y < height; ++y) {
      for (let x = 0; x < width; ++x) {
        for (let c = 0; c < 3; ++c) {
          const at = 4 * (y * width + x) + c;
          const across = x + 1 < width ? data[at]! - data[at + 4]! : 0;
          const down = y + 1 < height ? data[at]! - data[at + 4 * width]! : 0;
          for (const step of [across, -across, down, -down]) if (step > most) most = step;
        }
      }
    }
    return most;
  }

  test('shows no seams where it is given tiles', async () => {
    const upscaler = await create(model);
    const ramp = makePicture(200, 150, (x, y) => [x, 200 - x, y, 255]);
    const [all, blended, cut] = [
      await upscaler.upscale(ramp),
      await upscaler.upscale(ramp, { tile: 64 }),
      await upscaler.upscale(ramp, { tile: 64, overlap: 4 }),
    ];
    expect(largestStep(all)).toBeLessThanOrEqual(2);
    expect(largestStep(blended)).toBeLessThanOrEqual(3);
    expect(largestStep(cut)).toBeGreaterThan(6);
  });
});
