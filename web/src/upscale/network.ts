import type { ModelInfo, ValueInfo } from '../engine/module.js';
import { FoveaError } from '../errors.js';
import { Tensor } from '../tensor.js';

/** Sizes or factors along both axes. */
export interface Pair {
  x: number;
  y: number;
}

/** What the caller says of a network, instead of what the model or a trial run says. */
export interface NetworkOptions {
  /** Enlargement; needed where the network takes it as an input. */
  scale?: number | Pair | undefined;
  /** `luma` for a network of one channel, which gets the Y of YCbCr; `rgb` for one of three. */
  color?: 'luma' | 'rgb' | undefined;
  /** The value of white: 1 or 255. */
  range?: 1 | 255 | undefined;
  /** The order of three channels. */
  order?: 'rgb' | 'bgr' | undefined;
  /** Input sizes must be multiples of this. */
  multiple?: number | undefined;
}

/** A network that enlarges pictures: what it takes and what it gives. */
export interface Network {
  input: string;
  output: string;
  luma: boolean;
  range: 1 | 255;
  blueFirst: boolean;
  scale: Pair;
  /** Pixels that the result lacks on each side of the input, before enlargement. */
  margin: number;
  multiple: number;
  /** The only size it takes. */
  fixed: Pair | undefined;
  /** The input that takes [1, 1, y, x], if there is one. */
  scaleInput: string | undefined;
}

/** Runs the network on a tensor. */
export type Trial = (feeds: Record<string, Tensor>, output: string) => Promise<Tensor>;

/**
 * Finds out what an enlarging network takes and gives: from the options, the model's declarations
 * and metadata (`fovea.scale`, `fovea.color`, `fovea.range`, `fovea.order`, `fovea.multiple`), and
 * trial runs on plain grey.
 *
 * @throws FoveaError InvalidInput when the model is not of that kind
 */
export async function examineNetwork(
  info: ModelInfo,
  options: NetworkOptions,
  trial: Trial,
): Promise<Network> {
  const said = withMetadata(options, info.properties);
  const [picture, extra] = info.inputs;
  const [output] = info.outputs;
  if (!picture || !output) throw notForPictures('it has no input or no output');
  const form = inputForm(picture, said);
  const scaleInput = info.inputs.length === 2 && isScaleInput(extra) ? extra?.name : undefined;
  if (info.inputs.length > 1 && scaleInput === undefined) {
    throw notForPictures(`it has ${info.inputs.length} inputs`);
  }
  const wanted = toPair(said.scale ?? 2);
  const run = (size: Pair, grey: number) => {
    const elements = new Float32Array(form.channels * size.x * size.y).fill(grey);
    const feeds: Record<string, Tensor> = {
      [picture.name]: new Tensor('float32', elements, [1, form.channels, size.y, size.x]),
    };
    if (scaleInput !== undefined) feeds[scaleInput] = scaleTensor(wanted);
    return trial(feeds, output.name);
  };
  const { scale, margin, middle } = await measure(run, form, said, scaleInput !== undefined);
  const range = said.range ?? (await guessRange(run, form, middle));
  return {
    input: picture.name,
    output: output.name,
    luma: form.channels === 1,
    range,
    blueFirst: said.order === 'bgr',
    scale,
    margin,
    multiple: said.multiple ?? 1,
    fixed: form.fixed,
    scaleInput,
  };
}

/** What the scale input is fed with: factors of N, C, H and W. */
export function scaleTensor({ x, y }: Pair): Tensor {
  return new Tensor('float32', [1, 1, y, x], [4]);
}

interface Form {
  channels: 1 | 3;
  fixed: Pair | undefined;
}

type TrialRun = (size: Pair, grey: number) => Promise<Tensor>;

function withMetadata(options: NetworkOptions, properties: Record<string, string>): NetworkOptions {
  const { scale, color, range, order, multiple } = Object.fromEntries(
    ['scale', 'color', 'range', 'order', 'multiple'].map((key) => [
      key,
      properties[`fovea.${key}`],
    ]),
  );
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return {
    scale: options.scale ?? number(scale),
    color: options.color ?? (color as NetworkOptions['color']),
    range: options.range ?? (number(range) as NetworkOptions['range']),
    order: options.order ?? (order as NetworkOptions['order']),
    multiple: options.multiple ?? number(multiple),
  };
}

