import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  checkModel,
  InferenceSession,
  registerOperator,
  Tensor,
  Upscaler,
  type CustomNode,
  type CustomOperator,
  type CustomRun,
} from 'fovea';
import { OnnxBuilder, toTensorProto, type Attribute } from '../../tests/support/onnx-builder.js';
import { failureOf } from './support/errors.js';
import { colourful, repeated } from './support/pictures.js';

const domain = 'com.example';
const domains = { [domain]: 3 };

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

function register(operator: Partial<CustomOperator> & Pick<CustomOperator, 'run'>): void {
  undo.push(registerOperator({ domain, opType: 'Custom', ...operator }));
}

async function create(model: Uint8Array): Promise<InferenceSession> {
  const session = await InferenceSession.create(model);
  undo.push(() => session.release());
  return session;
}

/** y = Custom(x), x of any length. */
function model(attributes: Record<string, Attribute> = {}): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', ['n']);
  const [y] = builder.foreign(domain, 'Custom', [x], attributes, ['node']);
  builder.output(builder.node('Neg', [y!], {}, 'y'), ['n']);
  return builder.build({ domains });
}

/** y = x + x. */
function doubling(): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', ['n']);
  builder.output(builder.node('Add', [x, x], {}, 'y'), ['n']);
  return builder.build();
}

const floats = (...values: number[]) => new Tensor('float32', values);
const oneMore = ({ data, dims }: Tensor) => ({
  type: 'float32' as const,
  dims,
  data: (data as Float32Array).map((value) => value + 1),
});
const addOne: CustomOperator['run'] = (_, [x]) => [oneMore(x!)];
const alike: NonNullable<CustomOperator['infer']> = (_, [x]) => [x!];

const negated = async (session: InferenceSession, ...values: number[]) => {
  const { y } = await session.run({ x: floats(...values) });
  return [...(y!.data as Float32Array)];
};

