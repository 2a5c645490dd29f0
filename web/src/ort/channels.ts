// What pictures and tensors of channels have in common.

import { invalidOption } from './errors.js';
import type { ImageFormat, OptionsNormalizationParameters } from './image-options.js';

type Norm = OptionsNormalizationParameters['norm'];

/** `bias` or `mean` for red, green, blue and alpha. */
export function perChannel(
  norm: Norm,
  name: 'bias' | 'mean',
  ofAlpha: number = name === 'mean' ? 255 : 0,
): readonly number[] {
  const given = norm?.[name];
  if (given === undefined) return Array.from<number>({ length: 4 }).fill(name === 'mean' ? 255 : 0);
  if (typeof given === 'number') return [given, given, given, given];
  if (Array.isArray(given) && (given.length === 3 || given.length === 4)) {
    return [...given.slice(0, 3), given[3] ?? ofAlpha];
  }
  throw invalidOption('norm', `takes ${name} as a number, or a list of 3 or 4`);
}

/**
 * Which plane of a tensor has red, green, blue and alpha.
 *
 * @throws FoveaError InvalidInput for a format that is none, with the option's name
 */
export function planesOf(
  option: 'format' | 'tensorFormat',
  format: ImageFormat,
  planes: Readonly<Record<ImageFormat, readonly number[]>>,
): readonly number[] {
  if (Object.hasOwn(planes, format)) return planes[format];
  throw invalidOption(option, `takes ${Object.keys(planes).join(', ')}, not ${String(format)}`);
}

/** The context of a new canvas, of one pixel unless sizes are given. */
export function newContext(
  width = 1,
  height = 1,
): CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D {
  const canvas = newCanvas(width, height);
  const context = canvas?.getContext('2d') as CanvasRenderingContext2D | null | undefined;
  if (context) return context;
  throw invalidOption('image', 'needs a canvas, which pages and workers have');
}

function newCanvas(width: number, height: number) {
  if (typeof document !== 'undefined') {
    return Object.assign(document.createElement('canvas'), { width, height });
  }
  return typeof OffscreenCanvas === 'undefined' ? undefined : new OffscreenCanvas(width, height);
}