function inputForm({ name, type, shape }: ValueInfo, { color }: NetworkOptions): Form {
  if (type !== 'float32') throw notForPictures(`its input '${name}' is ${type}, not float32`);
  if (shape !== null && shape.length !== 4)
    throw notForPictures(`its input has shape [${shape.join()}]`);
  const [, declared, height, width] = shape ?? [null, null, null, null];
  const told = color === undefined ? undefined : color === 'luma' ? 1 : 3;
  const channels = typeof declared === 'number' ? declared : (told ?? 3);
  if (channels !== 1 && channels !== 3) throw notForPictures(`its input has ${channels} channels`);
  if (told !== undefined && told !== channels) {
    throw notForPictures(`its input has ${channels} channels, which is not ${color}`);
  }
  const fixed = typeof width === 'number' && typeof height === 'number';
  return { channels, fixed: fixed ? { x: width, y: height } : undefined };
}

function isScaleInput(input: ValueInfo | undefined): boolean {
  const { type, shape } = input ?? {};
  return (
    type === 'float32' && shape?.length === 1 && (shape[0] === 4 || typeof shape[0] !== 'number')
  );
}

// Large enough for valid convolutions, and both multiples of what windowed networks ask for.
const trialSizes = [64, 96] as const;

/** The enlargement and the margin, from the sizes of results. */
async function measure(run: TrialRun, form: Form, said: NetworkOptions, scaled: boolean) {
  const first = form.fixed ?? { x: trialSizes[0], y: trialSizes[0] };
  const result = await run(first, 0.5);
  const size = sizeOf(result, form.channels);
  const middle = result.data[Math.floor(result.size / 2)] as number;
  if (scaled) return { scale: toPair(said.scale ?? 2), margin: 0, middle };
  const scale = form.fixed ? scaleOfFixed(first, size, said) : await slope(run, form, first, size);
  const margins = [
    (scale.x * first.x - size.x) / (2 * scale.x),
    (scale.y * first.y - size.y) / (2 * scale.y),
  ];
  const [margin] = margins;
  if (
    margin === undefined ||
    margin < 0 ||
    !margins.every((m) => m === margin && Number.isInteger(m))
  ) {
    throw notForPictures(`it makes ${size.x} x ${size.y} of ${first.x} x ${first.y} pixels`);
  }
  return { scale, margin, middle };
}

/** The enlargement of a network whose margin is unknown: how the result grows with the input. */
async function slope(run: TrialRun, { channels }: Form, first: Pair, size: Pair): Promise<Pair> {
  const larger = sizeOf(await run({ x: trialSizes[1], y: trialSizes[1] }, 0.5), channels);
  return {
    x: (larger.x - size.x) / (trialSizes[1] - first.x),
    y: (larger.y - size.y) / (trialSizes[1] - first.y),
  };
}

/** With one size only, the next whole factor explains a result by the smallest margin. */
function scaleOfFixed(input: Pair, output: Pair, { scale }: NetworkOptions): Pair {
  if (scale !== undefined) return toPair(scale);
  return { x: Math.ceil(output.x / input.x), y: Math.ceil(output.y / input.y) };
}

/** Enlarging keeps grey: a network of 0..255 distorts the grey of 0..1, and the other way round. */
async function guessRange(run: TrialRun, { fixed }: Form, middle: number): Promise<1 | 255> {
  if (Math.abs(middle - 0.5) < 0.1) return 1;
  const grey = 127.5;
  const result = await run(fixed ?? { x: trialSizes[0], y: trialSizes[0] }, grey);
  const bright = result.data[Math.floor(result.size / 2)] as number;
  return Math.abs(bright - grey) < 25 ? 255 : 1;
}

function sizeOf({ type, dims }: Tensor, channels: number): Pair {
  const [batch, depth, height, width] = dims;
  const fits = type === 'float32' && dims.length === 4 && batch === 1 && depth === channels;
  if (!fits || !height || !width) throw notForPictures(`its output is ${type} [${dims.join()}]`);
  return { x: width, y: height };
}

function toPair(scale: number | Pair): Pair {
  return typeof scale === 'number' ? { x: scale, y: scale } : scale;
}

function notForPictures(why: string): FoveaError {
  return new FoveaError('InvalidInput', `the model does not enlarge pictures: ${why}`);
}