describe('a custom operator', () => {
  test.each([
    ['at once', addOne],
    ['later', async (...args: Parameters<typeof addOne>) => addOne(...args)],
  ])('is computed %s, with infer and without', async (_, run) => {
    for (const infer of [alike, undefined]) {
      register({ run, infer });
      const session = await create(model());
      expect(await negated(session, 1, 2)).toEqual([-2, -3]);
      expect(await negated(session, 5)).toEqual([-6]);
      expect(await negated(session)).toEqual([]);
    }
  });

  test('is for sessions that are created while it is registered', async () => {
    expect((await failureOf(create(model()))).code).toBe('UnsupportedOperator');
    const unregister = registerOperator({ domain, opType: 'Custom', run: addOne });
    const session = await create(model());
    unregister();
    unregister();
    expect(await negated(session, 1)).toEqual([-2]);
    expect((await failureOf(create(model()))).code).toBe('UnsupportedOperator');
  });

  test('is taken by its opset, and of two the one that was registered later', async () => {
    const giving = (value: number) => () => [floats(value)];
    register({ run: giving(1), sinceVersion: 1 });
    register({ run: giving(4), sinceVersion: 4 });
    register({ run: giving(3), sinceVersion: 3 });
    expect(await negated(await create(model()), 0)).toEqual([-3]);
    register({ run: giving(33), sinceVersion: 3 });
    expect(await negated(await create(model()), 0)).toEqual([-33]);
    await undo.pop()!();
    await undo.pop()!();
    expect(await negated(await create(model()), 0)).toEqual([-3]);
  });

  test('gets its node', async () => {
    const nodes: CustomNode[] = [];
    register({
      run: (node, [x]) => (nodes.push(node), [x!]),
      infer: (node, [x]) => (nodes.push(node), [x!]),
    });
    const weights = new Float32Array([1, 2, 3, 4]);
    const attributes = {
      axis: -3,
      large: 2 ** 60,
      sizes: [1, 2 ** 60],
      factor: { float: 0.5 },
      factors: { floats: [1, 0.25] },
      mode: 'nearest',
      names: { strings: ['a', 'ü'] },
      weights: { tensor: toTensorProto('', 'float32', [2, 2], weights) },
    };
    await negated(await create(model(attributes)), 1);
    expect(nodes.length).toBeGreaterThan(1);
    for (const node of nodes) {
      expect(node).toMatchObject({ name: 'node', opType: 'Custom', domain, opset: 3 });
      expect(node.outputs).toEqual([true]);
      expect({ ...node.attributes }).toEqual({
        axis: -3,
        large: 2n ** 60n,
        sizes: [1, 2n ** 60n],
        factor: 0.5,
        factors: [1, 0.25],
        mode: 'nearest',
        names: ['a', 'ü'],
        weights: new Tensor('float32', weights, [2, 2]),
      });
    }
  });

  test('gets and gives tensors of any type', async () => {
    register({ run: (_, [x]) => [x!], infer: alike });
    const tensors = [
      new Tensor('int64', [2n ** 60n, -1n]),
      new Tensor('uint8', [0, 255]),
      new Tensor('bool', [true, false]),
      new Tensor('float64', [0.1, -3]),
      new Tensor('float16', [0.5, -3]),
    ];
    for (const x of tensors) {
      const builder = new OnnxBuilder();
      builder.input('x', ['n'], x.type);
      builder.foreign(domain, 'Custom', ['x'], {}, ['y']);
      builder.output('y', ['n'], x.type);
      const { y } = await (await create(builder.build({ domains }))).run({ x });
      expect(y).toEqual(x);
    }
  });

  test('has inputs and outputs that a node may leave out', async () => {
    register({
      run: ({ outputs }, [a, b, c]) => {
        expect(outputs).toEqual([true, false, true]);
        expect(b).toBeUndefined();
        return [oneMore(a!), undefined as never, oneMore(oneMore(c!) as Tensor)];
      },
      infer: (_, [a, b, c]) => {
        expect(b).toBeUndefined();
        return [a!, undefined as never, c!];
      },
    });
    const builder = new OnnxBuilder();
    const x = builder.input('x', ['n']);
    builder.foreign(domain, 'Custom', [x, '', x], {}, ['a', '', 'c']);
    builder.output(builder.node('Sub', ['a', 'c'], {}, 'y'), ['n']);
    expect(await negated(await create(builder.build({ domains })), 7, 8)).toEqual([-1, -1]);
  });

  test('has inputs whose elements say what it gives', async () => {
    const builder = new OnnxBuilder();
    builder.input('x', [1]);
    const size = builder.input('size', [1], 'int64');
    const twice = builder.node('Add', [size, size]);
    builder.foreign(domain, 'Custom', ['x', twice], {}, ['filled']);
    builder.output(builder.node('Neg', ['filled'], {}, 'y'));
    register({
      dataInputs: [1],
      infer: (_, [x, length]) => [{ type: x!.type, dims: Array.from(length!.data!, Number) }],
      run: (_, [x, length]) => [
        new Tensor('float32', new Float32Array(Number(length!.data[0])).fill(Number(x!.data[0]))),
      ],
    });
    const session = await create(builder.build({ domains }));
    for (const half of [1n, 2n, 1n]) {
      const { y } = await session.run({ x: floats(5), size: new Tensor('int64', [half]) });
      expect(y!.dims).toEqual([Number(half) * 2]);
      expect(y!.data).toEqual(new Float32Array(y!.size).fill(-5));
    }
  });

  test('may be in a loop', async () => {
    const body = new OnnxBuilder();
    body.input('trip', [], 'int64');
    body.input('go', [], 'bool');
    body.input('state', ['n']);
    body.foreign(domain, 'Custom', ['state'], {}, ['next']);
    body.output('go', [], 'bool');
    body.output('next', ['n']);
    const builder = new OnnxBuilder();
    const x = builder.input('x', ['n']);
    const trips = builder.constant(BigInt64Array.of(3n), []);
    builder.output(builder.node('Loop', [trips, '', x], { body: { graph: body } }, 'y'), ['n']);
    register({ run: async (...args) => addOne(...args), infer: alike });
    expect(await negated(await create(builder.build({ domains })), 1, 2)).toEqual([4, 5]);
  });

  test('is neither computed ahead nor once for two nodes', async () => {
    const builder = new OnnxBuilder();
    const x = builder.input('x', [1]);
    const one = builder.constant(Float32Array.of(1));
    builder.foreign(domain, 'Custom', [one], {}, ['a']);
    builder.foreign(domain, 'Custom', [one], {}, ['b']);
    const sum = builder.node('Add', ['a', 'b']);
    builder.output(builder.node('Add', [sum, x], {}, 'y'));
    let calls = 0;
    register({ run: () => [floats(++calls)], infer: alike });
    const session = await create(builder.build({ domains }));
    expect(await negated(session, 0)).toEqual([3]);
    expect(await negated(session, 0)).toEqual([7]);
  });

  test('is what a check of the model knows', async () => {
    expect(await checkModel(model())).toMatchObject({ supported: false });
    register({ run: addOne, infer: alike });
    expect(await checkModel(model())).toMatchObject({
      supported: true,
      unsupported: [],
      operators: { Custom: 1, Neg: 1 },
    });
  });

  test('appears in a profile with all its time', async () => {
    const run: CustomOperator['run'] = async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return addOne(...args);
    };
    register({ run, infer: alike });
    const { nodes } = await (await create(model())).profile({ x: floats(1) });
    expect(nodes.map(({ opType }) => opType)).toEqual(['Custom', 'Neg']);
    expect(nodes[0]!.milliseconds).toBeGreaterThan(45);
  });

  test('may enlarge pictures', async () => {
    const builder = new OnnxBuilder();
    builder.input('x', [1, 3, 'H', 'W']);
    builder.foreign(domain, 'Custom', ['x'], {}, ['y']);
    builder.output('y', [1, 3, 'H2', 'W2']);
    register({
      infer: (_, [x]) => {
        const [n, c, h, w] = x!.dims as [number, number, number, number];
        return [{ type: 'float32', dims: [n, c, 2 * h, 2 * w] }];
      },
      run: (_, [x]) => {
        const [, c, h, w] = x!.dims as [number, number, number, number];
        const data = new Float32Array(4 * x!.size);
        for (let i = 0; i < data.length; ++i) {
          const [column, row] = [i % (2 * w), Math.floor(i / (2 * w))];
          data[i] = Number(x!.data[Math.floor(row / 2) * w + Math.floor(column / 2)]);
        }
        return [new Tensor('float32', data, [1, c, 2 * h, 2 * w])];
      },
    });
    const upscaler = await Upscaler.create(builder.build({ domains }));
    undo.push(() => upscaler.release());
    const picture = colourful(20, 10);
    const { data } = await upscaler.upscale(picture);
    expect([...data]).toEqual([...repeated(picture, 2).data]);
  });

  test('takes its turn while others run', async () => {
    register({ run: async (...args) => addOne(...args), infer: alike });
    const [a, b] = [await create(model()), await create(model())];
    const results = await Promise.all([1, 2, 3].flatMap((x) => [negated(a, x), negated(b, x)]));
    expect(results.flat()).toEqual([-2, -2, -3, -3, -4, -4]);
  });
});

