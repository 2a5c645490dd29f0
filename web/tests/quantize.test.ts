/** @jest-environment ./tools/jest/environment.mjs */

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { InferenceSession, Tensor, type PixelData } from 'fovea';
import { editModel } from 'fovea/edit';
import { quantize, type QuantizeOptions, type QuantizeResult } from 'fovea/quantize';
import { Random } from '../../bench/networks/random.js';
import { OnnxBuilder } from '../../tests/support/onnx-builder.js';
import { ModelProto } from '../../tests/support/onnx-schema.js';
import { computeByOnnxruntime } from '../../tests/support/onnxruntime.js';
import { findCrops } from '../src/quantize/crops.js';
import { openPixels } from '../src/pictures/pixel-source.js';
import { failureOf } from './support/errors.js';
import { makePicture } from './support/pictures.js';

const x2 = readFileSync('models/fovea-x2-fast.onnx');

/** Waves of many lengths and edges, opaque. */
function waves(width: number, height: number, seed = 1): PixelData {
  const wave = (x: number, y: number) =>
    128 +
    60 * Math.sin((x * x) / (300 + 40 * seed) + y / 7) +
    50 * Math.sign(Math.sin(x / 9 + (seed * y) / 5));
  return makePicture(width, height, (x, y) => [wave(x, y), wave(y, x), wave(x + y, x), 255]);
}

/** The parts of a file that tests look at. */
interface File {
  graph: {
    node: { name: string; opType: string; input: string[] }[];
    initializer: { name: string; dataType: number; dims: { toNumber(): number }[] }[];
  };
}

function fileOf(model: Uint8Array): File['graph'] {
  return (ModelProto.decode(model) as unknown as File).graph;
}

const countOf = (model: Uint8Array, opType: string) =>
  fileOf(model).node.filter((node) => node.opType === opType).length;

/** y = w2 * relu(w1 * x), convolutions 3 x 3. */
function twoLayers(first: Float32Array, second: Float32Array, channels = 8): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 8, 'h', 'w']);
  const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
  const weights = [first, second].map((data) => builder.constant(data, [channels, 8, 3, 3]));
  const a = builder.node('Conv', [x, weights[0]!], attributes, 'first');
  const b = builder.node('Relu', [a], {}, 'relu');
  builder.output(builder.node('Conv', [b, weights[1]!], attributes, 'y'), [1, channels, 'h', 'w']);
  return builder.build();
}

const random = new Random(3);
const ordinary = () => random.he(8, 8, 3);
const feedsOf = (...sides: number[]) =>
  sides.map((side) => ({
    x: new Tensor('float32', random.normal(8 * side * side, 1), [1, 8, side, side]),
  }));

function psnr(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += (a[i]! - b[i]!) ** 2;
  return -10 * Math.log10(sum / a.length);
}

