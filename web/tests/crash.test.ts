import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { InferenceSession, Tensor, Upscaler } from 'fovea';
import { doublingModel } from './support/enlarging-models.js';
import { failureOf } from './support/errors.js';
import { addModel } from './support/models.js';
import { Traps, type Trap } from './support/traps.js';

let traps: Traps;
beforeAll(() => {
  traps = new Traps();
});
afterAll(() => traps.restore());

// In this thread, where it can be made to trap.
const options = { numThreads: 1 };
const create = () => InferenceSession.create(addModel(), options);
const feeds = () => ({ x: new Tensor('float32', [1, 1, 1], [1, 3]) });

async function expectToWork(session: InferenceSession): Promise<void> {
  expect((await session.run(feeds())).y!.data).toEqual(Float32Array.of(2, 3, 4));
}

describe.each<[Trap, RegExp]>([
  ['unreachable', /unreachable/],
  ['out of bounds', /out of bounds/],
  ['call stack', /call stack/],
])('an engine that traps (%s)', (trap, words) => {
  // In the beginning of a run, and further on.
  test.each([0, 3, 12])(
    'after %d calls ends all that it was at, and the next is a new one',
    async (passes) => {
      const [first, second] = await Promise.all([create(), create()]);
      const upscaler = await Upscaler.create(doublingModel(), options);
      await expectToWork(first);
      traps.arm(trap, passes);
      const pending = [first.run(feeds()), second.run(feeds()), first.trim(), create()];
      const picture = { width: 2, height: 2, data: new Uint8ClampedArray(16) };
      const errors = await Promise.all([...pending, upscaler.upscale(picture)].map(failureOf));
      for (const error of errors) {
        expect(error).toMatchObject({ code: 'EngineCrashed', name: 'FoveaError' });
        expect(error.message).toMatch(words);
        expect(error.message).toContain('All of its sessions are lost');
      }

      const before = traps.calls;
      for (const session of [first, second]) {
        expect((await failureOf(session.run(feeds()))).code).toBe('EngineCrashed');
        await session.release();
      }
      await upscaler.release();
      expect(traps.calls).toBe(before);

      const next = await create();
      await expectToWork(next);
      await next.release();
    },
  );

  test('while it loads a model rejects that, and the next is a new one', async () => {
    const session = await create();
    traps.arm(trap);
    const error = await failureOf(create());
    expect(error.code).toBe('EngineCrashed');
    expect(error.message).toMatch(words);
    expect((await failureOf(session.run(feeds()))).code).toBe('EngineCrashed');
    const next = await create();
    await expectToWork(next);
    await next.release();
  });
});
