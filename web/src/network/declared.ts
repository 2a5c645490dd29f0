// What a model declares of itself, as far as pictures are concerned.

import { FoveaError } from '../base/errors.js';
import type { ModelInfo, ValueInfo } from '../host/module.js';
import {
  notForPictures,
  type Form,
  type NetworkColor,
  type NetworkOptions,
  type Pair,
  type PictureType,
} from './form.js';
import type { OtherInputs } from './other-inputs.js';

type ValueSize = number | string | null | undefined;

/** Sizes of a picture's axes as far as they are declared. */
interface Axes {
  batch: ValueSize;
  channels: ValueSize;
  height: ValueSize;
  width: ValueSize;
}

const channelsOf: Record<NetworkColor, 1 | 3 | 4> = { luma: 1, gray: 1, rgb: 3, rgba: 4 };
const colors: Record<number, NetworkColor> = { 1: 'luma', 3: 'rgb', 4: 'rgba' };
const types: readonly string[] = ['float32', 'float16', 'uint8'] satisfies PictureType[];

/**
 * What the network may take and give, the likeliest first: one, unless the model leaves open what only
 * trials show.
 *
 * @throws FoveaError InvalidInput when the model takes no pictures, or is not what is said of it
 */
export function formsOf(
  info: ModelInfo,
  said: NetworkOptions & { fixed?: Pair },
  others: OtherInputs,
): Form[] {
  const { inputs, outputs } = info;
  if (inputs.length === 0 || outputs.length === 0)
    throw notForPictures('it has no input or no output');
  const unsaid = inputs.filter(({ name }) => !others.has(name));
  const [input] = chosen(inputs, said.input, 'input', unsaid) as [ValueInfo];
  const possible = chosen(outputs, said.output, 'output', outputs);
  if (others.has(input.name)) {
    const message = `the input '${input.name}' gets the picture, so that 'inputs' can say no more of it`;
    throw new FoveaError('InvalidInput', message, { option: 'inputs' });
  }
  const type = typeOf('input', input);
  possible.forEach((output) => typeOf('output', output));
  const rest = inputs.filter((each) => each !== input && !others.has(each.name));
  const scaleInput = rest.find(isScaleInput);
  const unfed = rest.filter((each) => each !== scaleInput).map(({ name }) => `'${name}'`);
  if (unfed.length > 0) {
    throw notForPictures(
      `it has other inputs than a picture: say by the option 'inputs' what ${unfed.join(', ')} get`,
    );
  }
  return layoutsOf(input, said).flatMap(({ channelsLast, axes }) =>
    channelsTried(axes.channels, said.color).flatMap((channels) =>
      possible.map((output) => ({
        input: input.name,
        output: output.name,
        color: said.color ?? colors[channels]!,
        channels,
        type,
        channelsLast,
        fixed: fixedSize(input, axes, said.fixed),
        scaleInput: scaleInput?.name,
        others,
      })),
    ),
  );
}

/** The value of that name, or those of the likely ones that may be pictures; one at least. */
function chosen(
  values: readonly ValueInfo[],
  name: string | undefined,
  option: string,
  likely: readonly ValueInfo[],
): ValueInfo[] {
  if (name === undefined) {
    const pictures = likely.filter(mayBePicture);
    return pictures.length > 0 ? pictures : [likely[0] ?? values[0]!];
  }
  const found = values.find((each) => each.name === name);
  if (found) return [found];
  const known = values.map((each) => `'${each.name}'`).join(', ');
  throw new FoveaError('InvalidInput', `the model has no ${option} '${name}', only ${known}`, {
    option,
  });
}

function mayBePicture({ type, shape }: ValueInfo): boolean {
  return types.includes(type) && (shape === null || shape.length === 4);
}

function typeOf(what: string, { name, type }: ValueInfo): PictureType {
  if (types.includes(type)) return type as PictureType;
  throw notForPictures(`its ${what} '${name}' is ${type}, and pictures are ${types.join(', ')}`);
}

/** The order of axes that is told or declared, or else both. */
function layoutsOf(
  input: ValueInfo,
  { layout, color }: NetworkOptions,
): { channelsLast: boolean; axes: Axes }[] {
  const { name, shape } = input;
  const takes = `its input '${name}' is [${(shape ?? []).map((size) => size ?? '?').join()}]`;
  const asked = 'pictures are [1,C,H,W] or [1,H,W,C] of 1, 3 or 4 channels';
  if (shape && shape.length !== 4) throw notForPictures(`${takes}, and ${asked}`);
  const [batch, a, b, c] = shape ?? [];
  const first = { channelsLast: false, axes: { batch, channels: a, height: b, width: c } };
  const last = { channelsLast: true, axes: { batch, channels: c, height: a, width: b } };
  const fits = ({ axes: { channels } }: typeof first) =>
    typeof channels !== 'number' ||
    (color === undefined ? colors[channels] !== undefined : channelsOf[color] === channels);
  const told = layout && [layout === 'nhwc' ? last : first];
  // One size that is told tells the other axes apart from it.
  const declared = [first, last].filter((each) => typeof each.axes.channels === 'number');
  const others = [first, last].filter(({ axes }) => typeof axes.height === typeof axes.width);
  const fitting = (told ?? (declared.some(fits) ? declared : others)).filter(fits);
  if (fitting.length === 0) {
    const meaning = color === undefined ? asked : `${color} has ${channelsOf[color]} channels`;
    throw notForPictures(`${takes}, and ${meaning}`);
  }
  if (typeof batch === 'number' && batch !== 1) {
    throw notForPictures(`${takes}, ${batch} pictures at once, and ${asked}`);
  }
  return fitting;
}

function fixedSize(
  { name }: ValueInfo,
  { height, width }: Axes,
  told: Pair | undefined,
): Form['fixed'] {
  if (typeof height === 'number' && typeof width === 'number') {
    if (!told || (told.x === width && told.y === height)) return { x: width, y: height };
    throw notForPictures(
      `its input '${name}' takes ${width} x ${height} pixels, not ${told.x} x ${told.y} as it is told`,
    );
  }
  if (typeof height !== 'number' && typeof width !== 'number') return told;
  throw notForPictures(
    `its input '${name}' has one size along one axis only, ${String(height)} x ${String(width)}: ` +
      'fix both or none',
  );
}

/** The channels declared or told, or else what may be. */
function channelsTried(declared: ValueSize, color: NetworkOptions['color']): (1 | 3 | 4)[] {
  if (color !== undefined) return [channelsOf[color]];
  return typeof declared === 'number' ? [declared as 1 | 3 | 4] : [3, 1, 4];
}

function isScaleInput({ type, shape }: ValueInfo): boolean {
  return type === 'float32' && shape?.length === 1 && [4, null].includes(shape[0] as number | null);
}
