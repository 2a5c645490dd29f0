// toImageData() and toDataURL(), with what onnxruntime-common does where its documentation says less:
// elements are read plane by plane, whatever tensorLayout says of the sizes, and BGR as if it were RGB.

import type { Tensor } from '../index.js';
import { newContext, perChannel, planesOf } from './channels.js';
import { invalid, invalidOption } from './errors.js';
import type { TensorToDataUrlOptions } from './image-options.js';

type Options = TensorToDataUrlOptions;

const planes = { RGB: [0, 1, 2], RGBA: [0, 1, 2, 3], BGR: [0, 1, 2], RBG: [0, 2, 1] } as const;

/** See ConversionUtils. */
export function toImageData(tensor: Tensor, options: Options = {}): ImageData {
  const { dims } = tensor;
  const isNHWC = options.tensorLayout === 'NHWC';
  const [height, width, channels] = isNHWC
    ? [dims[1]!, dims[2]!, dims[3]!]
    : [dims[2]!, dims[3]!, dims[1]!];
  checkFormat(options.format, channels);
  const image = newContext().createImageData(width, height);
  const value = reader(tensor, width * height, options, 255);
  for (let i = 0; i < width * height; ++i) {
    for (let channel = 0; channel < 4; ++channel) image.data[4 * i + channel] = value(channel, i);
  }
  return image;
}

/** See ConversionUtils. */
export function toDataURL(tensor: Tensor, options: Options = {}): string {
  const [, , second, third] = tensor.dims as [number, number, number, number];
  const isNHWC = options.tensorLayout === 'NHWC';
  const [width, height] = isNHWC ? [second, third] : [third, second];
  const context = newContext(third, second);
  const { canvas } = context;
  if (!('toDataURL' in canvas)) throw invalid('only the canvas of a page has a data: URL');
  const value = reader(tensor, width * height, options, 0);
  for (let i = 0; i < width * height; ++i) {
    // By styles, which round and mix in alpha as in onnxruntime; putImageData() would not.
    context.fillStyle = `rgba(${[0, 1, 2, 3].map((channel) => value(channel, i)).join()})`;
    context.fillRect(i % width, Math.floor(i / width), 1, 1);
  }
  return canvas.toDataURL();
}

function checkFormat(format: Options['format'], channels: number): void {
  if (format === undefined) return;
  const formats = channels === 4 ? ['RGBA'] : channels === 3 ? ['RGB', 'BGR'] : undefined;
  if (!formats || formats.includes(format)) return;
  throw invalidOption(
    'format',
    `of ${channels} channels is ${formats.join(' or ')}, not ${format}`,
  );
}

/**
 * The values of a channel, red to alpha, of each pixel; 255 where there is no alpha.
 *
 * @param meanOfAlpha where `norm.mean` has 3 numbers
 */
function reader(
  { data }: Tensor,
  stride: number,
  { format = 'RGB', norm }: Options,
  meanOfAlpha: number,
): (channel: number, pixel: number) => number {
  const order = planesOf('format', format, planes);
  const [bias, mean] = [perChannel(norm, 'bias'), perChannel(norm, 'mean', meanOfAlpha)];
  return (channel, pixel) => {
    const plane = order[channel];
    if (plane === undefined) return 255;
    return ((data[plane * stride + pixel] as number) - bias[channel]!) * mean[channel]!;
  };
}
