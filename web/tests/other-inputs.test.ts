// What a network takes besides the picture.

import { afterEach, describe, expect, test } from '@jest/globals';
import { Tensor, type NetworkOptions, type PixelData } from 'fovea';
import { OnnxBuilder, type Dim, type ElementType } from '../../tests/support/onnx-builder.js';
import { formModel } from './support/form-models.js';
import { failureOf } from './support/errors.js';
import { colourful, largestDifference, makePicture, mapped, repeated } from './support/pictures.js';
import { create, releaseAll } from './support/upscalers.js';

afterEach(releaseAll);

type Inputs = NonNullable<NetworkOptions['inputs']>;
type Tile = Parameters<Extract<Inputs[string], (tile: never) => unknown>>[0];

const picture = colourful(45, 31);

/** Doubles x and adds what its second input is. */
function addingModel(dims: readonly Dim[], type: ElementType = 'float32'): Uint8Array {
  const builder = new OnnxBuilder();
  const x = builder.input('x', [1, 3, 'H', 'W']);
  const level = builder.node('Cast', [builder.input('level', dims, type)], { to: 1 });
  const sum = builder.node('Add', [x, level]);
  const copies = builder.node('Concat', [sum, sum, sum, sum], { axis: 1 });
  builder.output(builder.node('DepthToSpace', [copies], { blocksize: 2 }, 'y'));
  return builder.build({ metadata: { 'fovea.range': '0..1' } });
}

/** The picture, doubled, with levels added by place. */
const added = (level: (x: number, y: number) => number): PixelData =>
  repeated(
    makePicture(picture.width, picture.height, (x, y) => {
      const at = 4 * (y * picture.width + x);
      const [r, g, b] = picture.data.subarray(at, at + 3) as unknown as [number, number, number];
      return [r + level(x, y), g + level(x, y), b + level(x, y), 255];
    }),
    2,
  );

describe('an input besides the picture gets', () => {
  test.each<[string, Uint8Array, Inputs[string]]>([
    ['a number, of no dimensions', addingModel([]), 0.2],
    ['a number, of one element', addingModel([1]), 0.2],
    ['a number, for a map of the size of a tile', addingModel([1, 1, 'H', 'W']), 0.2],
    ['a number, of float16', addingModel([1], 'float16'), 0.2],
    ['a number, of bytes', addingModel([1, 1, 'h', 'w'], 'uint8'), 0.2],
    ['a Tensor', addingModel([1]), new Tensor('float32', Float32Array.of(0.2), [1])],
    ['a Tensor of integers', addingModel([1], 'int64'), new Tensor('int64', [0n], [1])],
    ['a function', addingModel([1]), () => new Tensor('float32', Float32Array.of(0.2), [1])],
  ])('%s', async (name, model, level) => {
    const upscaler = await create(model, { inputs: { level } });
    const wanted = added(() => (/integers|bytes/.test(name) ? 0 : 0.2 * 255));
    for (const tiles of [{}, { tile: 16, overlap: 2 }]) {
      const result = await upscaler.upscale(picture, tiles);
      expect(largestDifference(result, wanted)).toBeLessThanOrEqual(1);
    }
  });

  const ramp = ({ x, y, width, height }: Tile) => {
    const map = new Float32Array(width * height).map(
      (_, i) => (x + (i % width) + 2 * (y + Math.floor(i / width))) / 255,
    );
    return new Tensor('float32', map, [1, 1, height, width]);
  };

  test('what a function makes of where the tile lies', async () => {
    const upscaler = await create(addingModel([1, 1, 'H', 'W']), { inputs: { level: ramp } });
    for (const tiles of [{}, { tile: 16, overlap: 2 }, { tile: 29, overlap: 0 }]) {
      const result = await upscaler.upscale(picture, tiles);
      expect(
        largestDifference(
          result,
          added((x, y) => x + 2 * y),
        ),
      ).toBeLessThanOrEqual(1);
    }
  });

  test('what a function makes, in trials of how far the network sees, too', async () => {
    const builder = new OnnxBuilder();
    const x = builder.input('x', [1, 3, 'H', 'W']);
    const sum = builder.node('Add', [x, builder.input('level', [1, 1, 'H', 'W'])]);
    const factors = builder.input('factors', [4]);
    builder.output(builder.node('Resize', [sum, '', factors], { mode: 'linear' }, 'y'));
    const upscaler = await create(builder.build(), { inputs: { level: ramp } });
    const { isLocal, by, reach } = await upscaler.locality();
    expect({ isLocal, by }).toEqual({ isLocal: true, by: 'trial' });
    expect(reach.left).toBeLessThanOrEqual(2);
  });

  test('another value for one picture', async () => {
    const upscaler = await create(addingModel([1, 1, 'H', 'W']), { inputs: { level: 0.1 } });
    for (const [inputs, level] of [
      [{ level: 0.2 }, 51],
      [undefined, 25.5],
      [{}, 25.5],
    ] as const) {
      const result = await upscaler.upscale(picture, { inputs });
      expect(
        largestDifference(
          result,
          added(() => level),
        ),
      ).toBeLessThanOrEqual(1);
    }
    const mapping = await upscaler.upscale(picture, { inputs: { level: ramp } });
    expect(
      largestDifference(
        mapping,
        added((x, y) => x + 2 * y),
      ),
    ).toBeLessThanOrEqual(1);
  });
});

