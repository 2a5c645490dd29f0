import type { GraphMaker, Value } from '../maker.js';
import { elementCount, isFloat, tensorOf } from '../tensors.js';
import type { Operator } from './operator.js';

const coordinates = ['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel'];

/** By how much the axes of an image grow. */
function factors(maker: GraphMaker): number[] {
  const { random } = maker;
  const factor = () => random.of([2, 2, 3, 4, 0.5, 1.5, 1, 0.7, 2.25]);
  const height = factor();
  return [height, random.chance(0.6) ? height : factor()];
}

const resized = (size: number, factor: number) =>
  Math.floor(Math.fround(Math.fround(factor) * size));

function attributesFor(maker: GraphMaker, bySizes: boolean, enlarges: boolean) {
  const { random, opset } = maker;
  const modes = ['nearest', 'nearest', 'linear', 'linear'];
  // onnxruntime has no cubic resizing of integers.
  const mode = random.of(isFloat(maker.type) ? [...modes, 'cubic'] : modes);
  const choices = opset >= 19 ? [...coordinates, 'half_pixel_symmetric'] : coordinates;
  const cubic = mode === 'cubic';
  const antialias = opset >= 18 && mode !== 'nearest' && !enlarges && random.chance(0.3);
  const excludes = cubic && random.chance(0.3);
  return {
    mode: mode === 'nearest' ? random.of([mode, undefined]) : mode,
    coordinate_transformation_mode: random.of([undefined, ...choices]),
    nearest_mode:
      mode === 'nearest'
        ? random.of([undefined, 'floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'])
        : undefined,
    cubic_coeff_a: cubic && random.chance(0.4) ? { float: -0.5 } : undefined,
    exclude_outside: excludes ? 1 : undefined,
    antialias: antialias ? 1 : undefined,
    keep_aspect_ratio_policy:
      bySizes && opset >= 18 && random.chance(0.15)
        ? random.of(['not_larger', 'not_smaller'])
        : undefined,
  };
}

/** The sizes that a policy makes of those asked for. */
function withPolicy(policy: string | undefined, from: readonly number[], to: readonly number[]) {
  if (policy === undefined) return to;
  const scales = to.map((size, axis) => size / from[axis]!);
  const scale = policy === 'not_larger' ? Math.min(...scales) : Math.max(...scales);
  return from.map((size) => Math.round(scale * size));
}

const resize: Operator = {
  name: 'Resize',
  weight: 4,
  add(maker) {
    const { random, opset } = maker;
    if (opset < 11) return upsample(maker);
    const x = imageToResize(maker);
    if (!x) return undefined;
    const spatial = factors(maker);
    const image = x.dims.slice(2);
    const wanted = image.map((size, axis) => resized(size, spatial[axis]!));
    if (wanted.some((size) => size < 1)) return undefined;
    const bySizes = random.chance(0.4);
    const attributes = attributesFor(
      maker,
      bySizes,
      spatial.every((factor) => factor >= 1),
    );
    const somes = opset >= 18 && random.chance(0.3);
    const outer = x.dims.slice(0, 2);
    const policy = somes ? attributes.keep_aspect_ratio_policy : undefined;
    const written = {
      ...attributes,
      keep_aspect_ratio_policy: policy,
      axes: somes ? [2, 3] : undefined,
    };
    const dims = [...outer, ...(bySizes ? withPolicy(policy, image, wanted) : wanted)];
    if (dims.some((size) => size < 1)) return undefined;
    const scales = somes ? spatial : [1, 1, ...spatial];
    const operands = bySizes
      ? [undefined, maker.int64s(somes ? wanted : [...outer, ...wanted])]
      : [maker.given(tensorOf('float32', [scales.length], scales)), undefined];
    const exact = x.exact && (attributes.mode ?? 'nearest') === 'nearest';
    // Opset 11 takes an empty tensor for none; later ones a missing one.
    const roi =
      opset < 13 || random.chance(0.2) ? maker.constant(tensorOf('float32', [0], [])) : undefined;
    const noScales =
      bySizes && opset < 13 ? maker.constant(tensorOf('float32', [0], [])) : operands[0];
    const inputs = [x, roi, noScales, operands[1]];
    const made = maker.one('Resize', inputs, written, { dims, exact, bound: 1.5 * x.bound });
    return exact || isFloat(x.type) ? made : maker.endRounded(made);
  },
};

/** An image of the type. */
function imageToResize(maker: GraphMaker): Value | undefined {
  const x = maker.take(4, 4, { largest: Infinity });
  return elementCount(x.dims) > 0 ? x : undefined;
}

/** Upsample, of which Resize 10 is another name. */
function upsample(maker: GraphMaker): Value | undefined {
  const { random, opset } = maker;
  const x = imageToResize(maker);
  if (!x) return undefined;
  const shrinks = opset === 10 && random.chance(0.3);
  const spatial = factors(maker).map((factor) => (shrinks ? factor : Math.max(1, factor)));
  const mode = random.of(['nearest', 'nearest', 'linear']);
  const scales = [1, 1, ...spatial];
  const dims = x.dims.map((size, axis) => resized(size, scales[axis]!));
  if (dims.some((size) => size < 1)) return undefined;
  const result = { dims, exact: x.exact && mode === 'nearest' };
  const made =
    opset < 9
      ? maker.one('Upsample', [x], { mode, scales: { floats: scales } }, result)
      : maker.one(
          opset === 9 ? 'Upsample' : 'Resize',
          [x, maker.given(tensorOf('float32', [4], scales))],
          { mode },
          result,
        );
  return mode === 'nearest' || isFloat(x.type) ? made : maker.endRounded(made);
}

export const resizing: Operator[] = [resize, { name: 'Upsample', add: upsample }];
