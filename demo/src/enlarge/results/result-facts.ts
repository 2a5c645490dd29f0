import type { Capabilities } from 'fovea';
import { duration } from '../../base/durations.js';
import { megapixels, type Picture } from '../../pictures/picture.js';
import type { Enlarged } from '../making/enlarge.js';

type Facts = Record<string, string>;

/** What became of a picture, in words. */
export function resultFacts(
  picture: Picture,
  { result, upscaler, network, times }: Enlarged,
): Facts {
  const { scale, color } = upscaler;
  const isEven = scale.x === scale.y;
  return {
    Before: sizeInWords(picture),
    After: sizeInWords(result),
    Colours: picture.colorSpace === 'srgb' ? 'as on most screens (sRGB)' : 'wide (Display P3)',
    Model: network.title,
    'The model enlarges': isEven ? `${scale.x} times` : `${scale.x} × ${scale.y} times`,
    'The model sharpens': sharpened[color],
    ...(times.loading < 1 ? {} : { 'Time to load the model': duration(times.loading) }),
    'Time to enlarge': duration(times.enlarging),
  };
}

const sharpened = {
  luma: 'light and dark; colours are enlarged smoothly, as eyes see them less sharp',
  gray: 'light and dark; the result is grey',
  rgb: 'light, dark and colours',
  rgba: 'light, dark, colours and what is see-through',
};

/** What computes, in words. */
export function browserFacts(found: Capabilities): Facts {
  const { numThreads, variant, reason } = found;
  const cores = numThreads === 1 ? 'one processor core' : `${numThreads} processor cores`;
  return {
    'Computes on': `this machine, ${cores}`,
    'Pages may share work between cores': found.threads ? 'yes' : 'no',
    'Fast arithmetic (relaxed SIMD)': found.relaxedSimd ? 'yes' : 'no',
    'Cross-origin isolated': found.crossOriginIsolated ? 'yes' : 'no',
    Engine: variant,
    'Why this one': reason,
  };
}

function sizeInWords({ width, height }: { width: number; height: number }): string {
  return `${width} × ${height} pixels, ${megapixels(width, height)}`;
}
