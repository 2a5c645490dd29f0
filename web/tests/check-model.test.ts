import { readdirSync, readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { checkModel, InferenceSession, Tensor, type ModelReport, type ModelSource } from 'fovea';
import { OnnxBuilder } from '../../tests/support/onnx-builder.js';
import { failureOf } from './support/errors.js';
import { addModel, externalModel, slowModel, unsupportedModel } from './support/models.js';

describe('checkModel', () => {
  test('describes a model that can be run', async () => {
    expect(await checkModel(addModel())).toMatchObject({
      supported: true,
      unsupported: [],
      inputs: [{ name: 'x', type: 'float32', shape: ['N', 3] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['N', 3] }],
      values: [
        { name: 'x', type: 'float32', shape: ['N', 3], isTensor: true },
        { name: 'sum', type: 'float32', shape: ['N', 3], isTensor: true },
        { name: 'y', type: 'float32', shape: ['N', 3], isTensor: true },
      ],
      freeDimensions: [{ name: 'N', multipleOf: 1, only: undefined }],
      refusal: undefined,
      metadata: { irVersion: 8, opsets: [{ domain: '', version: 17 }] },
      operators: { Add: 1, Relu: 1 },
      parameters: 3,
      macs: undefined,
      memory: undefined,
    });
  });

  test('names every node that cannot be run', async () => {
    const { supported, unsupported, values } = await checkModel(unsupportedModel());
    expect(supported).toBe(false);
    expect(unsupported).toMatchObject([
      { node: 'first', opType: 'Frobnicate', domain: '', opset: 17 },
      { node: 'second', opType: 'Defrobnicate', domain: '', opset: 17 },
    ]);
    expect(values).toMatchObject([
      { name: 'x', shape: [3] },
      { name: 'first', type: 'undefined', shape: undefined },
      { name: 'second', shape: undefined },
    ]);
  });

  test('rejects bytes that are no model', async () => {
    expect((await failureOf(checkModel(new Uint8Array(5)))).code).toBe('MalformedModel');
  });

  test('reads files beside the model', async () => {
    const externalData = { weights: new Uint8Array(12) };
    const { values } = await checkModel(externalModel('weights', 0), { externalData });
    expect(values[2]!.shape).toEqual(['N', 3]);
  });

  test('ends by its signal', async () => {
    const abort = new AbortController();
    const checking = checkModel(slowModel(20_000), { signal: abort.signal });
    setTimeout(() => abort.abort(), 30);
    expect((await failureOf(checking)).code).toBe('Aborted');
  });
});

/** x [N, 3, H, W], of which a network makes values of many kinds of sizes. */
function sizesModel(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', ['N', 3, 'H', 'W']);
  const node = (name: string, opType: string, inputs: string[], attributes = {}) =>
    builder.node(opType, inputs, attributes, name);
  const window = { kernel_shape: [3, 3] };
  node('valid', 'MaxPool', [x], window);
  node('half', 'MaxPool', [x], { ...window, strides: [2, 2], pads: [1, 1, 1, 1] });
  node('eighth', 'MaxPool', ['half'], { ...window, strides: [4, 4] });
  node('larger', 'Resize', [x, '', builder.constant(Float32Array.of(1, 1, 1.5, 4))]);
  node('wide', 'Concat', [x, x], { axis: 3 });
  node('flat', 'Flatten', [x], { axis: 2 });
  node('tokens', 'Reshape', ['half', builder.int64(0, 3, -1)]);
  node('with class', 'Pad', ['tokens', builder.int64(0, 0, 1, 0, 0, 0)]);
  node('all', 'Reshape', ['with class', builder.int64(-1)]);
  node('found', 'NonZero', ['all']);
  node('behind', 'Transpose', ['found']);
  for (const name of ['valid', 'eighth', 'larger', 'wide', 'flat', 'all']) builder.output(name);
  builder.output('behind', undefined, 'int64');
  return builder.build();
}

/** x [1, 3, H, W] of multiples of 8, in windows. */
function windowsModel(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 'C', 'H', 'W']);
  const deep = builder.node('SpaceToDepth', [x], { blocksize: 8 }, 'deep');
  const rows = builder.node('Reshape', [deep, builder.int64(1, 0, -1)], {}, 'rows');
  builder.output(
    builder.node('MatMul', [rows, builder.node('Transpose', [rows], { perm: [0, 2, 1] })], {}, 'y'),
  );
  return builder.build();
}