describe('a custom operator that takes its time', () => {
  test('may use other sessions, which go on', async () => {
    const inner = await create(doubling());
    register({
      infer: alike,
      run: async (_, [x]) => [(await inner.run({ x: x! })).y!],
    });
    const session = await create(model());
    expect(await Promise.all([negated(session, 1), negated(inner, 2)])).toEqual([[-2], [4]]);
  });

  test('has other runs of its session wait, which can be aborted, and its release', async () => {
    const log: string[] = [];
    let go!: () => void;
    const gone = new Promise<void>((resolve) => (go = resolve));
    register({
      infer: alike,
      run: async (_, [x]) => {
        log.push(`begin ${x!.data.join()}`);
        await gone;
        log.push(`end ${x!.data.join()}`);
        return [x!];
      },
    });
    const session = await create(model());
    const running = [negated(session, 1), negated(session, 2)];
    const controller = new AbortController();
    const aborted = session.run({ x: floats(3) }, { signal: controller.signal });
    const released = session.release().then(() => log.push('released'));
    setTimeout(() => controller.abort(), 20);
    expect((await failureOf(aborted)).code).toBe('Aborted');
    expect(log).toEqual(['begin 1']);
    go();
    expect(await Promise.all(running)).toEqual([[-1], [-2]]);
    await released;
    expect(log).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'released']);
  });
});

