// Tensor.fromImage(), with what onnxruntime-common does where its documentation says less: pictures are
// cut to a size and not resampled, img elements give RGBA, and all elements are float32.

import { FoveaError, Tensor } from '../index.js';
import { newContext, perChannel, planesOf } from './channels.js';
import { invalid, invalidOption } from './errors.js';
import type {
  ImageFormat,
  OptionsNormalizationParameters,
  TensorFromUrlOptions,
} from './image-options.js';

type Options = TensorFromUrlOptions;

interface Pixels {
  /** RGBA. */
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

/** See TensorFactory. */
export async function fromImage(image: unknown, options?: Options): Promise<Tensor> {
  if (isOf('HTMLImageElement', image)) {
    const format = options?.tensorFormat;
    if (format !== undefined) {
      throw invalidOption('tensorFormat', "is not for img elements, whose tensors are 'RGBA'");
    }
    return toTensor(ofElement(image as HTMLImageElement, options), 'RGBA', options);
  }
  const format = options?.tensorFormat ?? 'RGB';
  if (isOf('ImageData', image)) {
    return toTensor(ofImageData(image as ImageData, options), format, options);
  }
  if (isOf('ImageBitmap', image)) {
    if (options === undefined) throw invalid('an ImageBitmap is given with options');
    return toTensor(drawn(image as ImageBitmap), format, options);
  }
  if (typeof image === 'string') return toTensor(drawn(await loaded(image)), format, options);
  throw invalid('a tensor is made of an img element, ImageData, an ImageBitmap or an address');
}

/** Whether a value is of a class, in whatever frame. */
function isOf(className: string, value: unknown): boolean {
  return Object.prototype.toString.call(value) === `[object ${className}]`;
}

function ofElement(image: HTMLImageElement, options: Options | undefined): Pixels {
  const context = newContext(image.width, image.height);
  context.drawImage(image, 0, 0);
  return read(context, sizeFor(image, options));
}

function ofImageData(image: ImageData, options: Options | undefined): Pixels {
  if (options === undefined) return image;
  const size = sizeFor(image, options);
  const context = newContext(size.width, size.height);
  context.putImageData(image, 0, 0);
  return read(context, size);
}

function drawn(image: ImageBitmap | HTMLImageElement): Pixels {
  const { width, height } = image;
  const context = newContext(width, height);
  context.drawImage(image, 0, 0, width, height);
  return read(context, { width, height });
}

interface Size {
  width: number;
  height: number;
}

function sizeFor({ width, height }: Size, options: Options | undefined): Size {
  const { resizedWidth, resizedHeight } = options ?? {};
  const both = resizedWidth !== undefined && resizedHeight !== undefined;
  return both ? { width: resizedWidth, height: resizedHeight } : { width, height };
}

function read(context: CanvasImageData, { width, height }: Size): Pixels {
  return context.getImageData(0, 0, width, height);
}

function loaded(address: string): Promise<HTMLImageElement> {
  if (typeof Image === 'undefined') throw invalid('only pages read pictures by their address');
  const image = new Image();
  image.crossOrigin = 'Anonymous';
  return new Promise((resolve, reject) => {
    const fields = { url: address.slice(0, 200) };
    const failed = () =>
      reject(new FoveaError('NetworkError', `${fields.url} cannot be read as a picture`, fields));
    if (address === '') return failed();
    image.onload = () => resolve(image);
    image.onerror = failed;
    image.src = address;
  });
}

const planes = { RGB: [0, 1, 2], RGBA: [0, 1, 2, 3], BGR: [2, 1, 0], RBG: [0, 2, 1] } as const;

function toTensor(
  { data, width, height }: Pixels,
  format: ImageFormat,
  { tensorLayout, norm }: Pick<Options, 'tensorLayout'> & OptionsNormalizationParameters = {},
): Tensor {
  if (tensorLayout === 'NHWC') throw invalidOption('tensorLayout', "takes only 'NCHW'");
  const order = planesOf('tensorFormat', format, planes);
  const [bias, mean] = [perChannel(norm, 'bias'), perChannel(norm, 'mean')];
  const stride = width * height;
  const elements = new Float32Array(order.length * stride);
  for (const [channel, plane] of order.entries()) {
    const start = plane * stride;
    for (let i = 0; i < stride; ++i) {
      elements[start + i] = (data[4 * i + channel]! + bias[channel]!) / mean[channel]!;
    }
  }
  return new Tensor('float32', elements, [1, order.length, height, width]);
}