describe('shapes', () => {
  const shapesOf = ({ values }: ModelReport) =>
    Object.fromEntries(values.map(({ name, shape }) => [name, shape]));

  test('are formulas of what is free', async () => {
    const report = await checkModel(sizesModel());
    expect(shapesOf(report)).toMatchObject({
      x: ['N', 3, 'H', 'W'],
      valid: ['N', 3, 'H-2', 'W-2'],
      half: ['N', 3, 'ceil(H/2)', 'ceil(W/2)'],
      eighth: ['N', 3, 'floor((H+3)/8)', 'floor((W+3)/8)'],
      larger: ['N', 3, 'floor(3*H/2)', '4*W'],
      wide: ['N', 3, 'H', '2*W'],
      flat: ['3*N', 'H*W'],
      tokens: ['N', 3, 'ceil(H/2)*ceil(W/2)'],
      'with class': ['N', 3, 'ceil(H/2)*ceil(W/2)+1'],
      all: ['3*N*ceil(H/2)*ceil(W/2)+3*N'],
    });
    expect(report.freeDimensions).toEqual(['N', 'H', 'W'].map((name) => ({ name, multipleOf: 1 })));
  });

  test('are left out where data decide', async () => {
    const { values, macsFormula } = await checkModel(sizesModel());
    expect(values.slice(-2)).toMatchObject([
      { name: 'found', type: 'int64', shape: undefined },
      { name: 'behind', type: 'int64', shape: undefined },
    ]);
    expect(macsFormula).toBeUndefined();
  });

  test('hold for the multiples that a model takes', async () => {
    const report = await checkModel(windowsModel());
    expect(shapesOf(report)).toMatchObject({
      deep: [1, '64*C', 'H/8', 'W/8'],
      rows: [1, '64*C', 'H*W/64'],
      y: [1, '64*C', '64*C'],
    });
    expect(report.freeDimensions).toMatchObject([
      { name: 'C', multipleOf: 1 },
      { name: 'H', multipleOf: 8 },
      { name: 'W', multipleOf: 8 },
    ]);
    expect(report.macsFormula).toBe('64*C*C*H*W');
  });

  test('have names for sizes without one, and say which are equal', async () => {
    const builder = new OnnxBuilder();
    const sum = builder.node('MatMul', [
      builder.input('a', ['', 'K']),
      builder.input('b', ['L', 'K.0']),
    ]);
    builder.output(sum);
    const { values, freeDimensions } = await checkModel(builder.build());
    // K and L are one.
    expect(freeDimensions.map(({ name }) => name)).toEqual(['a.0', 'K', 'K.0']);
    expect(values[1]!.shape).toEqual(['K', 'K.0']);
    expect(values.at(-1)!.shape).toEqual(['a.0', 'K.0']);
  });

  /** y = Relu(x), z = x + a table of 77 rows, of x [N, 3]. */
  function tableModel(columns: number): Uint8Array {
    const builder = new OnnxBuilder();
    const x = builder.input('x', ['N', 3]);
    builder.output(builder.node('Relu', [x], {}, 'y'));
    const table = builder.constant(new Float32Array(77 * columns), [77, columns]);
    builder.output(builder.node('Add', [x, table], {}, 'z'));
    return builder.build();
  }

  test('say what a model refuses, and what does not follow from it', async () => {
    const { refusal, values } = await checkModel(tableModel(2));
    expect(refusal).toMatchObject({ code: 'InvalidInput', fields: { op: 'Add' } });
    expect(values).toMatchObject([
      { name: 'x', shape: ['N', 3] },
      { name: 'y', shape: ['N', 3] },
      { name: 'z', shape: undefined },
    ]);
  });

  test('say where they are about one size only', async () => {
    const { refusal, values, freeDimensions } = await checkModel(tableModel(3));
    expect(refusal).toBeUndefined();
    expect(freeDimensions).toEqual([{ name: 'N', multipleOf: 1, only: 1 }]);
    expect(values.map(({ shape }) => shape)).toEqual([
      [1, 3],
      [1, 3],
      [77, 3],
    ]);
  });
});

