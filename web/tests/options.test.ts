import { afterEach, describe, expect, test } from '@jest/globals';
import { capabilities, checkModel, InferenceSession, Tensor, Upscaler } from 'fovea';
import { doublingModel } from './support/enlarging-models.js';
import { failureOf } from './support/errors.js';
import { addModel } from './support/models.js';

const released: { release(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(released.splice(0).map((each) => each.release()));
});

async function create(options: object): Promise<InferenceSession> {
  const session = await InferenceSession.create(addModel(), options);
  released.push(session);
  return session;
}

const takers: [string, (options: never) => Promise<unknown>][] = [
  ['InferenceSession.create()', (options) => InferenceSession.create(addModel(), options)],
  ['Upscaler.create()', (options) => Upscaler.create(doublingModel(), options)],
  ['checkModel()', (options) => checkModel(addModel(), options)],
  ['capabilities()', (options) => capabilities(options)],
];

describe.each(takers)('options of %s', (place, take) => {
  test.each([
    [null, 'null'],
    ['fast', "'fast'"],
    [true, 'true'],
    [[], 'an Array'],
    [() => {}, 'a function'],
  ])('are an object, not %p', async (options, described) => {
    const error = await failureOf(take(options as never));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toBe(`${place} takes options as an object, not ${described}`);
  });

  test('are known by name', async () => {
    const error = await failureOf(take({ numThread: 1 } as never));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'numThread' } });
    expect(error.message).toContain(`${place} has no option 'numThread', only numThreads, variant`);
  });

  test.each([
    ['constructor', {}],
    ['toString', 'simd'],
    ['__proto__x', 1],
  ])('are not called %s', async (name, value) => {
    const error = await failureOf(take({ [name]: value } as never));
    expect(error.fields.option).toBe(name);
  });

  test.each([
    ['numThreads', 0],
    ['numThreads', 1.5],
    ['numThreads', '2'],
    ['numThreads', null],
    ['variant', 'scalar'],
    ['variant', 'toString'],
    ['baseUrl', 7],
    ['wasmUrl', {}],
    ['wasmBinary', 'AGFzbQ=='],
    ['workerUrl', false],
    ['worker', 'no'],
  ])('take no %s %p', async (option, value) => {
    const error = await failureOf(take({ [option]: value } as never));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option } });
    expect(error.message).toContain(`the option '${option}' of ${place} takes `);
  });

  test('that are undefined are not given', async () => {
    const found = await take({ variant: undefined, worker: undefined } as never);
    if (found instanceof InferenceSession || found instanceof Upscaler) released.push(found);
    expect(found).toBeDefined();
  });
});

describe.each(takers.slice(0, 3))('options for reading, of %s', (_, take) => {
  test.each([
    ['onProgress', 'tell'],
    ['signal', {}],
    ['signal', null],
    ['disabledPasses', '*'],
    ['disabledPasses', [1]],
    ['precision', 'slow'],
    ['limits', 1000],
    ['limits', { node: 1000 }],
    ['limits', { nodes: '1000' }],
    ['limits', { nesting: NaN }],
    ['limits', { tensorBytes: -1 }],
  ])('take no %s %p', async (option, value) => {
    const error = await failureOf(take({ [option]: value } as never));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option } });
  });
});

describe('disabledPasses', () => {
  test('are all known', async () => {
    await create({ disabledPasses: ['*', 'bands', 'fold-constants', 'convolution-epilogue'] });
  });

  test.each(takers.slice(0, 3))('of %s are known by name', async (_, take) => {
    const disabledPasses = ['bands', 'epilogue'];
    const error = await failureOf(take({ disabledPasses } as never));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'disabledPasses' } });
    expect(error.message).toMatch(/'epilogue'.*'\*', 'bands',.*'convolution-epilogue'/);
  });
});

describe('limits', () => {
  test('of nodes are named when a model exceeds them', async () => {
    const error = await failureOf(create({ limits: { nodes: 0 } }));
    expect(error).toMatchObject({ code: 'LimitExceeded', fields: { limit: 'limits.nodes' } });
    expect(error.message).toContain('the option limits.nodes allows more');
  });

  test('of planning are met by a run', async () => {
    const session = await create({ limits: { planningMilliseconds: 0, nodes: undefined } });
    const x = new Tensor('float32', [1, 2, 3], [1, 3]);
    const error = await failureOf(session.run({ x }));
    expect(error.fields.limit).toBe('limits.planningMilliseconds');
  });
});

