import { describe, expect, test } from '@jest/globals';
import { checkModel } from 'fovea';
import { failureOf } from './support/errors.js';
import { addModel, unsupportedModel } from './support/models.js';

describe('checkModel', () => {
  test('describes a model that can be run', async () => {
    expect(await checkModel(addModel())).toMatchObject({
      supported: true,
      unsupported: [],
      inputs: [{ name: 'x', type: 'float32', shape: ['N', 3] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['N', 3] }],
      metadata: { irVersion: 8, opsets: [{ domain: '', version: 17 }] },
      operators: { Add: 1, Relu: 1 },
      parameters: 3,
    });
  });

  test('names every node that cannot be run', async () => {
    const { supported, unsupported } = await checkModel(unsupportedModel());
    expect(supported).toBe(false);
    expect(unsupported).toMatchObject([
      { node: 'first', opType: 'Frobnicate', domain: '', opset: 17 },
      { node: 'second', opType: 'Defrobnicate', domain: '', opset: 17 },
    ]);
  });

  test('rejects bytes that are no model', async () => {
    expect((await failureOf(checkModel(new Uint8Array(5)))).code).toBe('MalformedModel');
  });
});
