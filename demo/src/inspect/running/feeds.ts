import { Tensor, type Feeds, type ModelReport, type ValueMetadata } from 'fovea';
import { PlainError } from '../../base/messages.js';

/** What the numbers of black and white are. */
export type PictureRange = '0..1' | '0..255' | '-1..1';

/** How an input is filled. */
export type Filling = 'picture' | 'ones' | 'zeros';

export interface PlannedInput {
  name: string;
  type: Tensor['type'];
  dims: readonly number[];
  filling: Filling;
}

/** All that a model is fed. */
export interface FeedPlan {
  inputs: readonly PlannedInput[];
  picture: ImageBitmap | undefined;
  range: PictureRange;
}

/** What is left to the user: sizes by the names of free dimensions. */
export type Sizes = Readonly<Record<string, number>>;

/** Large enough to see something, small enough to be quick. */
const pictureSize = 192;

/** Where channels, rows and columns are, in an input that can be a picture. */
interface PictureAxes {
  channels: number;
  height: number;
  width: number;
}

export function pictureAxes({ type, shape }: ValueMetadata): PictureAxes | undefined {
  const isNumeric = /^(float|uint8|int8|bfloat16)/.test(type);
  if (!isNumeric || shape?.length !== 4) return undefined;
  const isChannels = (axis: number) => [1, 3, 4].includes(shape[axis] as number);
  if (isChannels(1)) return { channels: 1, height: 2, width: 3 };
  if (isChannels(3)) return { channels: 3, height: 1, width: 2 };
  return undefined;
}

/** Sizes to begin with: of pictures as they are seen well, all else as small as can be. */
export function firstSizes({
  freeDimensions,
  inputs,
  values,
}: ModelReport): Record<string, number> {
  const ofPictures = new Set(
    inputs.flatMap((input) => {
      const axes = pictureAxes(input);
      const shape = shapeIn(values, input);
      return axes && shape ? [shape[axes.height], shape[axes.width]] : [];
    }),
  );
  return Object.fromEntries(
    freeDimensions.map(({ name, multipleOf, only }) => {
      const wanted = ofPictures.has(name) ? pictureSize : 1;
      return [name, only ?? Math.max(1, Math.round(wanted / multipleOf)) * multipleOf];
    }),
  );
}

/** The shape of an input in free dimensions, of which equal ones have one name. */
function shapeIn(values: ModelReport['values'], input: ValueMetadata): ValueMetadata['shape'] {
  return values.find(({ name }) => name === input.name)?.shape ?? input.shape;
}

/**
 * Plans what each input is fed.
 *
 * @throws PlainError for an input that cannot be made up
 */
export function plannedInputs(report: ModelReport, sizes: Sizes): PlannedInput[] {
  return report.inputs.map((input) => {
    const shape = shapeIn(report.values, input);
    if (!input.isTensor || !shape || input.type === 'string') {
      const message = `Its input “${input.name}” is ${input.type === 'string' ? 'text' : 'no plain array of numbers'}, which this page cannot make up.`;
      throw new PlainError('This model cannot be run here.', message);
    }
    return {
      name: input.name,
      type: input.type as Tensor['type'],
      dims: shape.map((size, axis) => sizeOf(size, `${input.name}.${axis}`, sizes)),
      filling: fillingOf(input),
    };
  });
}

function sizeOf(size: number | string, unnamed: string, sizes: Sizes): number {
  return typeof size === 'number' ? size : (sizes[size] ?? sizes[unnamed] ?? 1);
}

/** Zeros where numbers are places in a table, ones where they are factors or masks. */
function fillingOf(input: ValueMetadata): Filling {
  if (pictureAxes(input)) return 'picture';
  return /^u?int/.test(input.type) ? 'zeros' : 'ones';
}

/** The tensors. */
export function feedsFor({ inputs, picture, range }: FeedPlan): Feeds {
  return Object.fromEntries(
    inputs.map((input) => {
      const isPicture = input.filling === 'picture' && picture;
      const numbers = isPicture ? pictureNumbers(input, picture, range) : plainNumbers(input);
      return [input.name, new Tensor(input.type, numbers, input.dims)];
    }),
  );
}

function plainNumbers({ dims, filling }: PlannedInput): number[] {
  const count = dims.reduce((product, size) => product * size, 1);
  // Without a picture, grey.
  return new Array<number>(count).fill(filling === 'zeros' ? 0 : filling === 'ones' ? 1 : 0.5);
}

/** A picture's pixels as an input wants them, stretched to its size. */
function pictureNumbers(
  { name, type, dims }: PlannedInput,
  picture: ImageBitmap,
  range: PictureRange,
): number[] {
  const axes = pictureAxes({ name, type, shape: dims, isTensor: true })!;
  const [count, width, height] = [dims[axes.channels]!, dims[axes.width]!, dims[axes.height]!];
  const pixels = pixelsOf(picture, width, height);
  const [least, most] = { '0..1': [0, 1], '0..255': [0, 255], '-1..1': [-1, 1] }[range] as [
    number,
    number,
  ];
  const plane = width * height;
  const numbers = new Array<number>(dims[0]! * count * plane).fill(0);
  for (let at = 0; at < numbers.length; ++at) {
    const within = at % (count * plane);
    const channel = axes.channels === 1 ? Math.floor(within / plane) : within % count;
    const pixel = axes.channels === 1 ? within % plane : Math.floor(within / count);
    numbers[at] = least + ((most - least) * channelOf(pixels, pixel, channel, count)) / 255;
  }
  return numbers;
}

function pixelsOf(picture: ImageBitmap, width: number, height: number): Uint8ClampedArray {
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

function channelOf(pixels: Uint8ClampedArray, pixel: number, channel: number, of: number): number {
  const [red, green, blue] = pixels.subarray(4 * pixel, 4 * pixel + 3) as unknown as [
    number,
    number,
    number,
  ];
  if (of === 1) return 0.299 * red + 0.587 * green + 0.114 * blue;
  return pixels[4 * pixel + channel]!;
}
