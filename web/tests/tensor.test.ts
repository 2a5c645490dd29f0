import { describe, expect, test } from '@jest/globals';
import { FoveaError, Tensor, type TensorType } from 'fovea';

describe('Tensor', () => {
  test('keeps the typed array it is given', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const tensor = new Tensor('float32', data, [2, 3]);
    expect(tensor.data).toBe(data);
    expect(tensor.dims).toEqual([2, 3]);
    expect(tensor.size).toBe(6);
    expect(tensor.type).toBe('float32');
  });

  test.each<[TensorType, unknown]>([
    ['float32', Float32Array.of(1)],
    ['float64', Float64Array.of(1)],
    ['uint8', Uint8Array.of(1)],
    ['int8', Int8Array.of(1)],
    ['uint16', Uint16Array.of(1)],
    ['int16', Int16Array.of(1)],
    ['uint32', Uint32Array.of(1)],
    ['int32', Int32Array.of(1)],
    ['uint64', BigUint64Array.of(1n)],
    ['int64', BigInt64Array.of(1n)],
    ['string', ['one']],
    ['bool', [true]],
    ['uint8', Uint8ClampedArray.of(1)],
  ])('infers %s', (type, data) => {
    expect(new Tensor(data as Float32Array).type).toBe(type);
  });

  test('has one dimension unless told otherwise, and none as a scalar', () => {
    expect(new Tensor(Int8Array.of(1, 2)).dims).toEqual([2]);
    expect(new Tensor('float32', [7], []).size).toBe(1);
    expect(new Tensor('float32', [], [0, 3]).size).toBe(0);
  });

  test('converts plain arrays', () => {
    expect(new Tensor('float32', [1, 2.5]).data).toEqual(Float32Array.of(1, 2.5));
    expect(new Tensor('int64', [1, -2]).data).toEqual(BigInt64Array.of(1n, -2n));
    expect(new Tensor('int32', [1n, 2n]).data).toEqual(Int32Array.of(1, 2));
    expect(new Tensor('bool', [true, false]).data).toEqual(Uint8Array.of(1, 0));
  });

  test('takes float16 as raw bits', () => {
    const bits = Uint16Array.of(0x3c00);
    expect(new Tensor('float16', bits, [1]).data).toBe(bits);
  });

  test('reshapes onto the same elements', () => {
    const tensor = new Tensor(Float32Array.of(1, 2, 3, 4));
    const square = tensor.reshape([2, 2]);
    expect(square.dims).toEqual([2, 2]);
    expect(square.data).toBe(tensor.data);
    expect(() => tensor.reshape([3])).toThrow('[3] has 3 elements, but the data has 4');
  });

  test.each([
    ['an unknown type', () => new Tensor('float31' as 'float32', [1]), "no tensor type 'float31'"],
    ['another typed array', () => new Tensor('float32', Int8Array.of(1) as never), 'a Int8Array'],
    ['too few elements', () => new Tensor('float32', [1], [2]), 'has 2 elements'],
    ['a negative size', () => new Tensor('float32', [1], [-1]), '[-1] is no shape'],
    ['a broken size', () => new Tensor('float32', [1], [1.5]), '[1.5] is no shape'],
    ['numbers as strings', () => new Tensor('string', [1] as never), 'not all strings'],
    ['a fraction as integer', () => new Tensor('int64', [1.5]), 'element 0 is 1.5'],
    ['numbers without a type', () => new Tensor([1] as never), 'cannot be inferred'],
    ['nothing', () => new Tensor('float32', undefined as never), 'undefined'],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(FoveaError);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
  });
});
