import type { Capabilities, Upscaler } from 'fovea';
import type { Outcome } from './upscaling.js';

type Facts = Record<string, string>;

export function modelFacts({ scale, color }: Upscaler): Facts {
  return {
    'Works on': color === 'luma' ? 'brightness; colour is smoothed' : 'all colours',
    Enlarges: scale.x === scale.y ? `${scale.x} times` : `${scale.x} × ${scale.y} times`,
  };
}

/** Sizes in pixels and times by stage. */
export function resultFacts(before: ImageBitmap, { canvas, times }: Outcome): Facts {
  return {
    Before: `${before.width} × ${before.height}`,
    After: `${canvas.width} × ${canvas.height}`,
    ...Object.fromEntries(
      Object.entries(times).map(([stage, ms]) => [stage, `${ms.toFixed(ms < 10 ? 1 : 0)} ms`]),
    ),
  };
}

export function capabilityFacts(found: Capabilities): Facts {
  return {
    Engine: found.variant,
    Threads: String(found.numThreads),
    'Cross-origin isolated': yesNo(found.crossOriginIsolated),
    'Relaxed SIMD': yesNo(found.relaxedSimd),
    'Shared memory': yesNo(found.threads),
  };
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
