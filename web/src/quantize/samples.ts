// What a model is calibrated with.

import { FoveaError, abortError } from '../base/errors.js';
import { typedArrayName } from '../base/kinds.js';
import type { TensorData } from '../host/feeding.js';
import type { PictureSettings, Rectangle } from '../host/module.js';
import { Tensor, Upscaler } from '../index.js';
import { otherFeeds, pictureDims, type Pair, type PictureType } from '../network/form.js';
import { levelsOf } from '../network/measuring.js';
import type { Network } from '../network/network.js';
import type { Picture } from '../pictures/picture.js';
import type { Pixels } from '../pictures/pixels.js';
import { openPicture, type PictureSource } from '../pictures/sources.js';
import type { Feeds } from '../session/run.js';
import { viewBytes } from '../session/tensor-types.js';
import { bytesOf, pixelsOf, type Enlarger } from '../upscale/enlarger.js';
import type { UpscalerOptions } from '../upscale/options.js';
import { findCrops } from './crops.js';
import type { QuantizeOptions } from './options.js';

/** One of what a model learns from or is judged by. */
export interface Sample {
  feeds: Feeds;
  /** What an output of the network would be if it were perfect, where that is known. */
  truth: { output: string; data: TensorData } | undefined;
}

/** What a model is calibrated with. */
export interface Samples {
  samples: Sample[];
  /** White less black. */
  peak: number | undefined;
  enlargement: number | undefined;
}

/** Sides of parts, in pixels of the network's input, where it takes any. */
const side = 128;

/** Parts of pictures, unless told. */
const usualCount = 8;

/**
 * Finds out what the network takes and makes that of parts of the pictures.
 *
 * @throws FoveaError InvalidInput for a model that does not enlarge pictures, and where there are none, or
 *   all are of one colour
 */
export async function samplesOfPictures(
  model: Uint8Array,
  images: PictureSource | readonly PictureSource[],
  { crops, signal }: Pick<QuantizeOptions, 'crops' | 'signal'>,
  options: UpscalerOptions,
): Promise<Samples> {
  const sources = Array.isArray(images) ? (images as readonly PictureSource[]) : [images];
  if (sources.length === 0) throw nothingToLearn('there are no pictures');
  const upscaler = await Upscaler.create(model, options);
  try {
    const count = crops ?? Math.max(usualCount, sources.length);
    const samples: Sample[] = [];
    for (const [index, source] of sources.entries()) {
      const [begin, end] = [index, index + 1].map((i) => Math.round((i * count) / sources.length));
      if (begin === end) continue;
      const picture = await openPicture(source as PictureSource, { signal });
      try {
        const cropper = new Cropper(upscaler.enlarger, picture, signal);
        samples.push(...(await cropper.samples(end! - begin!)));
      } finally {
        await picture.close();
      }
    }
    const { black, white } = levelsOf(upscaler.range);
    const { x, y } = upscaler.enlarger.network.scale;
    if (samples.length > 0) {
      return { samples, peak: white - black, enlargement: Math.sqrt(x * y) };
    }
    throw nothingToLearn('the pictures have one colour each');
  } finally {
    await upscaler.release();
  }
}

function nothingToLearn(why: string): FoveaError {
  const message = `a model learns its ranges from pictures such as it is for, but ${why}`;
  return new FoveaError('InvalidInput', message, { option: 'images' });
}

/** Makes samples of a picture. */
class Cropper {
  readonly #enlarger: Enlarger;
  readonly #network: Network;
  readonly #picture: Picture;
  readonly #signal: AbortSignal | undefined;
  /** What the network gets, and what that is made of in the picture. */
  readonly #input: Pair;
  readonly #part: Pair;
  readonly #scale: Pair;

