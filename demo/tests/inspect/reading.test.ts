import { describe, expect, test } from '@jest/globals';
import { decode } from '../../src/inspect/onnx/decode.js';
import { readableAttributes } from '../../src/inspect/onnx/attributes.js';
import { elementsOf, fromBytes } from '../../src/inspect/onnx/elements.js';
import { readModel } from '../../src/inspect/onnx/model.js';
import { statisticsOf } from '../../src/inspect/onnx/statistics.js';
import { branching } from '../../../tests/browser/inspect/support/small-models.js';
import { OnnxBuilder } from '../../../tests/support/onnx-builder.js';
import { ModelProto } from '../../../tests/support/onnx-schema.js';

const noFiles = async () => undefined;

describe('a model’s file', () => {
  test('is read as protobufjs reads it', () => {
    const builder = new OnnxBuilder();
    const x = builder.input('x', [1, 'n']);
    const weight = builder.constant(new Float32Array([1, 2, 3]));
    builder.output(
      builder.node('Add', [x, weight], { axis: -2, scale: { float: 0.5 }, pads: [1, 2] }),
    );
    const bytes = builder.build({ metadata: { author: 'me' } });
    const expected = ModelProto.toObject(ModelProto.decode(bytes)) as {
      graph: { node: { input: string[]; output: string[]; opType: string }[] };
    };
    const { graph, metadata } = decode('Model', bytes);
    expect(graph!.node).toMatchObject(
      expected.graph.node.map(({ input, output, opType }) => ({ input, output, opType })),
    );
    expect(metadata).toEqual([{ key: 'author', value: 'me' }]);
    expect(readableAttributes(graph!.node[0]!.attribute)).toEqual([
      { name: 'axis', text: '-2' },
      { name: 'scale', text: '0.5' },
      { name: 'pads', text: '[1, 2]' },
    ]);
  });

  test.each([1, 7, 40])('that lacks its last %d bytes is refused', (lost) => {
    const bytes = branching();
    expect(() => decode('Model', bytes.subarray(0, bytes.length - lost))).toThrow('damaged');
  });

  test('of text is refused', () => {
    expect(() => decode('Model', new TextEncoder().encode('no model at all'))).toThrow('damaged');
  });

  test('keeps numbers beyond 2^53', () => {
    const builder = new OnnxBuilder();
    builder.node('Slice', [], { end: 1 });
    const bytes = builder.build();
    const largest = 9223372036854775807n;
    // The varint of the largest int64 instead of 1, in a copy of the attribute's message.
    const attribute = [
      0x0a,
      3,
      0x65,
      0x6e,
      0x64,
      0x18,
      ...Array<number>(8).fill(0xff),
      0x7f,
      0xa0,
      1,
      2,
    ];
    expect(bytes.length).toBeGreaterThan(0);
    expect(decode('Attribute', Uint8Array.from(attribute)).i).toBe(largest);
  });

  test('has the graphs of branches, without the constants in them', () => {
    const { graphs } = readModel(branching());
    expect(graphs.map(({ title, nodes }) => [title, nodes.map(({ opType }) => opType)])).toEqual([
      ['graph', ['If']],
      ['chosen: then_branch', ['Mul']],
      ['chosen: else_branch', ['Mul']],
    ]);
    expect(graphs[0]!.inner.get(0)).toEqual([
      { attribute: 'then_branch', graph: 1 },
      { attribute: 'else_branch', graph: 2 },
    ]);
    expect([...graphs[1]!.weights.keys()]).toEqual(['doubled_factor']);
  });
});

describe('elements', () => {
  const tensor = (dataType: number, rawData: Uint8Array, dims = [rawData.length]) => ({
    ...decode('Tensor', new Uint8Array()),
    dataType,
    rawData,
    dims,
  });

  test.each<[string, number[], number[]]>([
    ['float16', [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00], [1, -2, 2 ** -24]],
    ['bfloat16', [0x80, 0x3f, 0x20, 0xc0], [1, -2.5]],
    ['float8e4m3fn', [0x38, 0xfe, 0x7f], [1, -448, NaN]],
    ['float8e5m2', [0x3c, 0x7c], [1, Infinity]],
    ['float8e4m3fnuz', [0x40, 0x80], [1, NaN]],
    ['int8', [0xff, 0x7f], [-1, 127]],
    ['int4', [0xf1, 0x08], [1, -1, -8]],
    ['uint4', [0xf1, 0x08], [1, 15, 8]],
    ['float4e2m1', [0x72, 0x0f], [1, 6, -6]],
  ])('of %s', (type, bytes, expected) => {
    const found = fromBytes(type, Uint8Array.from(bytes), expected.length)!;
    expect(Array.from(found)).toEqual(expected);
  });

  test('in another file are read from where it says', async () => {
    const raw = new Uint8Array(new Float32Array([9, 1, 2]).buffer);
    const external = {
      ...tensor(1, new Uint8Array(), [2]),
      externalData: [
        { key: 'location', value: 'weights.bin' },
        { key: 'offset', value: '4' },
        { key: 'length', value: '8' },
      ],
    };
    const numbers = await elementsOf(external, async (location, offset, length) => {
      expect(location).toBe('weights.bin');
      return raw.subarray(offset, offset + length!);
    });
    expect(Array.from(numbers!)).toEqual([1, 2]);
    expect(await elementsOf(external, noFiles)).toBeUndefined();
  });
});

describe('statistics', () => {
  test('count what is no number apart', () => {
    const { histogram, ...rest } = statisticsOf([1, NaN, 3, Infinity, 0, 0]);
    expect(rest).toMatchObject({ count: 6, min: 0, max: 3, mean: 1, zeros: 2, notFinite: 2 });
    expect(rest.deviation).toBeCloseTo(Math.sqrt(6 / 4));
    expect(histogram.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect([histogram[0], histogram.at(-1)]).toEqual([2, 1]);
  });

  test('of one value many times have one bar', () => {
    expect(statisticsOf(new Float32Array(5).fill(2)).histogram[0]).toBe(5);
  });
});