describe('of several inputs that might be the picture', () => {
  const model = formModel({ otherInputs: { before: 0.5 }, metadata: { 'fovea.range': '0..1' } });
  const halves = repeated(
    mapped(picture, ([r, g, b, a]) => [r / 2 + 51, g / 2 + 51, b / 2 + 51, a]),
    2,
  );

  test('it is the first that is told nothing', async () => {
    const upscaler = await create(model, { inputs: { before: 0.4 } });
    const result = await upscaler.upscale(picture);
    expect(
      largestDifference(
        result,
        added(() => 51),
      ),
    ).toBeLessThanOrEqual(1);
  });

  test('it is the one that is told', async () => {
    const upscaler = await create(model, { input: 'before', inputs: { x: 0.2 } });
    const result = await upscaler.upscale(picture);
    expect(largestDifference(result, halves)).toBeLessThanOrEqual(1);
    const error = await failureOf(create(model, { input: 'after' }));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'input' } });
    expect(error.message).toContain("no input 'after', only 'before', 'x'");
  });
});

describe('it is refused', () => {
  test('that an input gets nothing', async () => {
    const error = await failureOf(create(addingModel([1])));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain("say by the option 'inputs' what 'level' get");
    const several = formModel({ otherInputs: { before: 0.5 } });
    expect((await failureOf(create(several))).message).toContain("what 'x' get");
  });

  test('that there is no such input', async () => {
    const inputs = { levels: 1 };
    const creating = await failureOf(create(addingModel([1]), { inputs }));
    const upscaler = await create(addingModel([1]), { inputs: { level: 0 } });
    const enlarging = await failureOf(upscaler.upscale(picture, { inputs }));
    for (const error of [creating, enlarging]) {
      expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'inputs' } });
      expect(error.message).toContain("no input 'levels', only x, level");
    }
  });

  test.each<[string, unknown, string]>([
    ['text', 'high', "gets a number, a Tensor, or a function that makes one, not 'high'"],
    ['a function that makes no Tensor', () => 3, 'not 3'],
    ['a Tensor of another type', new Tensor('int32', [1], [1]), 'int32'],
    ['a Tensor of another shape', new Tensor('float32', [1, 2], [2]), '[2]'],
  ])('%s', async (_, level, words) => {
    const inputs = { level } as Inputs;
    const error = await failureOf(create(addingModel([1]), { inputs }));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain(words);
  });

  test('a number for what numbers cannot fill', async () => {
    const error = await failureOf(create(addingModel([1], 'int64'), { inputs: { level: 1 } }));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'inputs' } });
    expect(error.message).toContain("the input 'level' is int64: give it a Tensor");
  });

  test('a picture twice: as such and among the others', async () => {
    const error = await failureOf(create(formModel(), { input: 'x', inputs: { x: 1 } }));
    expect(error).toMatchObject({ code: 'InvalidInput', fields: { option: 'inputs' } });
  });
});