  constructor(enlarger: Enlarger, picture: Picture, signal: AbortSignal | undefined) {
    const { network } = enlarger;
    const enlarges = network.scale.x > 1 && network.scale.y > 1;
    this.#enlarger = enlarger;
    this.#network = network;
    this.#picture = picture;
    this.#signal = signal;
    this.#scale = enlarges ? network.scale : { x: 1, y: 1 };
    this.#input = network.fixed ?? {
      x: inputSide(picture.width / this.#scale.x, network.multiple),
      y: inputSide(picture.height / this.#scale.y, network.multiple),
    };
    this.#part = {
      x: Math.min(Math.round(this.#input.x * this.#scale.x), picture.width),
      y: Math.min(Math.round(this.#input.y * this.#scale.y), picture.height),
    };
  }

  async samples(count: number): Promise<Sample[]> {
    const places = await findCrops(this.#picture, this.#part, count, this.#signal);
    const samples: Sample[] = [];
    for (const place of places) {
      if (this.#signal?.aborted) throw abortError(this.#signal);
      samples.push(await this.#sample(await this.#picture.read(place, this.#signal)));
    }
    return samples;
  }

  async #sample(pixels: Pixels): Promise<Sample> {
    const { type, input, scale } = this.#network;
    const from = { x: 0, y: 0, width: this.#input.x, height: this.#input.y };
    const data = await this.#elements(await this.#reduced(pixels), from, type);
    const feeds = [
      [input, tensorOf({ type, dims: pictureDims(this.#network, this.#input), data })] as const,
      ...otherFeeds(this.#network, scale, from).map(
        (feed) => [feed.name, tensorOf(feed as TensorData)] as const,
      ),
    ];
    return { feeds: Object.fromEntries(feeds), truth: await this.#truth(pixels) };
  }

  /** What a perfect network would make of it, which margins leave a part of. */
  async #truth(pixels: Pixels): Promise<Sample['truth']> {
    const { scale, margin, output } = this.#network;
    const [across, down] = [margin * scale.x, margin * scale.y];
    const [width, height] = [this.#input.x * scale.x, this.#input.y * scale.y];
    const isWhole = pixels.width === width && pixels.height === height;
    const enlarges = this.#scale === scale && Number.isInteger(across) && Number.isInteger(down);
    if (!enlarges || !isWhole) return undefined;
    const inside = { x: across, y: down, width: width - 2 * across, height: height - 2 * down };
    const data = await this.#elements(pixels, inside, 'float32');
    const size = { x: inside.width, y: inside.height };
    const dims = pictureDims(this.#network, size);
    return { output, data: { type: 'float32', dims, data } };
  }

  /** Smaller, as what the network is to enlarge. */
  async #reduced(pixels: Pixels): Promise<Pixels> {
    const { width, height } = pixels;
    const outWidth = Math.max(1, Math.round(width / this.#scale.x));
    const outHeight = Math.max(1, Math.round(height / this.#scale.y));
    if (outWidth === width && outHeight === height) return pixels;
    const { model } = this.#enlarger;
    const deep = isDeep(pixels);
    const part = { x: 0, y: 0, width: outWidth, height: outHeight };
    const settings = {
      ...{ window: wholeOf(pixels), width, height, outWidth, outHeight, part, deep },
      ...({ kernel: 'bicubic', linear: false } as const),
    };
    const bytes = await model.abortably(this.#signal, (job) =>
      model.engine.call('resample', { job, pixels: bytesOf(pixels).slice(), settings }),
    );
    return pixelsOf(bytes, deep, outWidth, outHeight);
  }

  /** A picture as the network's elements. */
  #elements(pixels: Pixels, from: Rectangle, type: PictureType): Promise<Uint8Array> {
    const { model } = this.#enlarger;
    const { color, blueFirst, channelsLast, border, range } = this.#network;
    const { width, height } = pixels;
    const settings: PictureSettings = {
      ...{ window: wholeOf(pixels), width, height, outWidth: width, outHeight: height },
      ...{ deep: isDeep(pixels), color, blueFirst, type, channelsLast, border, ...levelsOf(range) },
    };
    return model.abortably(this.#signal, (job) =>
      model.engine.call('pictureInput', { job, pixels: bytesOf(pixels).slice(), settings, from }),
    );
  }
}

/** The longest that there are so many pixels for, but one multiple at least. */
function inputSide(pixels: number, multiple: number): number {
  return multiple * Math.max(1, Math.floor(Math.min(side, pixels) / multiple));
}

function wholeOf({ width, height }: Pixels): Rectangle {
  return { x: 0, y: 0, width, height };
}

function isDeep({ data }: Pixels): boolean {
  return typedArrayName(data) === 'Float32Array';
}

function tensorOf({ type, dims, data }: TensorData): Tensor {
  return new Tensor(type, viewBytes(type as never, data as Uint8Array<ArrayBuffer>), dims);
}