/** How a run fails, and that the next one does not. */
async function failure(operator: Partial<CustomOperator>, attributes = {}): Promise<unknown> {
  let isBroken = true;
  const { run = addOne, infer = alike } = operator;
  register({
    run: (...args) => (isBroken ? run(...args) : addOne(...args)),
    infer: (...args) => (isBroken ? infer(...args) : alike(...args)),
  });
  const session = await create(model(attributes));
  const error = await failureOf(negated(session, 1, 2));
  isBroken = false;
  expect(await negated(session, 1, 2)).toEqual([-2, -3]);
  return error;
}

const fields = expect.objectContaining({ node: 'node', op: 'Custom' });

describe('an error of a custom operator', () => {
  const cause = new RangeError('no such luck');
  const fail = (): never => {
    throw cause;
  };
  test.each([
    ['run', { run: fail }],
    ['a promise of run', { run: async () => fail() }],
    ['infer', { infer: fail }],
  ])('in %s names the node and keeps its cause', async (_, operator) => {
    expect(await failure(operator)).toMatchObject({
      code: 'OperatorError',
      message: "Custom node 'node': no such luck",
      fields,
      cause,
    });
  });

  test.each<[string, Partial<CustomOperator>, string]>([
    ['other dims', { run: () => [floats(1)] }, 'output 0 is to be float32[2], not float32[1]'],
    [
      'another type',
      { run: () => [new Tensor('int32', [1, 2])] },
      'output 0 is to be float32[2], not int32[2]',
    ],
    ['too few', { run: () => [] }, 'output 0 is to be float32[2], not left out'],
    ['no list', { run: () => floats(1) as never }, 'run() gives a list of outputs, not an object'],
    ['no tensor', { run: () => [[1, 2]] as never }, 'output 0 is no Tensor but an Array'],
    [
      'a promise from infer',
      { infer: (async () => []) as never },
      'infer() gives a list of outputs at once, not a Promise',
    ],
    [
      'too few from infer',
      { infer: () => [] },
      'infer() gives undefined for output 0, not {type, dims}',
    ],
    [
      'no type from infer',
      { infer: () => [{ type: 'float31' as never }] },
      "infer() gives output 0 the type 'float31', which is none",
    ],
    [
      'no sizes from infer',
      { infer: () => [{ type: 'float32', dims: [-1] }] },
      '[-1] is no shape: sizes are integers from 0',
    ],
  ])('tells what was given: %s', async (_, operator, message) => {
    expect(await failure(operator)).toMatchObject({
      code: 'OperatorError',
      message: `Custom node 'node': ${message}`,
      fields,
    });
  });

  test('tells of attributes that are graphs', async () => {
    const graph = new OnnxBuilder();
    graph.output(graph.node('Neg', ['x'], {}, 'z'));
    register({ run: addOne });
    const error = await failureOf(negated(await create(model({ body: { graph } })), 1));
    expect(error).toMatchObject({ code: 'UnsupportedAttribute', fields: { attribute: 'body' } });
  });

  test.each(['Relu', 'Conv'])('refuses to stand in for ai.onnx %s', async (opType) => {
    for (const itsDomain of ['', 'ai.onnx']) {
      const unregister = registerOperator({ domain: itsDomain, opType, run: addOne });
      const error = await failureOf(create(model()));
      unregister();
      expect(error).toMatchObject({ code: 'InvalidInput', fields: { op: opType } });
    }
  });

  test('comes at once for what describes no operator', () => {
    const refused = (operator: unknown) => {
      expect(() => registerOperator(operator as CustomOperator)).toThrow(
        expect.objectContaining({ code: 'InvalidInput' }),
      );
    };
    refused(undefined);
    refused({});
    refused({ module: undefined });
    refused({ module: 3 });
    refused({ domain, opType: 'Custom' });
    refused({ domain, run: addOne });
    refused({ domain, opType: 'Custom', run: addOne, since: 3 });
    refused({ domain, opType: 'Custom', run: addOne, sinceVersion: 0 });
    refused({ domain, opType: 'Custom', run: addOne, dataInputs: [-1] });
    refused({ domain, opType: 'Custom', run: addOne, dataInputs: [0, 1, 2, 3, 4] });
  });
});

