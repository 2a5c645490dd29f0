import { describe, expect, test } from '@jest/globals';
import { Turns } from '../src/engine/turns.js';
import { nextTask } from '../src/base/environment.js';
import { errorOf } from './support/errors.js';

/** Work that ends when told, and tells of its beginning and end. */
function steps() {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await new Promise<void>((resolve) => ends.set(name, resolve));
    log.push(`${name} ends`);
    return name;
  };
  return { log, work, end: (name: string) => ends.get(name)!() };
}

describe('turns', () => {
  test('come one after the other, in order, whatever becomes of those before', async () => {
    const turns = new Turns();
    const { log, work, end } = steps();
    const failing = turns.take(undefined, () => Promise.reject(new Error('no')));
    const first = turns.take(undefined, work('first'));
    const second = turns.take(undefined, work('second'));
    await expect(failing).rejects.toThrow('no');
    await nextTask();
    expect(log).toEqual(['first begins']);
    end('first');
    expect(await first).toBe('first');
    await nextTask();
    end('second');
    expect(await second).toBe('second');
    expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  test('are given up at once by a signal, and those behind keep waiting', async () => {
    const turns = new Turns();
    const { log, work, end } = steps();
    const controller = new AbortController();
    const first = turns.take(undefined, work('first'));
    const second = turns.take(controller.signal, work('second'));
    const third = turns.take(undefined, work('third'));
    await nextTask();
    controller.abort('enough');
    expect(await errorOf(second)).toMatchObject({ code: 'Aborted', cause: 'enough' });
    await nextTask();
    expect(log).toEqual(['first begins']);
    end('first');
    await first;
    await nextTask();
    end('third');
    await third;
    expect(log).not.toContain('second begins');
  });

  test('never begin with a signal that has fired', async () => {
    const { log, work } = steps();
    const error = await errorOf(new Turns().take(AbortSignal.abort(), work('it')));
    expect(error).toMatchObject({ code: 'Aborted' });
    await nextTask();
    expect(log).toEqual([]);
  });
});
