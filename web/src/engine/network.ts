import { FoveaError } from '../errors.js';
import type { ModelInfo, ValueInfo } from './module.js';
import type { FeedData } from './running.js';

/** Sizes or factors along both axes. */
export interface Pair {
  x: number;
  y: number;
}

/** What the caller says of a network, instead of what the model or a trial run says. */
export interface NetworkOptions {
  /** Enlargement; where the network takes it as an input, 2 unless given. */
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
export interface Network extends Form {
  range: 1 | 255;
  blueFirst: boolean;
  scale: Pair;
  /** Pixels that the result lacks on each side of the input, before enlargement. */
  margin: number;
  multiple: number;
}

/** Ways to learn what the network makes of tensors. */
export interface Trials {
  run(feeds: FeedData[], output: string): Promise<{ dims: readonly number[]; data: Float32Array }>;
  /** The sizes that run() would give, which takes no time; null where that does not tell. */
  plan(feeds: FeedData[], output: string): Promise<readonly number[] | null>;
}

/**
 * Finds out what an enlarging network takes and gives: from the options, the model's declarations
 * and metadata (`fovea.scale`, `fovea.color`, `fovea.range`, `fovea.order`, `fovea.multiple`), and
 * trials with plain grey: a run where it is not said what white is, else plans alone.
 *
 * @throws FoveaError InvalidInput when the model is not of that kind
 */
export async function examineNetwork(
  info: ModelInfo,
  options: NetworkOptions,
  trials: Trials,
): Promise<Network> {
  const said = withMetadata(options, info.properties);
  const form = formOf(info, said);
  const measured = await measure(trials, form, said);
  return {
    ...form,
    ...measured,
    range: said.range ?? (await guessRange(trials, form, said)),
    blueFirst: said.order === 'bgr',
    multiple: said.multiple ?? 1,
  };
}

/** What a network gets besides the picture: factors of N, C, H and W, if it asks for them. */
export function otherFeeds({ scaleInput }: Form, { x, y }: Pair): FeedData[] {
  return scaleInput === undefined ? [] : [floats(scaleInput, [4], Float32Array.of(1, 1, y, x))];
}

/** What a model declares. */
interface Form {
  input: string;
  output: string;
  /** 1: luma. */
  channels: 1 | 3;
  /** The only size it takes. */
  fixed: Pair | undefined;
  /** The input that takes [1, 1, y, x], if there is one. */
  scaleInput: string | undefined;
}

type ValueSize = number | string | null;

function withMetadata(options: NetworkOptions, properties: Record<string, string>): NetworkOptions {
  const text = (key: string) => properties[`fovea.${key}`];
  const number = (key: string) => metadataNumber(key, text(key));
  return {
    scale: options.scale ?? number('scale'),
    color: options.color ?? (text('color') as NetworkOptions['color']),
    range: options.range ?? (number('range') as NetworkOptions['range']),
    order: options.order ?? (text('order') as NetworkOptions['order']),
    multiple: options.multiple ?? number('multiple'),
  };
}

/** A number of the metadata; of a range like `0..255`, where it ends. */
function metadataNumber(key: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text.replace(/^0\.\./, ''));
  if (number > 0) return number;
  throw notForPictures(`its metadata says that fovea.${key} is '${text}'`);
}

function formOf({ inputs, outputs }: ModelInfo, said: NetworkOptions): Form {
  const [picture, second] = inputs;
  const [output] = outputs;
  if (!picture || !output) throw notForPictures('it has no input or no output');
  if (inputs.length > 2 || (second && !isScaleInput(second))) {
    throw notForPictures('it has other inputs than a picture and factors');
  }
  const { name, type, shape } = picture;
  if (type !== 'float32') throw notForPictures(`its input '${name}' is ${type}, not float32`);
  if (output.type !== 'float32') {
    throw notForPictures(`its output '${output.name}' is ${output.type}, not float32`);
  }
  if (shape !== null && shape.length !== 4) {
    throw notForPictures(`its input has shape [${shape.join()}]`);
  }
  const [, channels, height, width] = shape ?? [];
  const fixed = typeof width === 'number' && typeof height === 'number';
  return {
    input: name,
    output: output.name,
    channels: channelsOf(channels, said.color),
    fixed: fixed ? { x: width, y: height } : undefined,
    scaleInput: second?.name,
  };
}