describe('an abort', () => {
  test('ends a run that waits for a custom operator', async () => {
    let seen: CustomRun | undefined;
    let isPending = true;
    register({
      infer: alike,
      run: (...args) => {
        seen = args[2];
        return isPending ? new Promise<never>(() => {}) : addOne(...args);
      },
    });
    const session = await create(model());
    const controller = new AbortController();
    const running = session.run({ x: floats(1) }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    expect(await failureOf(running)).toMatchObject({ code: 'Aborted', name: 'AbortError' });
    expect(seen!.signal.aborted).toBe(true);
    isPending = false;
    expect(await negated(session, 1)).toEqual([-2]);
    expect(seen!.signal.aborted).toBe(false);
  });
});

describe('a module of custom operators', () => {
  const file = 'tests/package/user-code/block-mean.js';
  const url = () => pathToFileURL(file);
  const dataUrl = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;

  function blockModel(): Uint8Array {
    const builder = new OnnxBuilder();
    const x = builder.input('x', [1, 1, 'h', 'w']);
    builder.foreign(domain, 'BlockMean', [x], { size: 2 }, ['y']);
    builder.output('y', [1, 1, 'h2', 'w2']);
    return builder.build({ domains });
  }

  test.each([
    ['a URL', url],
    ['an address', () => url().href],
    ['a path', () => `./${file}`],
  ])('is given by %s', async (_, module) => {
    undo.push(registerOperator({ module: module() }));
    const session = await create(blockModel());
    const x = new Tensor('float32', [1, 2, 3, 4, 5, 6, 7, 9], [1, 1, 2, 4]);
    const { y } = await session.run({ x });
    expect(y).toMatchObject({ dims: [1, 1, 1, 2], data: Float32Array.of(3.5, 5.75) });
    const odd = new Tensor('float32', [1, 2, 3], [1, 1, 1, 3]);
    expect(await failureOf(session.run({ x: odd }))).toMatchObject({
      code: 'OperatorError',
      message: "BlockMean node 'y': blocks of 2 x 2 pixels do not fill 3 x 1",
      fields: { op: 'BlockMean' },
    });
  });

  test.each([
    ['is not there', pathToFileURL('tests/package/user-code/missing.js').href],
    ['has no address', 'http://'],
  ])('that %s says which', async (_, missing) => {
    const unregister = registerOperator({ module: missing });
    expect(await failureOf(create(model()))).toMatchObject({
      code: 'OperatorError',
      fields: { url: missing },
    });
    unregister();
    expect((await failureOf(create(model()))).code).toBe('UnsupportedOperator');
  });

  test.each([
    ['nothing', 'export const a = 1;'],
    ['no description', 'export default [{ domain: "com.example" }];'],
    ['what throws', 'throw new Error("not now");'],
  ])('that exports %s says which', async (_, source) => {
    const module = dataUrl(source);
    undo.push(registerOperator({ module }));
    expect(await failureOf(create(model()))).toMatchObject({
      code: 'OperatorError',
      fields: { url: module },
    });
  });
});
