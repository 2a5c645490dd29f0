import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  InferenceSession,
  Tensor,
  type FoveaError,
  type LoadOptions,
  type ModelSource,
} from 'fovea';
import { OnnxBuilder } from '../../tests/support/onnx-builder.js';
import { doublingModel } from './support/enlarging-models.js';
import { failureOf } from './support/errors.js';
import {
  addModel,
  identityModel,
  namedModel,
  slowModel,
  unsupportedModel,
} from './support/models.js';

const sessions: InferenceSession[] = [];

async function create(model: ModelSource, options?: LoadOptions): Promise<InferenceSession> {
  const session = await InferenceSession.create(model, options);
  sessions.push(session);
  return session;
}

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.release()));
});

const x = () => new Tensor('float32', [-5, 0, 1, 2, -2.5, -10], [2, 3]);
const y = Float32Array.of(0, 2, 4, 3, 0, 0);
const ones = (value: number) => new Tensor('float32', [value]);

describe('a session', () => {
  test('describes its model', async () => {
    const session = await create(addModel());
    expect(session.inputNames).toEqual(['x']);
    expect(session.outputNames).toEqual(['y']);
    const declared = { isTensor: true, type: 'float32', shape: ['N', 3] };
    expect(session.inputMetadata).toEqual([{ name: 'x', ...declared }]);
    expect(session.outputMetadata).toEqual([{ name: 'y', ...declared }]);
    expect(session.metadata).toMatchObject({
      producerName: 'fovea-tests',
      opsets: [{ domain: '', version: 17 }],
      properties: { author: 'somebody' },
    });
  });

  test('computes all outputs', async () => {
    const session = await create(addModel());
    const outputs = await session.run({ x: x() });
    expect(Object.keys(outputs)).toEqual(['y']);
    expect(outputs.y).toMatchObject({ type: 'float32', dims: [2, 3], data: y });
  });

  test('computes what is asked for, intermediate values too', async () => {
    const session = await create(addModel());
    const outputs = await session.run({ x: x() }, ['sum', 'y']);
    expect(Object.keys(outputs)).toEqual(['sum', 'y']);
    expect(outputs.sum!.data).toEqual(Float32Array.of(-4, 2, 4, 3, -0.5, -7));
    expect(outputs.y!.data).toEqual(y);
  });

  test('writes into tensors that are given for results', async () => {
    const session = await create(addModel());
    const given = new Tensor('float32', new Float32Array(6), [2, 3]);
    const outputs = await session.run({ x: x() }, { y: given, sum: null });
    expect(outputs.y).toBe(given);
    expect(given.data).toEqual(y);
    expect(outputs.sum!.dims).toEqual([2, 3]);
    const wrong = new Tensor('float32', new Float32Array(6), [3, 2]);
    const error = await failureOf(session.run({ x: x() }, { y: wrong }));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain('[2,3]');
  });

  test('leaves what is fed untouched, and takes parts of larger arrays', async () => {
    const session = await create(addModel());
    const whole = Float32Array.of(9, -5, 0, 1, 9);
    const outputs = await session.run({ x: new Tensor('float32', whole.subarray(1, 4), [1, 3]) });
    expect(outputs.y!.data).toEqual(Float32Array.of(0, 2, 4));
    expect(whole).toEqual(Float32Array.of(9, -5, 0, 1, 9));
  });

  test('runs one input size after another', async () => {
    const session = await create(addModel());
    for (const rows of [1, 7, 1, 0, 3]) {
      const feed = new Tensor('float32', new Float32Array(rows * 3), [rows, 3]);
      expect((await session.run({ x: feed })).y!.dims).toEqual([rows, 3]);
    }
  });

  test('computes all outputs for options alone, no fetches at all, or empty ones', async () => {
    const session = await create(addModel());
    const { signal } = new AbortController();
    const requests: unknown[][] = [
      [],
      [undefined],
      [{}],
      [{ signal }],
      [{ signal: undefined, tag: 'a run' }],
      [{}, { signal }],
      [undefined, { signal }],
    ];
    for (const request of requests) {
      const outputs = await session.run({ x: x() }, ...(request as []));
      expect(Object.keys(outputs)).toEqual(['y']);
      const { tensors } = await session.profile({ x: x() }, ...(request as []));
      expect(Object.keys(tensors)).toEqual(['y']);
    }
  });

  test('obeys options that are its second argument', async () => {
    const session = await create(slowModel());
    const controller = new AbortController();
    const large = new Tensor('float32', new Float32Array(1 << 20).fill(1));
    const running = session.run({ x: large }, { signal: controller.signal });
    setTimeout(() => controller.abort('enough'), 20);
    expect(await failureOf(running)).toMatchObject({ code: 'Aborted', cause: 'enough' });
  });

  test.each<[string, unknown[], string]>([
    ['an empty list of fetches', [[]], 'leave it out'],
    ['null as fetches', [null], 'not null'],
    ['a name alone as fetches', ['y'], "not 'y'"],
    ['a Tensor as fetches', [x()], 'not a Tensor'],
    ['a fetch that is neither null nor a Tensor', [{ y: null, sum: 7 }], "'sum' is no Tensor"],
    ['fetches by number', [[0]], 'not 0'],
    ['a hole among fetches', [['y', undefined]], 'not undefined'],
    ['an option that does not exist', [{ signl: 1 }], "no option 'signl'"],
    ['the same as a third argument', [['y'], { signl: 1 }], "no option 'signl'"],
    ['options that are none', [['y'], null], 'not null'],
    ['what is no signal', [{ signal: 'stop' }], "not 'stop'"],
    ['an option of onnxruntime without a meaning here', [{ terminate: true }], 'signal'],
  ])('refuses %s, by name', async (_, request, message) => {
    const session = await create(addModel());
    for (const method of ['run', 'profile'] as const) {
      const call = session[method].bind(session) as (...args: unknown[]) => Promise<unknown>;
      const error = await failureOf(call({ x: x() }, ...request));
      expect(error.code).toBe('InvalidInput');
      expect(error.message).toContain(message);
    }
  });

  test('takes values of any name, those of prototypes too', async () => {
    const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'length'];
    const session = await create(namedModel(names));
    const feeds = Object.fromEntries(names.map((name, i) => [`${name} in`, ones(i)]));
    expect(session.outputNames).toEqual(names);
    const all = await session.run(feeds);
    expect(Object.keys(all)).toEqual(names);
    names.forEach((name, i) => expect(all[name]!.data).toEqual(Float32Array.of(i)));
    for (const [i, name] of names.entries()) {
      const fetched = await session.run(feeds, [name]);
      expect(Object.keys(fetched)).toEqual([name]);
      const given = new Tensor('float32', [7]);
      const written = await session.run(feeds, Object.fromEntries([[name, given]]));
      expect(written[name]).toBe(given);
      expect(given.data).toEqual(Float32Array.of(i));
    }
  });

  test('has results, properties and operators that find nothing by a prototype', async () => {
    const session = await create(addModel());
    const results = await session.run({ x: x() });
    expect(results.constructor).toBeUndefined();
    expect(session.metadata.properties.constructor).toBeUndefined();
    const properties = { ['__proto__']: '1', toString: 'a text' };
    const named = await create(identityModel('float32', properties));
    expect(Object.entries(named.metadata.properties).sort()).toEqual(Object.entries(properties));
  });

  test('takes tensors of another realm, of another copy of the package, and messages', async () => {
    const session = await create(addModel());
    const foreign = runInNewContext(
      `({ type: 'float32', data: Float32Array.of(-5, 0, 1, 2, -2.5, -10), dims: [2, 3] })`,
    ) as Tensor;
    expect(foreign.data).not.toBeInstanceOf(Float32Array);
    expect((await session.run({ x: foreign })).y!.data).toEqual(y);
    expect((await session.run({ x: structuredClone({ ...x() }) })).y!.data).toEqual(y);
    const given = { type: 'float32', data: new Float32Array(6), dims: [2, 3] } as never;
    await session.run({ x: x() }, { y: given });
    expect((given as Tensor).data).toEqual(y);
  });

  test('refuses tensors whose data are elsewhere, or were disposed of', async () => {
    const session = await create(addModel());
    const remote = { type: 'float32', location: 'gpu-buffer', dims: [2, 3], data: undefined };
    const error = await failureOf(session.run({ x: remote as never }));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain('gpu-buffer');
    const disposed = x();
    disposed.dispose();
    expect((await failureOf(session.run({ x: disposed }))).message).toContain('disposed');
  });

  test.each([
    ['int64', BigInt64Array.of(-1n, 2n ** 60n)],
    ['int32', Int32Array.of(-1, 2)],
    ['uint8', Uint8Array.of(0, 255)],
    ['float64', Float64Array.of(0.1, -1e300)],
    ['bool', Uint8Array.of(1, 0)],
  ] as const)('carries %s through', async (type, data) => {
    const session = await create(identityModel(type));
    const { y: output } = await session.run({ x: new Tensor(type, data as never, [2]) });
    expect(output!.type).toBe(type);
    expect(output!.data).toEqual(data);
  });

  test('counts every bool but 0 as true', async () => {
    const builder = new OnnxBuilder();
    const [a, b] = [builder.input('a', [3], 'bool'), builder.input('b', [3], 'bool')];
    builder.output(builder.node('And', [a, b], {}, 'y'), [3], 'bool');
    const session = await create(builder.build());
    const bools = (...values: number[]) => new Tensor('bool', Uint8Array.from(values));
    const feeds = { a: bools(2, 255, 0), b: bools(1, 4, 8) };
    expect((await session.run(feeds)).y!.data).toEqual(Uint8Array.of(1, 1, 0));
    expect(feeds.a.data).toEqual(Uint8Array.of(2, 255, 0));
    const through = await create(identityModel('bool'));
    expect((await through.run({ x: bools(2, 0, 9) })).y!.data).toEqual(Uint8Array.of(1, 0, 1));
  });

  test.each([
    ['a missing feed', {}],
    ['an unknown feed', { x: x(), z: x() }],
    ['an element type that does not fit', { x: new Tensor('int32', [1, 2, 3], [1, 3]) }],
    ['a shape that does not fit', { x: new Tensor('float32', [1, 2], [1, 2]) }],
    ['what is no tensor', { x: [1, 2, 3] as never }],
    ['nothing for an input', { x: null as never }],
    ['undefined for an input', { x: undefined as never }],
    ['no feeds', null as never],
    ['a list as feeds', [x()] as never],
    ['a Tensor as feeds', x() as never],
    ['a Map as feeds', new Map([['x', x()]]) as never],
    ['what only looks like a tensor', { x: { type: 'float32', dims: [1, 3], data: [1] } as never }],
    ['a type that is a property of all objects', { x: { ...x(), type: 'constructor' } as never }],
  ])('refuses %s and stays usable', async (_, feeds: Record<string, Tensor>) => {
    const session = await create(addModel());
    expect((await failureOf(session.run(feeds))).code).toBe('InvalidInput');
    expect((await session.run({ x: x() })).y!.data).toEqual(y);
  });

  test('refuses to fetch a value the model does not have', async () => {
    const session = await create(addModel());
    const error = await failureOf(session.run({ x: x() }, ['nothing']));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain('nothing');
  });

  test('tells how long each node took', async () => {
    const session = await create(slowModel(3));
    const { nodes } = await session.profile({ x: new Tensor('float32', [1, 2]) });
    expect(nodes.map(({ opType }) => opType)).toEqual(['Erf', 'Erf', 'Erf']);
    expect(nodes.every(({ milliseconds }) => milliseconds >= 0)).toBe(true);
  });

  test('tells what each node did, how, and how fast', async () => {
    const session = await create(doublingModel({ blur: 'same' }));
    const input = new Tensor('float32', new Float32Array(3 * 40 * 50), [1, 3, 40, 50]);
    const { nodes, tensors } = await session.profile({ x: input });
    expect(tensors.y!.dims).toEqual([1, 3, 80, 100]);

    const conv = nodes.find(({ opType }) => opType === 'Conv')!;
    expect(conv).toMatchObject({
      algorithm: 'depthwise',
      dims: [1, 3, 40, 50],
      macs: 9 * 3 * 40 * 50,
      bytes: 4 * (2 * 4 * 40 * 50 + 9 * 3),
    });
    expect(conv.gflops! * conv.milliseconds * 1e6).toBeCloseTo(2 * conv.macs);
    expect(conv.gigabytesPerSecond! * conv.milliseconds * 1e6).toBeCloseTo(conv.bytes);

    const shuffle = nodes.find(({ opType }) => opType === 'DepthToSpace')!;
    expect(shuffle).toMatchObject({ algorithm: '', dims: [1, 3, 80, 100], macs: 0 });
    expect(shuffle.gflops).toBeUndefined();
  });

  test('tells what each node reads', async () => {
    const session = await create(slowModel(3));
    const { nodes } = await session.profile({ x: new Tensor('float32', [1, 2]) });
    expect(nodes.map(({ reads }) => reads)).toEqual([['x'], [0], [1]]);
  });

  test('gives its working memory back and goes on', async () => {
    const session = await create(addModel());
    await session.run({ x: x() });
    await session.trim();
    expect((await session.run({ x: x() })).y!.data).toEqual(y);
  });
});

