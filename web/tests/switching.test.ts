/** @jest-environment ./tools/jest/environment.mjs */

import { describe, expect, test } from '@jest/globals';
import * as fovea from 'fovea';
import * as onnxruntime from 'onnxruntime-node';
import { addModel } from './support/models.js';

/** Programs as people write them for onnxruntime's JavaScript packages. */
type Library = typeof onnxruntime;
type Session = onnxruntime.InferenceSession;

const libraries: [string, Library][] = [
  ['onnxruntime', onnxruntime],
  ['fovea', fovea as unknown as Library],
];

const model = Uint8Array.from(addModel());

async function inSession(
  { InferenceSession }: Library,
  use: (session: Session) => Promise<unknown>,
): Promise<unknown> {
  const session = await InferenceSession.create(model, { executionProviders: ['cpu'] });
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

const feeds = ({ Tensor }: Library) => ({ x: new Tensor('float32', [-5, 0, 1], [1, 3]) });

/** What a result holds, without its class. */
const contents = (results: onnxruntime.InferenceSession.ReturnType) =>
  Object.entries(results).map(([name, { type, dims, data }]) => [name, type, [...dims], [...data]]);

const programs: [string, (library: Library) => Promise<unknown>][] = [
  ['names', (library) => inSession(library, async (s) => [s.inputNames, s.outputNames])],
  ['feeds', (library) => inSession(library, async (s) => contents(await s.run(feeds(library))))],
  [
    'empty options',
    (library) => inSession(library, async (s) => contents(await s.run(feeds(library), {}))),
  ],
  [
    'options alone',
    (library) =>
      inSession(library, async (s) => contents(await s.run(feeds(library), { tag: 'a' }))),
  ],
  [
    'names and options',
    (library) =>
      inSession(library, async (s) => contents(await s.run(feeds(library), ['y'], { tag: 'a' }))),
  ],
  [
    'fetches by null',
    (library) =>
      inSession(library, async (s) => contents(await s.run(feeds(library), { y: null }))),
  ],
  [
    'a part of a buffer',
    async ({ InferenceSession }) => {
      const { buffer } = Uint8Array.of(0, 0, ...model, 0);
      const session = await InferenceSession.create(buffer, 2, model.length, {});
      await session.release();
      return session.outputNames;
    },
  ],
  [
    'tensors',
    async ({ Tensor }) => {
      const tensor = new Tensor(Float32Array.of(1, 2, 3, 4)).reshape([2, 2]);
      const before = [
        tensor.type,
        tensor.dims,
        tensor.size,
        tensor.location,
        await tensor.getData(),
      ];
      tensor.dispose();
      return [before, tensor.location];
    },
  ],
];

describe.each(programs)('a program for onnxruntime (%s)', (_, program) => {
  test('gives the same in Fovea', async () => {
    const [expected, actual] = await Promise.all(libraries.map(([, library]) => program(library)));
    expect(actual).toEqual(expected);
    expect(actual).toBeDefined();
  });
});

describe.each<[string, (library: Library, session: Session) => Promise<unknown>]>([
  ['no feeds', (_, session) => session.run(null as never)],
  ['an input missing', (_, session) => session.run({})],
  ['null as fetches', (library, session) => session.run(feeds(library), null as never)],
  ['an empty list of fetches', (library, session) => session.run(feeds(library), [])],
  [
    'a Tensor as fetches',
    (library, session) => session.run(feeds(library), feeds(library).x as never),
  ],
  ['options that are none', (library, session) => session.run(feeds(library), ['y'], 1 as never)],
])('what onnxruntime refuses (%s)', (_, program) => {
  test.each(libraries)('is refused by %s', async (_, library) => {
    await inSession(library, async (session) => {
      await expect(program(library, session)).rejects.toThrow();
    });
  });
});

test("onnxruntime's Tensors can be fed", async () => {
  const session = await fovea.InferenceSession.create(model);
  const { y } = await session.run(feeds(onnxruntime));
  expect(y!.data).toEqual(Float32Array.of(0, 2, 4));
  await session.release();
});
