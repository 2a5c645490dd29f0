import type { Tensor as CommonTensor } from 'onnxruntime-common';
import { everywhere, inPage, outcome, plain, type Ort, type Program } from '../program.js';

const arrays: CommonTensor.DataTypeMap = {
  float32: Float32Array.of(0.5),
  uint8: Uint8Array.of(255),
  int8: Int8Array.of(-128),
  uint16: Uint16Array.of(65535),
  int16: Int16Array.of(-1),
  int32: Int32Array.of(-1),
  int64: BigInt64Array.of(-1n),
  string: ['a'],
  bool: Uint8Array.of(1),
  float16: Uint16Array.of(0x3c00),
  float64: Float64Array.of(0.1),
  uint32: Uint32Array.of(2 ** 32 - 1),
  uint64: BigUint64Array.of(1n),
  uint4: Uint8Array.of(15),
  int4: Uint8Array.of(8) as never,
};

const elements: CommonTensor.ElementTypeMap = {
  float32: 0.1,
  uint8: 255,
  int8: -128,
  uint16: 65535,
  int16: -32768,
  int32: -1,
  int64: -1n,
  string: 'a',
  bool: true,
  float16: 1,
  float64: 0.1,
  uint32: 2 ** 32 - 1,
  uint64: 1n,
  uint4: 1,
  int4: 1,
};

/** Every way to make a tensor of an array. */
const constructed: [string, (ort: Ort) => unknown][] = [
  ['strings, typed', ({ Tensor }) => plain(new Tensor('string', ['a', 'b'], [2, 1]))],
  ['booleans, typed', ({ Tensor }) => plain(new Tensor('bool', [true, false]))],
  ['clamped bytes, typed', ({ Tensor }) => plain(new Tensor('uint8', Uint8ClampedArray.of(1, 2)))],
  ['bigints, typed', ({ Tensor }) => plain(new Tensor('int64', [1n, -2n], [2]))],
  ['numbers as int64', ({ Tensor }) => plain(new Tensor('uint64', [1, 2], [1, 2]))],
  ['numbers as floats', ({ Tensor }) => plain(new Tensor('float64', [1.5, 2], [2, 1]))],
  ['a scalar', ({ Tensor }) => plain(new Tensor('float32', [7], []))],
  ['nothing', ({ Tensor }) => plain(new Tensor('float32', [], [0, 3]))],
  ['a Float32Array', ({ Tensor }) => plain(new Tensor(Float32Array.of(1, 2), [2]))],
  ['an Int8Array', ({ Tensor }) => plain(new Tensor(Int8Array.of(-1)))],
  ['a Uint8Array', ({ Tensor }) => plain(new Tensor(Uint8Array.of(1)))],
  ['a Uint8ClampedArray', ({ Tensor }) => plain(new Tensor(Uint8ClampedArray.of(1)))],
  ['a Uint16Array', ({ Tensor }) => plain(new Tensor(Uint16Array.of(1)))],
  ['an Int16Array', ({ Tensor }) => plain(new Tensor(Int16Array.of(-1)))],
  ['an Int32Array', ({ Tensor }) => plain(new Tensor(Int32Array.of(-1)))],
  ['a BigInt64Array', ({ Tensor }) => plain(new Tensor(BigInt64Array.of(-1n)))],
  ['strings', ({ Tensor }) => plain(new Tensor(['a']))],
  ['booleans', ({ Tensor }) => plain(new Tensor([true, false], [2]))],
  ['a Float64Array', ({ Tensor }) => plain(new Tensor(Float64Array.of(1)))],
  ['a Uint32Array', ({ Tensor }) => plain(new Tensor(Uint32Array.of(1)))],
  ['a BigUint64Array', ({ Tensor }) => plain(new Tensor(BigUint64Array.of(1n)))],
  [
    'a type known when it runs',
    ({ Tensor }) => {
      const type = 'int16' as InstanceType<typeof Tensor>['type'];
      return plain(new Tensor(type, [3, 4], [2]));
    },
  ],
  [
    'an array known when it runs',
    ({ Tensor }) => {
      const data = Int32Array.of(5) as InstanceType<typeof Tensor>['data'];
      return plain(new Tensor(data, [1]));
    },
  ],
  ...(['int4', 'uint4'] as const).map((type): [string, (ort: Ort) => unknown] => [
    `an odd number of ${type}`,
    ({ Tensor }) => plain(new Tensor(type, Uint8Array.of(0x21, 3) as never, [3])),
  ]),
];

