import { addModel, externalModel, shapeless, twoInputs, unnamed } from '../models.js';
import { everywhere, inNode, inPage, outcome, plain, type Ort, type Program } from '../program.js';

type Session = Awaited<ReturnType<Ort['InferenceSession']['create']>>;
type Options = NonNullable<Parameters<Ort['InferenceSession']['create']>[1]>;

const model = addModel();

/** Uses a session and releases it. */
async function using<T>(session: Session, use: (session: Session) => T): Promise<Awaited<T>> {
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

async function withOptions(
  ort: Ort,
  options: Options,
  use: (session: Session) => unknown = (session) => resultOf(ort, session),
): Promise<unknown> {
  return using(await ort.InferenceSession.create(Uint8Array.from(model), options), use);
}

const input = ({ Tensor }: Ort) => new Tensor('float32', [-5, 0, 1, 7, 8, 9], [2, 3]);

async function resultOf(ort: Ort, session: Session): Promise<unknown> {
  const { y } = await session.run({ x: input(ort) });
  return plain(y!);
}

const creating: Program[] = [
  everywhere('a model of bytes', (ort) => withOptions(ort, {})),
  everywhere('a model of a buffer', async (ort) => {
    const { buffer } = Uint8Array.from(model);
    const session = await ort.InferenceSession.create(buffer, { executionProviders: ['cpu'] });
    return using(session, () => resultOf(ort, session));
  }),
  everywhere('a part of a buffer', async (ort) => {
    const { buffer } = Uint8Array.of(0, 0, ...model, 0);
    const create = ort.InferenceSession.create(buffer, 2, model.length, {});
    return using(await create, (session) => session.outputNames);
  }),
  everywhere('the rest of a buffer', async (ort) => {
    const { buffer } = Uint8Array.of(0, 0, ...model);
    const session = await ort.InferenceSession.create(buffer, 2);
    return using(session, () => session.inputNames);
  }),
  everywhere('parts that a buffer does not have', async ({ InferenceSession }) => {
    const { buffer } = Uint8Array.from(model);
    return Promise.all([
      outcome(() => InferenceSession.create(buffer, -1)),
      outcome(() => InferenceSession.create(buffer, 0.5)),
      outcome(() => InferenceSession.create(buffer, 1, model.length)),
      outcome(() => InferenceSession.create(buffer, 0, 0)),
    ]);
  }),
  everywhere('what is no model', async ({ InferenceSession }) =>
    Promise.all([
      outcome(() => InferenceSession.create(Uint8Array.of(1, 2, 3))),
      outcome(() => InferenceSession.create(1 as never)),
      outcome(() => InferenceSession.create('/there/is/none.onnx')),
      outcome(() => InferenceSession.create(model, null as never)),
    ]),
  ),
  inPage('a model of an address', async (ort) => {
    const address = URL.createObjectURL(new Blob([Uint8Array.from(model)]));
    return using(await ort.InferenceSession.create(address), (session) => resultOf(ort, session));
  }),
  inPage('data outside of the model', async (ort) => {
    const weights = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
    const results = [];
    for (const data of [weights, weights.buffer, new Blob([weights])]) {
      const external = externalModel('weights.bin', 0);
      const session = await ort.InferenceSession.create(external, {
        externalData: [{ path: 'weights.bin', data }],
      });
      results.push(await using(session, () => resultOf(ort, session)));
    }
    return results;
  }),
];

const metadata: Program[] = [
  everywhere('what a session says of its model', async ({ InferenceSession }) => {
    const session = await InferenceSession.create(twoInputs());
    return using(session, ({ inputNames, outputNames, inputMetadata, outputMetadata }) => [
      inputNames,
      outputNames,
      ...[...inputMetadata, ...outputMetadata].map((value) =>
        value.isTensor ? [value.name, value.isTensor, value.type, [...value.shape]] : value.name,
      ),
    ]);
  }),
  inNode('a size without a name', async ({ InferenceSession }) => {
    const session = await InferenceSession.create(unnamed());
    return using(session, ({ inputMetadata, outputMetadata }) => [inputMetadata, outputMetadata]);
  }),
  everywhere('values without a shape', async ({ InferenceSession }) => {
    const session = await InferenceSession.create(shapeless());
    return using(session, ({ inputMetadata, outputMetadata }) => [inputMetadata, outputMetadata]);
  }),
];

const running: Program[] = [
  everywhere('results', async (ort) =>
    withOptions(ort, {}, async (session) => {
      const results = await session.run({ x: input(ort) });
      const isTensor = results.y instanceof ort.Tensor;
      return [Object.keys(results), isTensor, 'hasOwnProperty' in results];
    }),
  ),
  everywhere('options of a run', async (ort) =>
    withOptions(ort, {}, async (session) => {
      const { y } = await session.run(
        { x: input(ort) },
        { tag: 'a', logSeverityLevel: 3, logVerbosityLevel: 0, terminate: false, extra: {} },
      );
      return plain(y!);
    }),
  ),
  everywhere('names of outputs', async (ort) =>
    withOptions(ort, {}, async (session) => [
      Object.keys(await session.run({ x: input(ort) }, ['y'])),
      Object.keys(await session.run({ x: input(ort) }, ['y'], { tag: 'a' })),
      await outcome(() => session.run({ x: input(ort) }, ['sum'])),
      await outcome(() => session.run({ x: input(ort) }, [])),
      await outcome(() => session.run({ x: input(ort) }, [1 as never])),
    ]),
  ),
  everywhere('outputs by null', async (ort) =>
    withOptions(ort, {}, async (session) => [
      Object.keys(await session.run({ x: input(ort) }, { y: null })),
      Object.keys(await session.run({ x: input(ort) }, { y: null, other: null }, { tag: 'a' })),
      Object.keys(await session.run({ x: input(ort) }, {})),
    ]),
  ),
  inNode('tensors for results', async (ort) =>
    withOptions(ort, {}, async (session) => {
      const y = new ort.Tensor('float32', new Float32Array(6), [2, 3]);
      const results = await session.run({ x: input(ort) }, { y });
      const wrong = new ort.Tensor('float32', new Float32Array(6), [3, 2]);
      return [plain(results.y!), await outcome(() => session.run({ x: input(ort) }, { y: wrong }))];
    }),
  ),
  everywhere('what cannot be run', async (ort) =>
    withOptions(ort, {}, async (session) => {
      const x = input(ort);
      return Promise.all([
        outcome(() => session.run({})),
        outcome(() => session.run(null as never)),
        outcome(() => session.run(x as never)),
        outcome(() => session.run([x] as never)),
        outcome(() => session.run({ x: undefined as never })),
        outcome(() => session.run({ x: new ort.Tensor('float32', [1, 2], [1, 2]) })),
        outcome(() => session.run({ x: new ort.Tensor('float64', [1, 2, 3], [1, 3]) })),
        outcome(() => session.run({ x }, null as never)),
        outcome(() => session.run({ x }, x as never)),
        outcome(() => session.run({ x }, 'y' as never)),
        outcome(() => session.run({ x }, ['y'], 1 as never)),
        outcome(() => session.run({ x }, { logSeverityLevel: 9 as never })),
      ]);
    }),
  ),
  inPage('a run that is to end, and an input that there is not', async (ort) =>
    withOptions(ort, {}, async (session) => [
      await outcome(() => session.run({ x: input(ort) }, { terminate: true })),
      await outcome(() => session.run({ x: input(ort), other: input(ort) })),
    ]),
  ),
  everywhere('a session that was released', async (ort) => {
    const session = await ort.InferenceSession.create(Uint8Array.from(model));
    await session.release();
    return outcome(() => session.run({ x: input(ort) }));
  }),
];

/** Each of these options, which ask for what is so here or change no result. */
const harmless: Options[] = [
  { intraOpNumThreads: 1, interOpNumThreads: 1 },
  { graphOptimizationLevel: 'disabled' },
  { graphOptimizationLevel: 'basic' },
  { graphOptimizationLevel: 'extended' },
  { graphOptimizationLevel: 'layout' },
  { graphOptimizationLevel: 'all' },
  { enableCpuMemArena: true, enableMemPattern: false },
  { executionMode: 'sequential' },
  { executionMode: 'parallel' },
  { logId: 'a', logSeverityLevel: 3, logVerbosityLevel: 0 },
  { preferredOutputLocation: 'cpu' },
  { preferredOutputLocation: { y: 'cpu' } },
  { enableGraphCapture: false, enableProfiling: false },
  { extra: { session: { set_denormal_as_zero: '1' } } },
  { profileFilePrefix: 'prefix' },
];

const options: Program[] = [
  ...harmless.map((given) =>
    everywhere(`the options ${JSON.stringify(given)}`, (ort) => withOptions(ort, given)),
  ),
  ...(['graphOptimizationLevel', 'executionMode', 'logSeverityLevel'] as const).map((name) =>
    everywhere(`no ${name}`, (ort) => outcome(() => withOptions(ort, { [name]: 'none' as never }))),
  ),
  inPage('sizes for names', async (ort) => {
    const freeDimensionOverrides = { rows: 2, columns: 3 };
    const session = await ort.InferenceSession.create(twoInputs(), { freeDimensionOverrides });
    const a = new ort.Tensor('int64', [3n]);
    const run = async (rows: number) => {
      const x = new ort.Tensor('float32', new Float32Array(3 * rows).fill(1), [rows, 3]);
      const { y, z } = await session.run({ x, a });
      return [plain(y!), plain(z!)];
    };
    return using(session, async ({ inputMetadata, outputMetadata }) => [
      inputMetadata,
      outputMetadata,
      await run(2),
      await outcome(() => run(3)),
    ]);
  }),
  inPage('a size for a name that is none', (ort) =>
    outcome(() => withOptions(ort, { freeDimensionOverrides: { N: -1 } })),
  ),
  everywhere('a profile of a session without', (ort) =>
    withOptions(ort, {}, async (session) => {
      session.startProfiling();
      return [await resultOf(ort, session), session.endProfiling()];
    }),
  ),
];

export const sessions: Program[] = [...creating, ...metadata, ...running, ...options];
