// Values that are no tensors, and tensors of types that no typed array has.

import { afterEach, describe, expect, test } from '@jest/globals';
import { InferenceSession, Tensor, type Value } from 'fovea';
import { OnnxBuilder } from '../../tests/support/onnx-builder.js';
import { failureOf } from './support/errors.js';

const sessions: InferenceSession[] = [];

async function create(model: Uint8Array): Promise<InferenceSession> {
  const session = await InferenceSession.create(model);
  sessions.push(session);
  return session;
}

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.release()));
});

const floats = (...values: number[]) => new Tensor('float32', Float32Array.from(values));

describe('a sequence', () => {
  function reversing() {
    const model = new OnnxBuilder();
    const items = model.container('sequence', 'items');
    const last = model.node('SequenceAt', [items, model.int64(-1)]);
    const rest = model.node('SequenceErase', [items]);
    model.output(model.node('SequenceInsert', [rest, last, model.int64(0)], {}, 'turned'));
    model.output(model.node('SequenceLength', [items], {}, 'count'), [], 'int64');
    return create(model.build());
  }

  test('is fed and given as a list of tensors', async () => {
    const session = await reversing();
    expect(session.inputMetadata[0]).toMatchObject({ isTensor: false, type: 'sequence' });
    const { turned, count } = await session.run<Value>({
      items: [floats(1), floats(2, 3), floats()],
    });
    expect((turned as Tensor[]).map(({ data }) => [...(data as Float32Array)])).toEqual([
      [],
      [1],
      [2, 3],
    ]);
    expect((count as Tensor<'int64'>).data).toEqual(BigInt64Array.of(3n));
  });

  test('refuses what is no tensor, by place', async () => {
    const session = await reversing();
    const error = await failureOf(session.run({ items: [floats(1), 7 as never] }));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain("tensor 1 of what is fed to 'items'");
    expect((await failureOf(session.run({ items: floats(1) }))).message).toContain('sequence');
    expect((await failureOf(session.run({ items: [] }))).code).toBe('InvalidInput');
    expect(await session.run({ items: [floats(1)] })).toBeDefined();
  });
});

describe('an optional', () => {
  test('is its value, or null', async () => {
    const model = new OnnxBuilder();
    const maybe = model.container('optional', 'maybe');
    model.output(model.node('OptionalHasElement', [maybe], {}, 'has'), [], 'bool');
    model.output(model.node('Identity', [maybe], {}, 'same'));
    const session = await create(model.build({ opset: 18 }));
    const some = await session.run<Value>({ maybe: floats(4) });
    expect((some.has as Tensor).data).toEqual(Uint8Array.of(1));
    expect((some.same as Tensor).data).toEqual(Float32Array.of(4));
    const none = await session.run<Value>({ maybe: null });
    expect((none.has as Tensor).data).toEqual(Uint8Array.of(0));
    expect(none.same).toBeNull();
  });
});

describe('tensors of small types', () => {
  const cast = (to: number) => {
    const model = new OnnxBuilder();
    const x = model.input('x', ['n']);
    model.output(model.node('Cast', [x], { to }, 'y'));
    return create(model.build({ opset: 25 }));
  };

  test('are packed bytes', async () => {
    const session = await cast(22); // INT4
    const { y } = await session.run({ x: floats(1, -2, 7) });
    expect(y!.type).toBe('int4');
    expect(y!.dims).toEqual([3]);
    expect(y!.data).toEqual(Uint8Array.of(0xe1, 0x07));
    expect(new Tensor('int4', Uint8Array.of(0xe1, 0x07), [3]).size).toBe(3);
    expect(() => new Tensor('int4', Uint8Array.of(1), [3])).toThrow('2 of its array');
    expect(() => new Tensor('uint4', [1, 2] as never)).toThrow('typed array');
  });

  test('are codes of one byte', async () => {
    const { y } = await (await cast(17)).run({ x: floats(1, -448) }); // FLOAT8E4M3FN
    expect(y!.data).toEqual(Uint8Array.of(0x38, 0xfe));
  });

  test('of complex numbers are two floats each', () => {
    expect(new Tensor('complex64', Float32Array.of(1, 2, 3, 4), [2]).size).toBe(2);
  });
});
