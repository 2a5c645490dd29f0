import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Upscaler } from 'fovea';
import { models } from 'fovea/models';
import { decodePng, psnr, reduce, repeat, type Pixels } from '../support/pictures.js';

/** The demo's sample, cut to a size that all factors divide. */
const sample = cropped(decodePng(readFileSync('demo/public/samples/sample.png')), 312, 204);

test.each([
  ['x2', 2],
  ['x2Fast', 2],
  ['x2Web', 2],
  ['x3', 3],
  ['x4', 4],
] as const)(
  '%s enlarges %d times, closer to the original than repeated pixels',
  async (name, scale) => {
    const small = reduce(sample, scale);
    const upscaler = await Upscaler.create(models[name]);
    expect(upscaler).toMatchObject({ scale: { x: scale, y: scale }, color: 'luma', range: '0..1' });
    const { data, width, height } = await upscaler.upscale(small);
    await upscaler.release();
    expect([width, height]).toEqual([sample.width, sample.height]);
    const result = { data: Uint8Array.from(data), width, height };
    expect(psnr(result, sample)).toBeGreaterThan(psnr(repeat(small, scale), sample) + 0.4);
  },
);

const names = Object.keys(models) as (keyof typeof models)[];
/** Where the twin that computes with bytes is. */
const int8 = (name: keyof typeof models) =>
  new URL(models[name].href.replace('-fp16.onnx', '-int8.onnx'));

test.each(names)('the twin of %s makes the same picture of bytes', async (name) => {
  const small = reduce(sample, 4);
  const results: Pixels[] = [];
  for (const source of [models[name], int8(name)]) {
    const upscaler = await Upscaler.create(source);
    const { data, width, height } = await upscaler.upscale(small);
    results.push({ data: Uint8Array.from(data), width, height });
    await upscaler.release();
  }
  const [wanted, found] = results as [Pixels, Pixels];
  expect(psnr(found, wanted)).toBeGreaterThan(45);
});

const networks = names.flatMap((name): [string, URL][] => [
  [name, models[name]],
  [`the twin of ${name}`, int8(name)],
]);
test.each(networks)('%s keeps greys', async (_, source) => {
  const upscaler = await Upscaler.create(source);
  for (const grey of [0, 64, 128, 255]) {
    const plain = new Uint8ClampedArray(4 * 40 * 30).map((_, i) => (i % 4 === 3 ? 255 : grey));
    const { data, width, height } = await upscaler.upscale({ data: plain, width: 40, height: 30 });
    // Beyond a border a network sees zeros.
    const edge = 8 * upscaler.scale.x;
    for (let y = edge; y < height - edge; ++y) {
      const row = data.subarray(4 * (y * width + edge), 4 * ((y + 1) * width - edge));
      const off = row.map((value, i) => (i % 4 === 3 ? 0 : Math.abs(value - grey)));
      expect(Math.max(...off)).toBeLessThanOrEqual(1);
    }
  }
  await upscaler.release();
});

function cropped(source: Pixels, width: number, height: number): Pixels {
  const data = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; ++y) {
    const at = 4 * y * source.width;
    data.set(source.data.subarray(at, at + 4 * width), 4 * y * width);
  }
  return { width, height, data };
}
