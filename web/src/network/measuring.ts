// What a network does, found out by trials.

import { FoveaError, toFoveaError } from '../base/errors.js';
import {
  greyFeeds,
  notForPictures,
  planesOf,
  sizeOf,
  type Form,
  type NetworkOptions,
  type Pair,
  type Range,
  type Trials,
} from './form.js';

/** What becomes of sizes. */
export interface Geometry {
  scale: Pair;
  /** Pixels that the result lacks on each side of the input, before enlargement. */
  margin: number;
  /** What input sizes must be multiples of. */
  multiple: number;
}

/** What becomes of values. */
export interface Levels {
  range: Range;
  /**
   * How many more pixels the network must see beyond a picture's borders for its result there to be
   * the one it makes anywhere else.
   */
  rim: number;
}

/**
 * Measures a network.
 *
 * @param forms what it may take, of which the first is taken that gives pictures
 * @throws FoveaError InvalidInput when it is not what is said of it, or makes no pictures
 */
export async function measureNetwork(
  trials: Trials,
  forms: readonly Form[],
  said: NetworkOptions,
): Promise<Form & Geometry & Levels> {
  let refusal: unknown;
  for (const form of forms) {
    const geometry = await measureGeometry(trials, form, said).catch((error: unknown) => {
      if (toFoveaError(error).code !== 'InvalidInput') throw error;
      refusal ??= error;
    });
    if (!geometry) continue;
    return {
      ...form,
      ...geometry,
      ...(await measureLevels(trials, form, geometry, said)),
    };
  }
  throw refusal;
}

/** What networks with windows, patches and strides ask for; the first that works is taken. */
const multiples = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64];

async function measureGeometry(
  trials: Trials,
  form: Form,
  said: NetworkOptions,
): Promise<Geometry> {
  if (form.scaleInput !== undefined) {
    return { scale: toPair(said.scale ?? 2), margin: 0, multiple: said.multiple ?? 1 };
  }
  if (form.fixed) return fixedGeometry(trials, form, form.fixed, said);
  let refusal: FoveaError | undefined;
  for (const multiple of said.multiple === undefined ? multiples : [said.multiple]) {
    const found = await geometryOf(trials, form, multiple);
    if (!(found instanceof FoveaError)) return withScale(found, said.scale);
    refusal ??= found;
  }
  throw refusal!;
}

/** The geometry of a network that takes multiples of that size, or why it does not. */
async function geometryOf(
  trials: Trials,
  form: Form,
  multiple: number,
): Promise<Geometry | FoveaError> {
  const [small, large] = trialSizes(multiple);
  const first = await sizeOfResult(trials, form, toPair(small));
  if (first instanceof FoveaError) return first;
  const second = await sizeOfResult(trials, form, toPair(large));
  if (second instanceof FoveaError) return second;
  const slope = (axis: keyof Pair) => (second[axis] - first[axis]) / (large - small);
  const scale = { x: slope('x'), y: slope('y') };
  return withMargin(toPair(small), first, scale, multiple);
}

/**
 * Two multiples that are multiples of little else, so that a network that asks for more refuses them:
 * with a prime factor above all that networks ask for.
 */
function trialSizes(multiple: number): [number, number] {
  const primes = [11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71];
  const first = primes.findIndex((prime) => multiple * prime > trialSide);
  const at = Math.min(Math.max(first, 0), primes.length - 2);
  return [multiple * primes[at]!, multiple * primes[at + 1]!];
}

/** With one size only, the next whole factor explains a result by the smallest margin. */
async function fixedGeometry(
  trials: Trials,
  form: Form,
  size: Pair,
  { scale, multiple = 1 }: NetworkOptions,
): Promise<Geometry> {
  if (size.x % multiple !== 0 || size.y % multiple !== 0) {
    throw notForPictures(`its only size, ${size.x} x ${size.y}, is no multiple of ${multiple}`);
  }
  const result = await sizeOfResult(trials, form, size);
  if (result instanceof FoveaError) throw result;
  const next = { x: Math.ceil(result.x / size.x), y: Math.ceil(result.y / size.y) };
  const found = withMargin(size, result, scale === undefined ? next : toPair(scale), multiple);
  if (found instanceof FoveaError) throw found;
  return found;
}

/** The margin that explains a result, unless none does. */
function withMargin(
  input: Pair,
  result: Pair,
  scale: Pair,
  multiple: number,
): Geometry | FoveaError {
  const lacking = (axis: keyof Pair) =>
    (scale[axis] * input[axis] - result[axis]) / scale[axis] / 2;
  const margin = lacking('x');
  const sound = scale.x > 0 && scale.y > 0 && Number.isInteger(margin) && margin >= 0;
  if (sound && lacking('y') === margin) return { scale, margin, multiple };
  return notForPictures(`it makes ${written(result)} of ${written(input)} pixels`);
}

