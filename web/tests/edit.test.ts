/** @jest-environment ./tools/jest/environment.mjs */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { InferenceSession, Tensor } from 'fovea';
import { convertToFloat16, editModel, extractModel, FoveaError } from 'fovea/edit';
import { expectClose } from '../../tests/support/compare.js';
import { OnnxBuilder } from '../../tests/support/onnx-builder.js';
import { computeByOnnxruntime } from '../../tests/support/onnxruntime.js';
import { smallNetwork } from '../../tests/support/small-network.js';
import { failureOf } from './support/errors.js';
import { addModel, externalModel } from './support/models.js';

const { model: network, input } = smallNetwork();

async function metadataOf(model: Uint8Array): Promise<InferenceSession['metadata']> {
  const session = await InferenceSession.create(model);
  await session.release();
  return session.metadata;
}

describe('editModel', () => {
  test('gives the same bytes where nothing is to be changed', async () => {
    for (const model of [network, addModel(), readFileSync('models/fovea-x2-fast-fp16.onnx')]) {
      expect(Buffer.from(await editModel(model)).equals(model)).toBe(true);
    }
  });

  test('sets, replaces and removes metadata', async () => {
    const metadata = { author: 'somebody else', ['__proto__']: 'a key as any', note: 'new' };
    const model = await editModel(addModel(), { metadata });
    const { properties } = await metadataOf(model);
    expect(Object.entries(properties).sort()).toEqual(Object.entries(metadata).sort());
    const without = await editModel(model, { metadata: { author: null, missing: null } });
    expect(Object.keys((await metadataOf(without)).properties).sort()).toEqual(
      Object.keys(metadata)
        .filter((key) => key !== 'author')
        .sort(),
    );
  });

  test('says who made it and what it is; the network stays the same', async () => {
    const model = await editModel(network, {
      ...{ producerName: 'a person', producerVersion: '2', docString: 'Größe ×2' },
    });
    const { producerName, producerVersion } = await metadataOf(model);
    expect({ producerName, producerVersion }).toEqual({
      ...{ producerName: 'a person', producerVersion: '2' },
    });
    expect(Buffer.from(model).includes('Größe ×2')).toBe(true);
    const [before, after] = [network, model].map((each) => computeByOnnxruntime(each, { input }));
    expect(await after).toEqual(await before);
  });

  test('writes what onnxruntime computes the same of in a later opset', async () => {
    const builder = new OnnxBuilder();
    const x = builder.input('x', [2, 1, 3]);
    const flat = builder.node('Squeeze', [x], { axes: [1] });
    builder.output(builder.node('Softmax', [flat], { axis: 0 }, 'y'), [2, 3]);
    const old = builder.build({ opset: 11 });
    const model = await editModel(old, { opset: 13 });
    expect((await metadataOf(model)).opsets).toEqual([{ domain: '', version: 13 }]);
    const feeds = { x: { dims: [2, 1, 3], data: Float32Array.of(1, 2, 3, -1, 0, 5) } };
    const expected = await computeByOnnxruntime(old, feeds);
    expectClose(await computeByOnnxruntime(model, feeds), expected, 1e-6);
  });

  test('leaves weights in files of their own where they are', async () => {
    const model = externalModel('weights.bin', 0);
    const edited = await editModel(model, { metadata: { author: 'x' } });
    const data = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
    const session = await InferenceSession.create(edited, {
      externalData: { 'weights.bin': data },
    });
    const { y } = await session.run({ x: new Tensor(Float32Array.of(1, 1, 1), [1, 3]) });
    expect([...(y!.data as Float32Array)]).toEqual([2, 3, 4]);
    await session.release();
  });

  test('takes what create() takes', async () => {
    const blob = new Blob([addModel() as BlobPart]);
    expect(Buffer.from(await editModel(blob)).equals(addModel())).toBe(true);
    const { code } = await failureOf(editModel('no-such-file.onnx'));
    expect(code).toBe('NetworkError');
  });

  test('refuses what means nothing', async () => {
    const wrong = async (edits: object) => (await failureOf(editModel(addModel(), edits))).fields;
    expect(await wrong({ metadata: { a: 1 } })).toEqual({ option: 'metadata' });
    expect(await wrong({ opset: 3 })).toEqual({ option: 'opset' });
    expect(await wrong({ producer: 'x' })).toEqual({ option: 'producer' });
    const malformed = await failureOf(editModel(Uint8Array.of(1, 2, 3)));
    expect(malformed).toMatchObject({ code: 'MalformedModel', fields: { offset: '0' } });
    expect(malformed).toBeInstanceOf(FoveaError);
    const aborted = await failureOf(editModel(addModel(), { signal: AbortSignal.abort() }));
    expect(aborted).toMatchObject({ code: 'Aborted', name: 'AbortError' });
  });

  test('tells where its program is not', async () => {
    const { code, fields } = await failureOf(
      editModel(addModel(), { baseUrl: new URL('file:///nowhere/') }),
    );
    expect(code).toBe('EngineLoadError');
    expect(fields.url).toMatch(/^file:\/\/\/nowhere\/fovea-tools\.(js|wasm)$/);
  });
});

