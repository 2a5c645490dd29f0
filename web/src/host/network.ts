import { measureNetwork, type Geometry, type Levels } from './measuring.js';
import type { ModelInfo, ValueInfo } from './module.js';
import { notForPictures, type Form, type NetworkOptions, type Trials } from './forms.js';

/** A network that enlarges pictures: what it takes and what it gives. */
export interface Network extends Form, Geometry, Levels {
  blueFirst: boolean;
}

/**
 * Finds out what an enlarging network takes and gives: from the options, the model's declarations
 * and metadata (`fovea.scale`, `fovea.color`, `fovea.range`, `fovea.order`, `fovea.multiple`), and
 * trials with plain grey: plans for its sizes, a run for what it does at borders, and one more where
 * it is not said what white is.
 *
 * @throws FoveaError InvalidInput when the model is not of that kind, or not what is said of it
 */
export async function examineNetwork(
  info: ModelInfo,
  options: NetworkOptions,
  trials: Trials,
): Promise<Network> {
  const said = withMetadata(options, info.properties);
  const form = formOf(info, said);
  return {
    ...form,
    ...(await measureNetwork(trials, form, said)),
    blueFirst: said.order === 'bgr',
  };
}

type ValueSize = number | string | null;

function withMetadata(options: NetworkOptions, properties: Record<string, string>): NetworkOptions {
  const text = <T extends string>(key: string, known: readonly T[]) => {
    const value = metadata(properties, key);
    return value === undefined ? undefined : oneOf(key, value, value as T, known);
  };
  const number = (key: string, known?: readonly number[]) => {
    const value = metadata(properties, key);
    if (value === undefined) return undefined;
    // A range like `0..255` is told by its end.
    const parsed = Number(value.replace(/^0\.\./, ''));
    if (known) return oneOf(key, value, parsed, known);
    if (parsed > 0 && parsed < Infinity) return parsed;
    throw notForPictures(
      `its metadata says that fovea.${key} is '${value}', not a positive number`,
    );
  };
  return {
    scale: options.scale ?? number('scale'),
    color: options.color ?? text('color', ['luma', 'rgb'] as const),
    range: options.range ?? (number('range', [1, 255]) as NetworkOptions['range']),
    order: options.order ?? text('order', ['rgb', 'bgr'] as const),
    multiple: options.multiple ?? number('multiple'),
  };
}

function metadata(properties: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(properties, `fovea.${key}`) ? properties[`fovea.${key}`] : undefined;
}

function oneOf<T>(key: string, written: string, value: T, known: readonly T[]): T {
  if (known.includes(value)) return value;
  const choices = known.map((choice) => `'${String(choice)}'`).join(' or ');
  throw notForPictures(`its metadata says that fovea.${key} is '${written}', not ${choices}`);
}

function formOf({ inputs, outputs }: ModelInfo, said: NetworkOptions): Form {
  const [picture, second] = inputs;
  const [output] = outputs;
  if (!picture || !output) throw notForPictures('it has no input or no output');
  if (inputs.length > 2 || (second && !isScaleInput(second))) {
    const others = inputs.slice(1).map(({ name }) => `'${name}'`);
    throw notForPictures(`it has other inputs than a picture and factors: ${others.join(', ')}`);
  }
  checkType('input', picture);
  checkType('output', output);
  const [channels, height, width] = planesOf(picture);
  const fixed = typeof width === 'number' && typeof height === 'number';
  return {
    input: picture.name,
    output: output.name,
    channels: channelsOf(channels, said.color),
    fixed: fixed ? { x: width, y: height } : undefined,
    scaleInput: second?.name,
  };
}

function checkType(what: string, { name, type }: ValueInfo): void {
  if (type === 'float32') return;
  throw notForPictures(`its ${what} '${name}' is ${type}: export it with float32 there`);
}

/** The channels, height and width that a picture's input declares. */
function planesOf({ name, shape }: ValueInfo): (ValueSize | undefined)[] {
  if (shape === null) return [];
  const isChannels = (size: ValueSize | undefined) => size === 1 || size === 3;
  const takes = `its input '${name}' is [${shape.map((size) => size ?? '?').join()}]`;
  const asked = 'pictures are [1,C,H,W] of 1 or 3 channels';
  if (shape.length !== 4) throw notForPictures(`${takes}, and ${asked}`);
  const [batch, channels, height, width] = shape;
  if (!isChannels(channels) && isChannels(width)) {
    throw notForPictures(`${takes}, channels last (NHWC), and ${asked}: put a Transpose before it`);
  }
  if (typeof batch === 'number' && batch !== 1) {
    throw notForPictures(`${takes}, ${batch} pictures at once, and ${asked}`);
  }
  if ((typeof height === 'number') !== (typeof width === 'number')) {
    throw notForPictures(`${takes}, of one size along one axis only: fix both or none`);
  }
  return [channels, height, width];
}

/** The channels declared, or else told. */
function channelsOf(declared: ValueSize | undefined, color: NetworkOptions['color']): 1 | 3 {
  const told = color === undefined ? undefined : color === 'luma' ? 1 : 3;
  const channels = typeof declared === 'number' ? declared : (told ?? 3);
  if (channels !== 1 && channels !== 3) {
    const meaning = channels === 4 ? ' (RGBA?)' : '';
    throw notForPictures(`its input has ${channels} channels${meaning}, not 1 or 3`);
  }
  if (told !== undefined && told !== channels) {
    throw notForPictures(`its input has ${channels} channels, which is not ${color}`);
  }
  return channels;
}

function isScaleInput({ type, shape }: ValueInfo): boolean {
  return type === 'float32' && shape?.length === 1 && [4, null].includes(shape[0] as number | null);
}