function withScale(geometry: Geometry, told: NetworkOptions['scale']): Geometry {
  const { scale } = geometry;
  const { x, y } = toPair(told ?? scale);
  if (x === scale.x && y === scale.y) return geometry;
  throw new FoveaError(
    'InvalidInput',
    `the network enlarges ${written(scale)} times, not ${x} x ${y} as it is told: leave 'scale' out, ` +
      'or take another network',
    { option: 'scale' },
  );
}

/** Runs are tried up to this size only. */
const largestRun = 128;

/** The size of the result, or why these sizes are refused. */
async function sizeOfResult(trials: Trials, form: Form, size: Pair): Promise<Pair | FoveaError> {
  // Those of one call are gone after it.
  const makeFeeds = () => greyFeeds(form, size, 0.5, toPair(1));
  const feeds = makeFeeds();
  let dims: readonly number[] | null;
  try {
    dims = await trials.plan(feeds, form.output);
    if (!dims && !form.fixed && size.x > largestRun)
      return notForPictures('its sizes are not known');
    dims ??= (await trials.run(makeFeeds(), form.output)).dims;
  } catch (thrown) {
    const error = toFoveaError(thrown);
    if (error.code !== 'InvalidInput') throw error;
    const why = `a trial with ${written(size)} pixels fails: ${error.message}`;
    return notForPictures(why, error);
  }
  return sizeOf(dims, form);
}

/** What trials of sizes alone, which do not run, are larger than: valid convolutions leave some of it. */
const trialSide = 64;

/**
 * The least sides of trials that run. The first shows what most networks do at borders; the others are
 * for those whose zeros around the picture are seen from its middle.
 */
const runSides = [32, 64, 192];

async function measureLevels(
  trials: Trials,
  form: Form,
  geometry: Geometry,
  { border, range }: NetworkOptions,
): Promise<Levels> {
  const told = toRange(range);
  if (told !== undefined && border === 'none') return { range: told, rim: 0 };
  const { multiple, margin } = geometry;
  const at = (side: number) => {
    const size = toPair(multiple * Math.ceil((side + 2 * margin) / multiple));
    return levelsAt(trials, form, form.fixed ?? size, geometry, told);
  };
  const levels = form.fixed ? (await at(trialSide)).levels : await surely(at);
  return border === 'none' ? { ...levels, rim: 0 } : levels;
}

/** What the first trial shows that is large enough, or else the last. */
async function surely(at: (side: number) => Promise<LevelsTrial>): Promise<Levels> {
  for (const side of runSides.slice(0, -1)) {
    const trial = await at(side).catch((error: unknown) => {
      if (toFoveaError(error).code !== 'InvalidInput') throw error;
    });
    if (trial?.isSure) return trial.levels;
  }
  return (await at(runSides.at(-1)!)).levels;
}

interface LevelsTrial {
  levels: Levels;
  /** Whether the picture was large enough to tell. */
  isSure: boolean;
}

/** What a network does to values, as plain pictures of a size show. */
async function levelsAt(
  trials: Trials,
  form: Form,
  size: Pair,
  { scale }: Geometry,
  told: Range | undefined,
): Promise<LevelsTrial> {
  const flat = async (grey: number) => {
    const result = await trials.run(greyFeeds(form, size, grey, scale), form.output);
    const { size: made, data } = planesOf(form, result);
    checkFactors(form, size, made, scale);
    return new FlatResult(data, made);
  };
  const levelsOfResult = (range: Range, result: FlatResult) => {
    const { black, white } = levelsOf(range);
    const { rim, isPlain } = result.rim(scale, white - black);
    const side = Math.min(size.x, size.y);
    // On the smallest, what borders do may be all that there is.
    const isSure = rim < middle * side - 1 && (isPlain || side >= runSides[1]!);
    return { levels: { range, rim }, isSure };
  };
  if (told === undefined) {
    const { range, result } = await findRange(form, flat);
    return levelsOfResult(range, result);
  }
  const { black, white } = levelsOf(told);
  return levelsOfResult(told, await flat((black + white) / 2));
}

/**
 * Enlarging keeps grey: a network of 0..255 distorts the grey of 0..1, and the other way round. One of
 * -1..1 keeps greys below 0 as well, beyond which its last activation ends.
 */