describe('extractModel', () => {
  test('gives what the whole model has inside', async () => {
    const model = addModel();
    const session = await InferenceSession.create(model);
    const x = new Tensor(Float32Array.of(-5, 1, 2, 0, -3, 7), [2, 3]);
    const { sum } = await session.run({ x }, ['sum']);
    await session.release();
    const head = await extractModel(model, { inputs: ['x'], outputs: ['sum'] });
    const feeds = { x: { dims: [2, 3], data: x.data as Float32Array } };
    const part = await computeByOnnxruntime(head, feeds);
    expect(Object.keys(part)).toEqual(['sum']);
    expect([...part.sum!.data]).toEqual([...(sum!.data as Float32Array)]);
    expect((await metadataOf(head)).properties).toMatchObject({ author: 'somebody' });
  });

  test('refuses names that are not there, and lists that are not given', async () => {
    const names = { inputs: ['x'], outputs: ['nothing'] };
    const { code, message } = await failureOf(extractModel(addModel(), names));
    expect([code, message]).toEqual(['InvalidInput', expect.stringContaining("'nothing'")]);
    const { fields } = await failureOf(extractModel(addModel(), { inputs: ['x'] } as never));
    expect(fields).toEqual({ option: 'outputs' });
  });
});

describe('convertToFloat16', () => {
  test('halves the file; inputs and outputs stay, results are near', async () => {
    const { model, warnings } = await convertToFloat16(network);
    expect(warnings).toEqual([]);
    expect(model.length).toBeLessThan(0.6 * network.length);
    const [expected, actual] = await Promise.all(
      [network, model].map((each) => computeByOnnxruntime(each, { input })),
    );
    expectClose(actual!, expected!, 0.02);
  });

  test('has inputs of float16 as well where that is asked for', async () => {
    const { model } = await convertToFloat16(network, { ioTypes: true });
    const session = await InferenceSession.create(model);
    expect(session.inputMetadata.map(({ type }) => type)).toEqual(['float16']);
    await session.release();
  });

  test('tells of weights that are too large, and keeps what is to be kept', async () => {
    const builder = new OnnxBuilder();
    const x = builder.input('x', [2]);
    const large = builder.node('Mul', [x, builder.constant(Float32Array.of(1e6, 1))], {}, 'large');
    builder.output(builder.node('Add', [large, large], {}, 'y'), [2]);
    const model = builder.build();
    expect((await convertToFloat16(model)).warnings.join()).toMatch(/65504|65,504/);
    expect((await convertToFloat16(model, { keepNodes: ['large'] })).warnings).toEqual([]);
    const { code } = await failureOf(convertToFloat16(model, { keepNodes: ['absent'] }));
    expect(code).toBe('InvalidInput');
  });
});
