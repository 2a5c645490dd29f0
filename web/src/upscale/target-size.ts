import { FoveaError } from '../base/errors.js';
import type { Pair } from '../network/form.js';
import { enlargedSize } from '../network/measuring.js';

/** How large the result is to be; the network's own enlargement unless anything is given. */
export interface SizeOptions {
  /** By how much the picture becomes larger, whatever the network's factor. */
  scale?: number | undefined;
  /** Pixels of the result; with one of both, the other follows from the picture's proportions. */
  width?: number | undefined;
  height?: number | undefined;
  /**
   * What becomes of other proportions than the picture's: `contain` keeps the whole within width and
   * height, `cover` fills them and cuts off what is too much on both sides, `fill` stretches. `contain`
   * unless given.
   */
  fit?: 'contain' | 'cover' | 'fill' | undefined;
}

/** The size that a picture is brought to, and the part of it that is wanted. */
export interface Target {
  size: Pair;
  /** The part's place and size; undefined for all. */
  crop: { x: number; y: number; width: number; height: number } | undefined;
}

/**
 * The size that is asked for; undefined for the network's own.
 *
 * @throws FoveaError InvalidInput for options that contradict each other
 */
export function targetOf(picture: Pair, options: SizeOptions): Target | undefined {
  const { scale, width, height, fit = 'contain' } = options;
  if (scale !== undefined && (width ?? height) !== undefined) {
    const message = "the options 'scale' and 'width' or 'height' contradict each other: give one";
    throw new FoveaError('InvalidInput', message, { option: 'scale' });
  }
  if (scale !== undefined) {
    const size = { x: enlargedSize(picture.x, scale), y: enlargedSize(picture.y, scale) };
    return { size: { x: Math.max(size.x, 1), y: Math.max(size.y, 1) }, crop: undefined };
  }
  if (width === undefined && height === undefined) return undefined;
  if (width !== undefined && height !== undefined && fit === 'fill') {
    return { size: { x: width, y: height }, crop: undefined };
  }
  const factors = [width && width / picture.x, height && height / picture.y].filter(
    (factor) => factor !== undefined,
  );
  const factor = fit === 'cover' ? Math.max(...factors) : Math.min(...factors);
  const size = {
    x: Math.max(Math.round(picture.x * factor), 1),
    y: Math.max(Math.round(picture.y * factor), 1),
  };
  if (fit !== 'cover' || width === undefined || height === undefined) {
    return { size, crop: undefined };
  }
  const filled = { x: Math.max(size.x, width), y: Math.max(size.y, height) };
  const [x, y] = [Math.floor((filled.x - width) / 2), Math.floor((filled.y - height) / 2)];
  const isAll = filled.x === width && filled.y === height;
  return { size: filled, crop: isAll ? undefined : { x, y, width, height } };
}

/**
 * How often a network enlarges on the way to a size: once or twice, or not at all where the picture is
 * large enough. What is left, a resampler does.
 */
export function timesEnlarged(picture: Pair, target: Pair, scale: Pair): 0 | 1 | 2 {
  if (scale.x <= 1 && scale.y <= 1) return 1;
  const reaches = (times: number) =>
    picture.x * scale.x ** times >= target.x && picture.y * scale.y ** times >= target.y;
  if (reaches(0)) return 0;
  return reaches(1) ? 1 : 2;
}