/** The channels declared, or else told. */
function channelsOf(declared: ValueSize | undefined, color: NetworkOptions['color']): 1 | 3 {
  const told = color === undefined ? undefined : color === 'luma' ? 1 : 3;
  const channels = typeof declared === 'number' ? declared : (told ?? 3);
  if (channels !== 1 && channels !== 3) throw notForPictures(`its input has ${channels} channels`);
  if (told !== undefined && told !== channels) {
    throw notForPictures(`its input has ${channels} channels, which is not ${color}`);
  }
  return channels;
}

function isScaleInput({ type, shape }: ValueInfo): boolean {
  return type === 'float32' && shape?.length === 1 && [4, null].includes(shape[0] as number | null);
}

/** A picture of one grey, and the factors if they are asked for. */
export function greyFeeds(form: Form, size: Pair, grey: number, scale: Pair): FeedData[] {
  const dims = [1, form.channels, size.y, size.x];
  const elements = new Float32Array(form.channels * size.x * size.y).fill(grey);
  return [floats(form.input, dims, elements), ...otherFeeds(form, scale)];
}

function floats(name: string, dims: number[], { buffer }: Float32Array<ArrayBuffer>): FeedData {
  return { name, type: 'float32', dims, data: new Uint8Array(buffer) };
}

// Large enough for valid convolutions, and both multiples of what windowed networks ask for.
const smallTrial: Pair = { x: 64, y: 64 };
const largerTrial: Pair = { x: 96, y: 96 };

/** The size of the trials. */
function trialSize({ fixed }: Form): Pair {
  return fixed ?? smallTrial;
}

/** The enlargement and the margin, from the sizes of results. */
async function measure(trials: Trials, form: Form, said: NetworkOptions) {
  if (form.scaleInput !== undefined) return { scale: factorsOf(said.scale), margin: 0 };
  const first = trialSize(form);
  const size = await resultSize(trials, form, first);
  const larger = form.fixed ? undefined : await resultSize(trials, form, largerTrial);
  const scale = larger ? slope(size, larger) : scaleOfFixed(first, size, said);
  const margin = (scale.x * first.x - size.x) / (2 * scale.x);
  const sameBelow = (scale.y * first.y - size.y) / (2 * scale.y) === margin;
  if (margin < 0 || !Number.isInteger(margin) || !sameBelow) {
    throw notForPictures(`it makes ${size.x} x ${size.y} of ${first.x} x ${first.y} pixels`);
  }
  return { scale, margin };
}

/** The enlargement of a network whose margin is unknown: how the result grows with the input. */
function slope(size: Pair, larger: Pair): Pair {
  const growth = largerTrial.x - smallTrial.x;
  return { x: (larger.x - size.x) / growth, y: (larger.y - size.y) / growth };
}

async function resultSize(trials: Trials, form: Form, size: Pair): Promise<Pair> {
  const feeds = greyFeeds(form, size, 0.5, toPair(1));
  const dims =
    (await trials.plan(feeds, form.output)) ?? (await trials.run(feeds, form.output)).dims;
  return sizeOf(dims, form);
}

/** With one size only, the next whole factor explains a result by the smallest margin. */
function scaleOfFixed(input: Pair, output: Pair, { scale }: NetworkOptions): Pair {
  if (scale !== undefined) return toPair(scale);
  return { x: Math.ceil(output.x / input.x), y: Math.ceil(output.y / input.y) };
}

/** Enlarging keeps grey: a network of 0..255 distorts the grey of 0..1, and the other way round. */
async function guessRange(trials: Trials, form: Form, { scale }: NetworkOptions): Promise<1 | 255> {
  const enlarged = async (grey: number) => {
    const { data, dims } = await trials.run(
      greyFeeds(form, trialSize(form), grey, factorsOf(scale)),
      form.output,
    );
    sizeOf(dims, form);
    return data[Math.floor(data.length / 2)]!;
  };
  if (Math.abs((await enlarged(0.5)) - 0.5) < 0.1) return 1;
  return Math.abs((await enlarged(127.5)) - 127.5) < 25 ? 255 : 1;
}

function sizeOf(dims: readonly number[], { channels }: Form): Pair {
  const [batch, depth, height, width] = dims;
  const fits = dims.length === 4 && batch === 1 && depth === channels;
  if (!fits || !height || !width) throw notForPictures(`its output is [${dims.join()}]`);
  return { x: width, y: height };
}

/** What a network that takes factors gets; 2 unless told. */
function factorsOf(scale: NetworkOptions['scale']): Pair {
  return toPair(scale ?? 2);
}

function toPair(scale: number | Pair): Pair {
  return typeof scale === 'number' ? { x: scale, y: scale } : scale;
}

function notForPictures(why: string): FoveaError {
  return new FoveaError('InvalidInput', `the model does not enlarge pictures: ${why}`);
}