describe('sizes that are given', () => {
  test('are those of the report', async () => {
    const freeDimensionOverrides = { H: 16, W: 24, C: 2 };
    const report = await checkModel(windowsModel(), { freeDimensionOverrides });
    expect(report.values.map(({ shape }) => shape)).toEqual([
      [1, 2, 16, 24],
      [1, 128, 2, 3],
      [1, 128, 6],
      [1, 6, 128],
      [1, 128, 128],
    ]);
    expect(report).toMatchObject({
      freeDimensions: [],
      macs: 128 * 128 * 6,
      macsFormula: undefined,
    });
    const { weights, activations, peak } = report.memory!;
    expect(weights).toBe(24);
    // What is fed, and at least the result.
    expect(activations).toBeGreaterThanOrEqual(4 * (2 * 16 * 24 + 128 * 128));
    expect(peak).toBeGreaterThanOrEqual(weights + activations);
  });

  test('may be some of them', async () => {
    const report = await checkModel(windowsModel(), { freeDimensionOverrides: { C: 2, H: 8 } });
    expect(report.values[2]!.shape).toEqual([1, 128, 'W/8']);
    expect(report.freeDimensions).toMatchObject([{ name: 'W', multipleOf: 8 }]);
    expect(report).toMatchObject({ macs: undefined, memory: undefined });
  });

  test('must be free and fit', async () => {
    const sized = (freeDimensionOverrides: Record<string, number>) =>
      failureOf(checkModel(windowsModel(), { freeDimensionOverrides }));
    expect(await sized({ height: 8 })).toMatchObject({
      code: 'InvalidInput',
      message: "the model has no free dimension 'height': only C, H, W",
      fields: { option: 'freeDimensionOverrides' },
    });
    expect(await sized({ H: 8.5 })).toMatchObject({ fields: { option: 'freeDimensionOverrides' } });
    expect(await sized({ C: 3, H: 8, W: 12 })).toMatchObject({
      code: 'InvalidInput',
      fields: { op: 'SpaceToDepth' },
    });
  });
});

/** Sizes by name; `round` says which of them. */
function sizesFor({ freeDimensions }: ModelReport, round: number): Map<string, number> {
  return new Map(
    freeDimensions.map(({ name, multipleOf }, place) => {
      const about = [9, 26, 47][round]! + 5 * place;
      return [name, multipleOf * Math.ceil(about / multipleOf)];
    }),
  );
}

/** What a formula of identifiers says. */
function evaluated(size: number | string, sizes: ReadonlyMap<string, number>): number {
  const { ceil, floor } = Math;
  return runInNewContext(`${size}`, { ceil, floor, ...Object.fromEntries(sizes) }) as number;
}

const shapeAt = (shape: readonly (number | string)[], sizes: ReadonlyMap<string, number>) =>
  shape.map((size) => evaluated(size, sizes));

async function expectRunsToAgree(source: ModelSource, checked: ModelReport): Promise<void> {
  const session = await InferenceSession.create(source, { disabledPasses: ['*'] });
  for (let round = 0; round < 3; ++round) {
    const sizes = sizesFor(checked, round);
    const known = checked.values.filter(({ shape }) => shape !== undefined);
    const feeds = Object.fromEntries(
      known
        .filter(({ name }) => session.inputNames.includes(name))
        .map(({ name, type, shape }) => {
          const dims = shapeAt(shape!, sizes);
          const count = dims.reduce((product, size) => product * size, 1);
          return [name, new Tensor(type as 'float32', new Array<number>(count).fill(0.5), dims)];
        }),
    );
    const results = await session.run(
      feeds,
      known.map(({ name }) => name),
    );
    for (const { name, type, shape } of known) {
      const expected = { name, type, dims: shapeAt(shape!, sizes) };
      expect({ name, type: results[name]!.type, dims: results[name]!.dims }).toEqual(expected);
    }
  }
  await session.release();
}

const folders = ['any_size', 'compact', 'compact_half', 'espcn'].concat(
  ['', '_opset10', '_opset10_any_size'].map((end) => `textbook_espcn${end}`),
  'textbook_srcnn_unfolded',
);
const files = [
  ...folders.map((folder) => `tests/data/torch/${folder}/model.onnx`),
  ...readdirSync('models')
    .filter((name) => name.endsWith('.onnx'))
    .map((name) => `models/${name}`),
];

describe('every value of a run is as it was said to be', () => {
  test.each(files)('%s', async (file) => {
    const bytes = readFileSync(file);
    const report = await checkModel(bytes);
    expect(report.freeDimensions.length).toBeGreaterThan(0);
    expect(report.values.every(({ shape }) => shape && !shape.includes('?'))).toBe(true);
    await expectRunsToAgree(bytes, report);
  });

  test('of sizes of many kinds', async () => {
    await expectRunsToAgree(sizesModel(), await checkModel(sizesModel()));
    await expectRunsToAgree(windowsModel(), await checkModel(windowsModel()));
  });
});
