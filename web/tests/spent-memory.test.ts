import { describe, expect, test } from '@jest/globals';
import { expose, wrap } from 'comlink';
import { reply } from '../src/engine/messages.js';
import { SpentMemory } from '../src/engine/spent-memory.js';

const size = 2 ** 17;

describe('memory that comes back from the worker', () => {
  const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

  test('is used for what is sent next, if it is as long', () => {
    const memory = new SpentMemory();
    const first = memory.copyOf(filled(size, 1));
    memory.give([first.buffer]);
    expect(memory.bytes).toBe(size);
    expect(memory.copyOf(filled(size + 4, 2)).buffer).not.toBe(first.buffer);
    const second = memory.copyOf(filled(size, 3));
    expect(second.buffer).toBe(first.buffer);
    expect(second.every((byte) => byte === 3)).toBe(true);
    expect(memory.bytes).toBe(0);
    // It is under way: nobody else gets it.
    expect(memory.copyOf(filled(size, 4)).buffer).not.toBe(first.buffer);
  });

  test('copies no more than the bytes of a view, and of memory that is shared', () => {
    const memory = new SpentMemory();
    const shared = new Uint8Array(new SharedArrayBuffer(8)).fill(7);
    expect(memory.copyOf(shared.subarray(2, 5))).toEqual(filled(3, 7));
    memory.give([new ArrayBuffer(size)]);
    const view = filled(2 * size, 5).subarray(size / 2, size / 2 + size);
    expect(memory.copyOf(view)).toEqual(filled(size, 5));
  });

  test('is let go where it is small, or much', () => {
    const memory = new SpentMemory();
    memory.give([new ArrayBuffer(100), new ArrayBuffer(2 ** 25)]);
    expect(memory.bytes).toBe(0);
    memory.give([new ArrayBuffer(2 ** 23), new ArrayBuffer(2 ** 22), new ArrayBuffer(2 ** 23)]);
    expect(memory.bytes).toBe(2 ** 22 + 2 ** 23);
    memory.clear();
    expect(memory.bytes).toBe(0);
  });

  test('goes back with the reply, of all that was read', async () => {
    const feeds = [{ data: filled(size, 1) }, { data: [{ data: filled(size, 2) }] }];
    const answered = await reply(() => 'done', [{ feeds, fetches: ['y'] }]);
    expect(answered).toMatchObject({ value: 'done' });
    expect('spent' in answered && answered.spent).toEqual([
      filled(size, 1).buffer,
      filled(size, 2).buffer,
    ]);
    expect(await reply(() => 'done')).toEqual({ value: 'done' });
  });

  test('moves with the reply instead of being copied', async () => {
    const data = filled(size, 1);
    const { port1, port2 } = new MessageChannel();
    expose({ call: () => reply(() => 'done', [{ data }]) }, port1);
    const remote = wrap<{ call(): Promise<object> }>(port2);
    try {
      expect(await remote.call()).toEqual({ value: 'done', spent: [filled(size, 1).buffer] });
      expect(data.byteLength).toBe(0);
    } finally {
      port1.close();
      port2.close();
    }
  });
});