const refused: [string, (ort: Ort) => unknown][] = [
  ['a type that is none', ({ Tensor }) => new Tensor('float31' as never, [1])],
  ["another type's array", ({ Tensor }) => new Tensor('float32', Int8Array.of(1) as never)],
  ['clamped bytes as int8', ({ Tensor }) => new Tensor('int8', Uint8ClampedArray.of(1) as never)],
  ['a shape of another size', ({ Tensor }) => new Tensor('float32', [1, 2], [3])],
  ['a negative size', ({ Tensor }) => new Tensor('float32', [1], [-1])],
  ['half a size', ({ Tensor }) => new Tensor('float32', [1], [0.5])],
  ['a shape that is no array', ({ Tensor }) => new Tensor('float32', [1], 1 as never)],
  ['an empty array of no type', ({ Tensor }) => new Tensor([] as string[])],
  ['numbers of no type', ({ Tensor }) => new Tensor([1] as never)],
  ['numbers as int4', ({ Tensor }) => new Tensor('int4', [1, 2], [2])],
  ['no string', ({ Tensor }) => new Tensor('string', 'abc' as never)],
];

export const tensors: Program[] = [
  ...Object.entries(arrays).map(([type, array]) =>
    everywhere(`a tensor of an array of ${type}`, ({ Tensor }) => {
      const { dims, size, data } = new Tensor(type as CommonTensor.Type, array as Uint8Array);
      return [dims, size, (data as Uint8Array).byteLength ?? data];
    }),
  ),
  ...Object.entries(elements)
    // Numbers are no bits: see the differences.
    .filter(([type]) => type !== 'float16')
    .map(([type, element]) =>
      everywhere(`a tensor of an element of ${type}`, ({ Tensor }) =>
        outcome(() => plain(new Tensor(type as CommonTensor.Type, [element as number]))),
      ),
    ),
  ...constructed.map(([what, run]) => everywhere(`a tensor of ${what}`, run)),
  ...refused.map(([what, run]) =>
    everywhere(`a tensor of ${what}`, (ort) => outcome(() => run(ort))),
  ),
  everywhere('a tensor of 16-bit floats', ({ Tensor }) => {
    const given = new Tensor('float16', Uint16Array.of(0x3c00, 0xc000));
    return [given.type, given.size, given.data.byteLength];
  }),
  everywhere('what a tensor has', async ({ Tensor }) => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const tensor = new Tensor('float32', data, [2, 3]);
    const turned = tensor.reshape([3, 2]);
    const { type, dims, size, location } = tensor;
    const kept = [tensor.data === data, turned.data === data, (await tensor.getData()) === data];
    return {
      type,
      dims,
      size,
      location,
      kept,
      turned: plain(turned),
      class: tensor instanceof Tensor,
    };
  }),
  everywhere('a tensor in another shape', async ({ Tensor }) => {
    const tensor = new Tensor(Int8Array.of(1, 2));
    return [plain(tensor.reshape([1, 2, 1])), await outcome(() => tensor.reshape([3]))];
  }),
  everywhere('a tensor that is disposed of', async ({ Tensor }) => {
    const tensor = new Tensor(Int8Array.of(1, 2));
    tensor.dispose();
    return [
      tensor.location,
      ...(await Promise.all([
        outcome(() => tensor.data),
        outcome(() => tensor.getData()),
        outcome(() => tensor.reshape([2, 1])),
        outcome(() => tensor.gpuBuffer),
      ])),
    ];
  }),
  inPage('a tensor in two shapes of one buffer', async ({ Tensor }) => {
    const tensor = new Tensor('float32', new Float32Array(12), [1, 3, 2, 2]);
    tensor.reshape([12]).data[0] = 1;
    return [tensor.data[0], tensor.toImageData({ format: 'RGB' }).width];
  }),
];