describe('options of onnxruntime', () => {
  test.each([
    [{ executionProviders: ['wasm'] }],
    [{ executionProviders: ['webgpu', 'cpu'] }],
    [{ executionProviders: [{ name: 'cuda' }, { name: 'wasm' }] }],
    [{ graphOptimizationLevel: 'all' }],
    [{ interOpNumThreads: 2, executionMode: 'sequential' }],
    [{ enableCpuMemArena: true, enableMemPattern: false, enableProfiling: false }],
    [{ logId: 'a session', logSeverityLevel: 3, logVerbosityLevel: 0 }],
    [{ preferredOutputLocation: 'cpu' }],
    [{ preferredOutputLocation: { y: 'cpu' }, enableGraphCapture: false }],
  ])('are taken where they change nothing: %p', async (options) => {
    const session = await create(options);
    const { y } = await session.run({ x: new Tensor('float32', [1, 1, 1], [1, 3]) });
    expect(y!.data).toEqual(Float32Array.of(2, 3, 4));
  });

  test.each([
    ['executionProviders', ['webgpu']],
    ['executionProviders', []],
    ['executionProviders', 'wasm'],
    ['graphOptimizationLevel', 'most'],
    ['executionMode', 'parallel'],
    ['enableProfiling', true],
    ['enableGraphCapture', true],
    ['preferredOutputLocation', 'gpu-buffer'],
    ['preferredOutputLocation', { y: 'gpu-buffer' }],
    ['freeDimensionOverrides', { N: 1 }],
    ['optimizedModelFilePath', 'model.ort'],
    ['extra', { session: {} }],
  ])('are refused where Fovea cannot do so: %s %p', async (option, value) => {
    const error = await failureOf(create({ [option]: value }));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option } });
    expect(error.message).toContain(option);
  });

  test('"disabled" leaves all optimisations out', async () => {
    const nodes = async (options: object) => {
      const session = await InferenceSession.create(doublingModel({ bias: [0, 0, 0] }), options);
      released.push(session);
      const x = new Tensor('float32', new Float32Array(12), [1, 3, 2, 2]);
      return (await session.profile({ x })).nodes.map(({ opType }) => opType);
    };
    const none = await nodes({ disabledPasses: ['*'] });
    expect(await nodes({ graphOptimizationLevel: 'disabled' })).toEqual(none);
  });

  test('threads by its name are threads, but not by both names', async () => {
    await create({ intraOpNumThreads: 1 });
    await create({ intraOpNumThreads: 0, numThreads: undefined });
    const error = await failureOf(create({ intraOpNumThreads: 1, numThreads: 1 }));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'intraOpNumThreads' } });
  });

  test('are none of an upscaler', async () => {
    const options = { executionProviders: ['wasm'] } as never;
    const error = await failureOf(Upscaler.create(doublingModel(), options));
    expect(error.fields.option).toBe('executionProviders');
  });
});

describe('a model in a part of a buffer', () => {
  const model = Uint8Array.from(addModel());
  const buffer = Uint8Array.of(0, 0, 0, ...model, 0, 0).buffer;

  test('is found by its offset and length', async () => {
    for (const session of [
      await InferenceSession.create(buffer, 3, model.length),
      await InferenceSession.create(buffer, 3, model.length, { numThreads: 1 }),
      await InferenceSession.create(Uint8Array.of(7, ...model).buffer, 1),
    ]) {
      released.push(session);
      expect(session.outputNames).toEqual(['y']);
    }
  });

  test.each([
    [-1, 1],
    [0.5, 1],
    [0, 10_000],
    [10_000, undefined],
    [0, 'all'],
  ])('is not at %p, %p', async (offset, length) => {
    const error = await failureOf(InferenceSession.create(buffer, offset, length as number));
    expect(error.code).toBe('InvalidInput');
  });

  test('is not in anything else', async () => {
    const error = await failureOf(InferenceSession.create('model.onnx' as never, 3, 4));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain("'model.onnx'");
  });
});
