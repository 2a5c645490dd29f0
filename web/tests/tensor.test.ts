import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { FoveaError, Tensor, type TensorType } from 'fovea';

const bits16 = ({ buffer, byteOffset, length }: Uint16Array) => [
  ...new Uint16Array(buffer, byteOffset, length),
];

/** All finite numbers of a 16-bit format from 0 on, in order of their bits. */
function halves(exponentBits: number, fractionBits: number): number[] {
  const [scale, bias] = [2 ** fractionBits, 2 ** (exponentBits - 1) - 1];
  const finite = (2 ** exponentBits - 1) * scale;
  return Array.from({ length: finite }, (_, bits) => {
    const [exponent, fraction] = [Math.floor(bits / scale), (bits % scale) / scale];
    return exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
  });
}

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

  test('rounds floats to the nearest, and to the even one of two', () => {
    expect(new Tensor('float32', [0.1, 1e39, 2 ** 24 + 1]).data).toEqual(
      Float32Array.of(0.1, Infinity, 2 ** 24),
    );
    expect(bits16(new Tensor('float16', [1.5, -2, 0, -0]).data)).toEqual([
      0x3e00, 0xc000, 0, 0x8000,
    ]);
    expect(bits16(new Tensor('bfloat16', [1.5, -2, 0, -0]).data)).toEqual([
      0x3fc0, 0xc000, 0, 0x8000,
    ]);
  });

  test.each([
    ['float16', 5, 10],
    ['bfloat16', 8, 7],
  ] as const)(
    'makes %s of any number as the nearest of all',
    (type, exponentBits, fractionBits) => {
      const values = halves(exponentBits, fractionBits);
      const { data } = new Tensor(type, values);
      expect(bits16(data)).toEqual(values.map((_, index) => index));
      // Just below, at and just above the middle between two neighbours; beyond the last is infinity.
      const last = values.at(-1)!;
      const upper = [...values.slice(1), last + (last - values.at(-2)!)];
      const middles = values.map((value, i) => (value + upper[i]!) / 2);
      const nudged = (factor: number) => middles.map((middle) => middle * (1 + factor * 2 ** -40));
      expect(bits16(new Tensor(type, nudged(-1)).data)).toEqual(values.map((_, i) => i));
      expect(bits16(new Tensor(type, nudged(1)).data)).toEqual(values.map((_, i) => i + 1));
      expect(bits16(new Tensor(type, middles).data)).toEqual(values.map((_, i) => i + (i % 2)));
      expect(bits16(new Tensor(type, [Infinity, -Infinity, 1e300, 1e-300]).data)).toEqual([
        values.length,
        values.length + 0x8000,
        values.length,
        0,
      ]);
      const [nan] = bits16(new Tensor(type, [NaN]).data);
      expect(nan! & 0x7fff).toBeGreaterThan(values.length);
    },
  );

  test('takes typed arrays of another realm', () => {
    const data = runInNewContext('Float32Array.of(1, 2)') as Float32Array;
    expect(data).not.toBeInstanceOf(Float32Array);
    expect(new Tensor(data).type).toBe('float32');
    expect(new Tensor('float32', data).data).toBe(data);
    const clamped = runInNewContext('Uint8ClampedArray.of(1, 2)') as Uint8ClampedArray;
    expect([...new Tensor(clamped).data]).toEqual([1, 2]);
    expect(new Tensor(runInNewContext('[1n, 2n].map(String)') as string[]).type).toBe('string');
  });

  test('lets go of its elements', async () => {
    const tensor = new Tensor('float32', [1, 2]);
    expect(tensor.location).toBe('cpu');
    expect(await tensor.getData()).toBe(tensor.data);
    tensor.dispose();
    tensor.dispose();
    expect(tensor.location).toBe('none');
    expect(tensor.dims).toEqual([2]);
    expect(() => tensor.data).toThrow(FoveaError);
    expect(() => tensor.data).toThrow('disposed');
    await expect(tensor.getData()).rejects.toThrow(FoveaError);
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
    ['another typed array', () => new Tensor('float32', Int8Array.of(1) as never), 'an Int8Array'],
    ['too few elements', () => new Tensor('float32', [1], [2]), 'has 2 elements'],
    ['a negative size', () => new Tensor('float32', [1], [-1]), '[-1] is no shape'],
    ['a broken size', () => new Tensor('float32', [1], [1.5]), '[1.5] is no shape'],
    ['numbers as strings', () => new Tensor('string', [1] as never), 'not all strings'],
    ['a fraction as integer', () => new Tensor('int64', [1.5]), 'element 0 is 1.5'],
    ['numbers without a type', () => new Tensor([1] as never), 'cannot be inferred'],
    ['a type that all objects have', () => new Tensor('constructor' as 'int8', [1]), 'constructor'],
    ['the prototype as a type', () => new Tensor('__proto__' as 'int8', [1]), '__proto__'],
    ['a number too large', () => new Tensor('uint8', [255, 256]), 'element 1 is 256'],
    ['a negative one', () => new Tensor('uint32', [-1]), 'element 0 is -1'],
    ['a number too small', () => new Tensor('int8', [-129]), 'element 0 is -129'],
    ['a fraction as a short integer', () => new Tensor('int32', [0.5]), 'element 0 is 0.5'],
    ['NaN as integer', () => new Tensor('uint8', [NaN]), 'element 0 is NaN'],
    [
      'a bigint too large',
      () => new Tensor('int64', [2n ** 63n]),
      'element 0 is 9223372036854775808',
    ],
    ['what is no bool', () => new Tensor('bool', [2]), 'element 0 is 2'],
    ['words', () => new Tensor('float32', ['1'] as never), "element 0 is '1'"],
    ['null', () => new Tensor('float32', [null] as never), 'element 0 is null'],
    // eslint-disable-next-line no-sparse-arrays
    ['a hole', () => new Tensor('float32', [1, , 3] as never), 'element 1 is undefined'],
    ['a shape that is no list', () => new Tensor('float32', [1], 'x' as never), "not 'x'"],
    ['a shape that is null', () => new Tensor('float32', [1], null as never), 'not null'],
    [
      'sizes that are no numbers',
      () => new Tensor('float32', [1], ['1'] as never),
      '[1] is no shape',
    ],
    ['nothing', () => new Tensor('float32', undefined as never), 'undefined'],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(FoveaError);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'InvalidInput' }));
  });
});