describe('a network that enlarges pictures', () => {
  const images = [waves(300, 280), waves(260, 300, 2)];
  let result: QuantizeResult;
  beforeAll(async () => {
    result = await quantize(x2, { images });
  });

  test('is smaller, and its loss is within the budget', () => {
    const { model, report } = result;
    expect(report.bytesBefore).toBe(x2.length);
    expect(report.bytesAfter).toBe(model.length);
    expect(model.length).toBeLessThan(0.8 * x2.length);
    expect(report.lossDb).toBeLessThanOrEqual(0.1);
    expect(report.lossDb).toBeGreaterThan(0);
    expect(report.psnrAfter).toBeGreaterThan(report.psnrBefore! - 0.3);
  });

  test('tells of each layer', () => {
    const { layers } = result.report;
    expect(layers.map(({ node }) => node).sort()).toEqual(
      fileOf(x2)
        .node.filter(({ opType }) => opType === 'Conv')
        .map(({ name }) => name)
        .sort(),
    );
    const quantised = layers.filter((layer) => layer.quantised);
    expect(quantised.length).toBe(countOf(result.model, 'QuantizeLinear'));
    for (const layer of quantised) {
      const { histogram, seen, chosen, scale, zeroPoint } = layer;
      expect(layer).toMatchObject({ opType: 'Conv', reason: '' });
      expect(layer.bytesAfter).toBeLessThan(layer.bytesBefore);
      expect(layer.macs).toBeGreaterThan(0);
      expect(seen.low).toBeLessThan(seen.high);
      expect(histogram!.counts.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
      expect(histogram!.range.low).toBeLessThanOrEqual(seen.low);
      expect(scale * (0 - zeroPoint)).toBeCloseTo(chosen.low, 1);
      expect(scale * (255 - zeroPoint)).toBeCloseTo(chosen.high, 1);
      expect(layer.lossDb).toBeGreaterThanOrEqual(0);
    }
    for (const { reason } of layers.filter((layer) => !layer.quantised))
      expect(reason).not.toBe('');
  });

  test('is computed alike here and by onnxruntime, and near to the float model', async () => {
    const grey = waves(48, 40, 3).data.filter((_, index) => index % 4 === 0);
    const data = Float32Array.from(grey, (value) => value / 255);
    const feeds = { input: { dims: [1, 1, 40, 48], data } };
    const [name] = Object.keys(await computeByOnnxruntime(x2, feeds));
    const float = (await computeByOnnxruntime(x2, feeds))[name!]!;
    const theirs = (await computeByOnnxruntime(result.model, feeds))[name!]!;
    const session = await InferenceSession.create(result.model);
    const ours = (await session.run({ input: new Tensor(data, [1, 1, 40, 48]) }))[name!]!;
    await session.release();
    expect(psnr(theirs.data, float.data)).toBeGreaterThan(35);
    expect(psnr(ours.data as Float32Array, theirs.data)).toBeGreaterThan(50);
  });

  test('is the same again for the same pictures', async () => {
    const again = await quantize(x2, { images });
    expect(Buffer.from(again.model).equals(result.model)).toBe(true);
    expect(again.report).toEqual(result.report);
  });
});

describe('settings', () => {
  const options = { images: waves(200, 200), crops: 2, method: 'minmax' } as const;
  const quantized = async (more: QuantizeOptions) => quantize(x2, { ...options, ...more });
  /** Element types of onnx.proto. */
  const [uint8, int8, float16] = [2, 3, 10];

  test('types of bytes, scales of weights', async () => {
    const types = (model: Uint8Array) => fileOf(model).initializer.map(({ dataType }) => dataType);
    const unsigned = (await quantized({ budgetDb: 10 })).model;
    expect(types(unsigned)).toContain(uint8);
    const { model } = await quantized({ activations: 'int8', perChannel: false, budgetDb: 10 });
    expect(types(model)).not.toContain(uint8);
    expect(types(model)).toContain(int8);
    const channels = (file: Uint8Array) =>
      fileOf(file).initializer.filter(({ name, dims }) => /scale/i.test(name) && dims.length === 1);
    expect(channels(unsigned).length).toBeGreaterThan(0);
    expect(channels(model)).toEqual([]);
  });

  test('layers stay float: those that are named and no others, or as the budget says', async () => {
    const conv = fileOf(x2).node.filter(({ opType }) => opType === 'Conv');
    const name = conv[1]!.name;
    const named = await quantized({ keepFloat: [name] });
    const float = (result: QuantizeResult) =>
      result.report.layers
        .filter(({ quantised, histogram }) => !quantised && histogram)
        .map(({ node }) => node);
    expect(float(named)).toEqual([name]);
    expect(float(await quantized({ budgetDb: 10 }))).toEqual([]);
    const strict = await quantized({ budgetDb: 1e-6 });
    expect(float(strict).length).toBeGreaterThan(1);
    const unknown = await failureOf(quantized({ keepFloat: ['nothing'] }));
    expect(unknown).toMatchObject({ code: 'InvalidInput', fields: { node: 'nothing' } });
  });

  test('methods, rounding and places all give models that run', async () => {
    for (const more of [
      { method: 'percentile', rounding: 'nearest', biasCorrection: false },
      { method: 'mse', placement: 'everywhere' },
      { method: 'entropy', equalise: true },
    ] as const) {
      const { model, report } = await quantized(more);
      expect(report.layers.some(({ method }) => method === more.method)).toBe(true);
      const session = await InferenceSession.create(model);
      await session.release();
    }
  });

  test('float16 for weights that stay float', async () => {
    const { model } = await quantized({ float16: true });
    expect(fileOf(model).initializer.map(({ dataType }) => dataType)).toContain(float16);
  });

  test('progress goes from 0 to 1', async () => {
    const seen: number[] = [];
    await quantized({
      onProgress: ({ stage, done, total }) => {
        if (stage === 'quantize') seen.push(done / total!);
      },
    });
    expect(seen[0]).toBeLessThan(0.1);
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  test('samples that are held out can be counted', async () => {
    const { fields } = await failureOf(quantized({ heldOut: 2 }));
    expect(fields).toEqual({ option: 'heldOut' });
    await quantized({ heldOut: 0 });
  });
});

describe('a network of another kind', () => {
  test('learns from feeds, of different sizes too', async () => {
    const model = twoLayers(ordinary(), ordinary());
    const feeds = feedsOf(24, 17, 31, 24);
    const { model: made, report } = await quantize(model, { feeds, budgetDb: 1 });
    expect(report).toMatchObject({ psnrBefore: undefined, psnrAfter: undefined });
    expect(countOf(made, 'QuantizeLinear')).toBeGreaterThan(0);
    const { dims, data } = feeds[0]!.x;
    const named = { x: { dims: [...dims], data: data } };
    const [float, bytes] = await Promise.all(
      [model, made].map((file) => computeByOnnxruntime(file, named)),
    );
    expect(psnr(bytes!.y!.data, float!.y!.data)).toBeGreaterThan(25);
  });

  test('normalisations are folded first', async () => {
    const builder = new OnnxBuilder();
    const x = builder.input('x', [1, 8, 'h', 'w']);
    const a = builder.node('Conv', [x, builder.constant(ordinary(), [8, 8, 3, 3])], {}, 'conv');
    const statistics = [0.5, 0.1, 0.2, 2].map((value) =>
      builder.constant(new Float32Array(8).fill(value), [8]),
    );
    builder.output(builder.node('BatchNormalization', [a, ...statistics], {}, 'y'), [
      1,
      8,
      'h',
      'w',
    ]);
    const file = builder.build();
    const feeds = feedsOf(24, 24);
    const { model } = await quantize(file, { feeds, keepFloat: [] });
    expect(countOf(model, 'BatchNormalization')).toBe(0);
    expect(countOf(model, 'QuantizeLinear')).toBe(1);
    const outputs = await Promise.all(
      [file, model].map(async (bytes) => {
        const session = await InferenceSession.create(bytes);
        const { y } = await session.run(feeds[0]!);
        await session.release();
        return y!.data as Float32Array;
      }),
    );
    expect(psnr(outputs[0]!, outputs[1]!)).toBeGreaterThan(35);
  });

  test('may keep its weights in another file, which then end up in the model', async () => {
    const whole = ModelProto.decode(twoLayers(ordinary(), ordinary())) as unknown as File;
    const [first] = whole.graph.initializer as unknown as { rawData: Uint8Array }[];
    const weights = Uint8Array.from(first!.rawData);
    const externalData = [{ key: 'location', value: 'weights.bin' }];
    Object.assign(first!, { rawData: new Uint8Array(), dataLocation: 1, externalData });
    const model = ModelProto.encode(whole).finish();
    const given = { feeds: feedsOf(20, 20), keepFloat: [] };
    const { model: made, report } = await quantize(model, {
      ...{ ...given, externalData: { 'weights.bin': weights } },
    });
    expect(report.layers.filter(({ quantised }) => quantised)).toHaveLength(2);
    await (await InferenceSession.create(made)).release();
    expect((await failureOf(quantize(model, given))).fields).toMatchObject({
      externalData: 'weights.bin',
    });
  });

  test('of an earlier opset is raised first', async () => {
    const builder = new OnnxBuilder();
    const x = builder.input('x', [1, 8, 'h', 'w']);
    const weights = builder.constant(ordinary(), [8, 8, 3, 3]);
    builder.output(builder.node('Conv', [x, weights], { kernel_shape: [3, 3] }, 'y'));
    const { model } = await quantize(builder.build({ opset: 9 }), {
      ...{ feeds: feedsOf(20, 20), keepFloat: [] },
    });
    const session = await InferenceSession.create(model);
    expect(session.metadata.opsets[0]!.version).toBeGreaterThanOrEqual(13);
    await session.release();
  });
});

describe('what cannot be', () => {
  const feeds = feedsOf(16, 16);
  const failing = async (model: Uint8Array, options: QuantizeOptions) => {
    const { code, message, fields } = await failureOf(quantize(model, options));
    expect(code).toBe('InvalidInput');
    return { message, fields };
  };

  test('no pictures, or both pictures and feeds, or neither', async () => {
    expect((await failing(x2, { images: [] })).message).toMatch(/there are no pictures/);
    expect((await failing(x2, { feeds: [] })).message).toMatch(/no pictures or feeds/);
    expect((await failing(x2, {})).message).toMatch(/'images' or 'feeds'/);
    await failing(x2, { images: waves(64, 64), feeds: [] });
  });

  test('pictures of one colour teach nothing, beside others they do no harm', async () => {
    const grey = makePicture(100, 100, () => [90, 90, 90, 255]);
    const { message, fields } = await failing(x2, { images: [grey, grey] });
    expect([message, fields]).toEqual([expect.stringMatching(/one colour/), { option: 'images' }]);
    const { report } = await quantize(x2, { images: [grey, waves(128, 128)], crops: 4 });
    expect(report.lossDb).toBeLessThan(0.2);
  });

  test('a picture of one pixel', async () => {
    await failing(x2, { images: makePicture(1, 1, () => [1, 2, 3, 255]) });
  });

  test('pictures for a model that takes none', async () => {
    const model = twoLayers(ordinary(), ordinary());
    expect((await failing(model, { images: waves(64, 64) })).message).toMatch(/enlarge pictures/);
  });

  test('weights that are no numbers', async () => {
    const weights = ordinary();
    weights[5] = NaN;
    await failing(twoLayers(weights, ordinary()), { feeds });
    await failing(twoLayers(ordinary(), weights), { feeds });
  });

  test('feeds that are no numbers', async () => {
    const bad = [
      ...feedsOf(16),
      { x: new Tensor(new Float32Array(8 * 256).fill(NaN), [1, 8, 16, 16]) },
    ];
    await failing(twoLayers(ordinary(), ordinary()), { feeds: bad });
  });

  test('a model that is quantised already, or has nothing to quantise', async () => {
    const { model } = await quantize(x2, { images: waves(128, 128), crops: 2, method: 'minmax' });
    expect((await failing(model, { images: waves(128, 128) })).message).toMatch(
      /quantised already/,
    );
    const builder = new OnnxBuilder();
    builder.output(builder.node('Relu', [builder.input('x', [1, 8, 16, 16])], {}, 'y'));
    expect((await failing(builder.build(), { feeds })).message).toMatch(/nothing to quantise/);
  });

  test('ranges of zero stay exact', async () => {
    const zero = new Float32Array(8 * 8 * 9);
    const { model } = await quantize(twoLayers(zero, ordinary()), { feeds, keepFloat: [] });
    const named = { x: { dims: [1, 8, 16, 16], data: random.normal(8 * 256, 1) } };
    const { y } = await computeByOnnxruntime(model, named);
    expect(y!.data.every((value) => value === 0)).toBe(true);
  });

  test('no model, and options that mean nothing', async () => {
    const { code } = await failureOf(quantize(Uint8Array.of(1, 2, 3), { feeds }));
    expect(code).toBe('MalformedModel');
    expect((await failing(x2, { images: waves(64, 64), method: 'best' as never })).fields).toEqual({
      option: 'method',
    });
    expect((await failing(x2, { images: waves(64, 64), budgetDb: -1 })).fields).toEqual({
      option: 'budgetDb',
    });
  });

  test('aborting in the middle ends it, and the next one works', async () => {
    const images = waves(200, 200);
    for (const at of [0, 0.1, 0.5]) {
      const controller = new AbortController();
      const error = await failureOf(
        quantize(x2, {
          ...{ images, crops: 2, signal: controller.signal },
          onProgress: ({ stage, done }) => {
            if (stage === 'quantize' && done >= at) controller.abort();
          },
        }),
      );
      expect(error).toMatchObject({ code: 'Aborted', name: 'AbortError' });
    }
    const { report } = await quantize(x2, { images, crops: 2, method: 'minmax' });
    expect(report.bytesAfter).toBeGreaterThan(0);
  });

  test('what onProgress throws is told', async () => {
    const { message } = await failing(x2, {
      images: waves(64, 64),
      onProgress: () => {
        throw new Error('no more');
      },
    });
    expect(message).toBe('onProgress threw: no more');
  });
});

describe('parts of pictures', () => {
  const size = { x: 16, y: 16 };
  /** Plain but for a square. */
  const dotted = (left: number, top: number) =>
    openPixels(
      makePicture(100, 80, (x, y) => {
        const inside = x >= left && x < left + 8 && y >= top && y < top + 8;
        return inside && (x + y) % 2 ? [255, 255, 255, 255] : [0, 0, 0, 255];
      }),
    );

  test('are where there is detail', async () => {
    for (const [left, top] of [
      [4, 4],
      [70, 50],
    ] as const) {
      const [place, ...others] = await findCrops(dotted(left, top), size, 1, undefined);
      expect(others).toEqual([]);
      expect(Math.abs(place!.x + 8 - left - 4)).toBeLessThan(20);
      expect(Math.abs(place!.y + 8 - top - 4)).toBeLessThan(20);
    }
  });

  test('lie inside, apart from each other, as many as asked for where there is room', async () => {
    const picture = openPixels(waves(150, 90));
    for (const count of [1, 2, 5, 8, 45, 60]) {
      const places = await findCrops(picture, size, count, undefined);
      expect(places.length).toBe(Math.min(count, 9 * 5));
      for (const [index, { x, y, width, height }] of places.entries()) {
        expect([width, height]).toEqual([16, 16]);
        expect(x >= 0 && y >= 0 && x + 16 <= 150 && y + 16 <= 90).toBe(true);
        const near = (other: { x: number; y: number }) =>
          Math.abs(other.x - x) < 16 && Math.abs(other.y - y) < 16;
        expect(places.slice(0, index).filter(near)).toEqual([]);
      }
    }
  });

  test('are none of one colour', async () => {
    const plain = openPixels(makePicture(64, 64, () => [7, 7, 7, 255]));
    expect(await findCrops(plain, size, 4, undefined)).toEqual([]);
  });
});

test('what is edited first is quantised as well', async () => {
  const model = await editModel(x2, { metadata: { note: 'kept' } });
  const { model: made } = await quantize(model, { images: waves(128, 128), crops: 2 });
  const session = await InferenceSession.create(made);
  expect(session.metadata.properties).toMatchObject({ note: 'kept', 'fovea.scale': '2' });
  await session.release();
});