async function findRange(
  form: Form,
  flat: (grey: number) => Promise<FlatResult>,
): Promise<{ range: Range; result: FlatResult }> {
  const keeps = async (grey: number, tolerance: number) => {
    const result = await flat(grey);
    return { result, kept: Math.abs(result.centre - grey) < tolerance };
  };
  const small = form.type === 'uint8' ? undefined : await keeps(0.5, 0.1);
  if (small?.kept) {
    const isSigned = (await keeps(-0.5, 0.1)).kept && (await endsAtOne(flat));
    return { range: isSigned ? '-1..1' : '0..1', result: small.result };
  }
  const large = await keeps(127.5, 25.5);
  if (large.kept) return { range: '0..255', result: large.result };
  const tried = small ? `${small.result.centre.toPrecision(3)} of plain grey 0.5, and ` : '';
  throw notForPictures(
    `it makes ${tried}${large.result.centre.toPrecision(3)} of 127.5. Say by the option 'range' what ` +
      "black and white are for it: '0..1', '0..255' or '-1..1'",
  );
}

/** Whether what is darker or brighter than -1..1 comes out as -1 or 1. */
async function endsAtOne(flat: (grey: number) => Promise<FlatResult>): Promise<boolean> {
  const [dark, bright] = [(await flat(-1.75)).centre, (await flat(1.75)).centre];
  return Math.abs(dark + 1) < 0.15 && Math.abs(bright - 1) < 0.15;
}

/** A network's values of black and white. */
export function levelsOf(range: Range): { black: number; white: number } {
  const [black, white] = range.split('..').map(Number) as [number, number];
  return { black, white };
}

/** A range that is told in either way. */
export function toRange(range: NetworkOptions['range']): Range | undefined {
  return typeof range === 'number' ? `0..${range}` : range;
}

/** A network that is told its factors may not heed them. */
function checkFactors({ scaleInput }: Form, size: Pair, made: Pair, scale: Pair): void {
  const wanted = { x: enlargedSize(size.x, scale.x), y: enlargedSize(size.y, scale.y) };
  if (scaleInput === undefined || (made.x === wanted.x && made.y === wanted.y)) return;
  throw notForPictures(
    `it makes ${written(made)} of ${written(size)} pixels, given the factors ${written(scale)}`,
  );
}

/** Where the middle of a picture begins, as a part of its side: what is there, borders do not change. */
const middle = 3 / 8;

/** How far from the rest a result may be at the border: a quarter of a level, for half of white. */
const rimTolerance = 0.25 / 255;

/** What a network makes of plain grey. */
class FlatResult {
  readonly #data: Float32Array;
  readonly #size: Pair;

  constructor(data: Float32Array, size: Pair) {
    this.#data = data;
    this.#size = size;
  }

  get centre(): number {
    const { x: width, y: height } = this.#size;
    return this.#data[Math.floor(height / 2) * width + Math.floor(width / 2)]!;
  }

  /**
   * How many pixels of the input lie beside results at the border that differ from those inside.
   *
   * @param range white less black
   * @returns `isPlain`: whether those inside are all the same
   */
  rim(scale: Pair, range: number): { rim: number; isPlain: boolean } {
    const { x: width, y: height } = this.#size;
    const tolerance = rimTolerance * range;
    let rim = 0;
    let isPlain = true;
    for (let start = 0; start < this.#data.length; start += width * height) {
      const [least, most] = this.#inside(start);
      isPlain &&= most - least <= tolerance;
      for (let y = 0; y < height; ++y) {
        const down = (Math.min(y, height - 1 - y) + 1) / scale.y;
        for (let x = 0; x < width; ++x) {
          const value = this.#data[start + y * width + x]!;
          if (value >= least - tolerance && value <= most + tolerance) continue;
          rim = Math.max(rim, Math.min(down, (Math.min(x, width - 1 - x) + 1) / scale.x));
        }
      }
    }
    return { rim: Math.ceil(rim), isPlain };
  }

  /** The least and the greatest value in the middle of a channel: they may alternate. */
  #inside(start: number): [number, number] {
    const { x: width, y: height } = this.#size;
    let [least, most] = [Infinity, -Infinity];
    for (let y = Math.floor(middle * height); y < (1 - middle) * height; ++y) {
      for (let x = Math.floor(middle * width); x < (1 - middle) * width; ++x) {
        const value = this.#data[start + y * width + x]!;
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
    return [least, most];
  }
}

/** As Resize computes sizes, in single precision (ONNX, Resize: floor(size * scale)). */
export function enlargedSize(size: number, scale: number): number {
  return Math.floor(Math.fround(size * Math.fround(scale)));
}

function toPair(scale: number | Pair): Pair {
  return typeof scale === 'number' ? { x: scale, y: scale } : scale;
}

function written({ x, y }: Pair): string {
  return `${x} x ${y}`;
}
