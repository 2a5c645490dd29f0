import { expect, test } from '@jest/globals';
import { reply, transferring } from '../src/engine/messages.js';
import { failureOf } from './support/errors.js';

test('memory moves with a message once, and is missed where it went before', async () => {
  const data = new Uint8Array([1, 2, 3]);
  expect(transferring({ feeds: [{ data }] })).toEqual({ feeds: [{ data }] });
  structuredClone(data, { transfer: [data.buffer] });
  const error = await failureOf((async () => transferring({ feeds: [{ data }] }))());
  expect(error.code).toBe('InvalidInput');
  expect(error.message).toContain('transferred');
  // What a worker would have answered with is told as an error, too.
  const answer = await reply(() => data);
  expect(answer).toMatchObject({ error: { code: 'InvalidInput' } });
});

test('memory of no bytes is there', () => {
  expect(() => transferring(new Uint8Array(0))).not.toThrow();
});
