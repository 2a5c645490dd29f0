import { expect, test } from '@jest/globals';
import { reply, transferring, unwrap } from '../src/engine/messages.js';
import { errorOf } from './support/errors.js';

test('memory moves with a message once, and is missed where it went before', async () => {
  const data = new Uint8Array([1, 2, 3]);
  expect(transferring({ feeds: [{ data }] })).toEqual({ feeds: [{ data }] });
  structuredClone(data, { transfer: [data.buffer] });
  const error = errorOf(() => transferring({ feeds: [{ data }] }));
  expect(error).toMatchObject({ code: 'InvalidInput' });
  expect(error.message).toContain('transferred');
  // What a worker would have answered with is told as an error, too.
  const answer = await reply(() => data);
  expect(errorOf(() => unwrap(answer))).toMatchObject({ code: 'InvalidInput' });
});

test('memory of no bytes is there', () => {
  expect(() => transferring(new Uint8Array(0))).not.toThrow();
});