describe('several runs', () => {
  test('at once, of several sessions, do not disturb each other', async () => {
    const [first, second] = await Promise.all([create(addModel()), create(addModel())]);
    const runs = Array.from({ length: 20 }, async (_, i) => {
      const session = i % 2 ? first : second;
      const feed = new Tensor('float32', new Float32Array(3 * (i + 1)).fill(i), [i + 1, 3]);
      const { y: output } = await session.run({ x: feed });
      expect(output!.dims).toEqual([i + 1, 3]);
      expect(output!.data.slice(-3)).toEqual(Float32Array.of(i + 1, i + 2, i + 3));
    });
    await Promise.all(runs);
  });
});

describe('aborting', () => {
  const large = () => ({ x: new Tensor('float32', new Float32Array(1 << 20).fill(1)) });

  test('ends a run under way, with the reason, and leaves the session usable', async () => {
    const session = await create(slowModel());
    const controller = new AbortController();
    const running = session.run(large(), undefined, { signal: controller.signal });
    setTimeout(() => controller.abort('enough'), 50);
    const error = await failureOf(running);
    expect(error).toMatchObject({ code: 'Aborted', name: 'AbortError', cause: 'enough' });
    const { data } = Object.values(await session.run({ x: new Tensor('float32', [0]) }))[0]!;
    expect(data).toEqual(Float32Array.of(0));
  });

  test('ends a run that waits for another', async () => {
    const session = await create(slowModel(20));
    const controller = new AbortController();
    const first = session.run(large());
    const second = session.run(large(), undefined, { signal: controller.signal });
    controller.abort();
    expect((await failureOf(second)).code).toBe('Aborted');
    expect(Object.values(await first)[0]!.size).toBe(1 << 20);
  });

  test('before anything starts, of a run or of loading', async () => {
    const signal = AbortSignal.abort();
    const session = await create(addModel());
    expect((await failureOf(session.run({ x: x() }, undefined, { signal }))).code).toBe('Aborted');
    expect((await failureOf(create(addModel(), { signal }))).code).toBe('Aborted');
  });
});

describe('loading', () => {
  test('waits for runs under way, and can be given up meanwhile', async () => {
    const session = await create(slowModel());
    const order: string[] = [];
    const large = new Tensor('float32', new Float32Array(1 << 19).fill(1));
    const running = session.run({ x: large }).then(() => order.push('run'));
    const controller = new AbortController();
    const given = failureOf(create(addModel(), { signal: controller.signal }));
    const loading = create(addModel()).then(() => order.push('load'));
    setTimeout(() => controller.abort('changed my mind'), 20);
    expect(await given).toMatchObject({ code: 'Aborted', cause: 'changed my mind' });
    expect(order).toEqual([]);
    await Promise.all([running, loading]);
    expect(order).toEqual(['run', 'load']);
  });

  test('that is given up leaves the engine usable', async () => {
    for (let i = 0; i < 5; ++i) {
      const controller = new AbortController();
      const loading = create(addModel(), { signal: controller.signal });
      setTimeout(() => controller.abort(), i);
      const code = await loading.then(
        () => 'none',
        (error: FoveaError) => error.code,
      );
      expect(['none', 'Aborted']).toContain(code);
      const session = await create(addModel());
      expect((await session.run({ x: x() })).y!.data).toEqual(y);
    }
  });
});

describe('releasing', () => {
  test('makes a session unusable, and may be repeated', async () => {
    const session = await create(addModel());
    await session.release();
    await session.release();
    expect((await failureOf(session.run({ x: x() }))).code).toBe('SessionReleased');
  });

  test('waits for the runs under way', async () => {
    const session = await create(addModel());
    const order: string[] = [];
    const running = session.run({ x: x() }).then(({ y }) => {
      order.push('run');
      return y!.data;
    });
    const releases = [session.release(), session.release()];
    await Promise.all(releases.map((released) => released.then(() => order.push('release'))));
    expect(await running).toEqual(y);
    expect(order).toEqual(['run', 'release', 'release']);
  });
});

describe('a model that cannot be loaded', () => {
  test.each([
    ['no bytes', new Uint8Array(0)],
    ['random bytes', Uint8Array.from({ length: 300 }, (_, i) => (i * 97 + 13) % 251)],
    ['a truncated model', addModel().slice(0, 100)],
  ])('is malformed: %s', async (_, bytes) => {
    expect((await failureOf(create(bytes))).code).toBe('MalformedModel');
  });

  test('tells every operator that is missing', async () => {
    const error = await failureOf(create(unsupportedModel()));
    expect(error.code).toBe('UnsupportedOperator');
    expect(error.fields.operators).toContain('Frobnicate');
    expect(error.fields.operators).toContain('Defrobnicate');
  });

  test('does not keep the next from loading', async () => {
    await failureOf(create(new Uint8Array(10)));
    const session = await create(addModel());
    expect((await session.run({ x: x() })).y!.data).toEqual(y);
  });
});
