import type { LayerReport } from 'fovea/quantize';
import { inShort } from '../results/words.js';

const width = 200;
const height = 44;
const bars = 100;

/** How often a layer's values were seen, and the range that bytes stand for. */
export function Histogram({ layer }: { layer: LayerReport }) {
  const { seen, chosen, histogram } = layer;
  if (!histogram) return null;
  const [low, high] = [Math.min(seen.low, chosen.low), Math.max(seen.high, chosen.high)];
  const across = (value: number) => (width * (value - low)) / (high - low || 1);
  const shown = rebinned(histogram, low, high);
  // Few values lie far out, and they are what a range is about.
  const tall = shown.map((count) => Math.log1p(count));
  const most = Math.max(...tall, 1e-9);
  const each = width / bars;
  const label =
    `Values seen from ${inShort(seen.low)} to ${inShort(seen.high)}; ` +
    `bytes stand for ${inShort(chosen.low)} to ${inShort(chosen.high)}`;
  return (
    <figure class="values">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={label}
        preserveAspectRatio="none"
      >
        <rect
          class="chosen"
          x={across(chosen.low)}
          width={Math.max(1, across(chosen.high) - across(chosen.low))}
          height={height}
        />
        <path
          class="bars"
          d={tall
            .map((one, at) => [at, (height * 0.94 * one) / most] as const)
            .filter(([, size]) => size > 0)
            .map(([at, size]) => `M${at * each} ${height}v${-size}h${each * 0.9}v${size}z`)
            .join('')}
        />
        {[seen.low, seen.high].map((value, side) => (
          <path key={side} class="seen" d={`M${across(value)} 0V${height}`} />
        ))}
      </svg>
      <figcaption>
        <span>
          seen {inShort(seen.low)} … {inShort(seen.high)}
        </span>
        <span>
          bytes {inShort(chosen.low)} … {inShort(chosen.high)}, {layer.method}
        </span>
      </figcaption>
    </figure>
  );
}

/** The counts of as many bins as are drawn, from `low` to `high`. */
function rebinned(
  { range, counts }: NonNullable<LayerReport['histogram']>,
  low: number,
  high: number,
): number[] {
  const out = new Array<number>(bars).fill(0);
  const step = (range.high - range.low) / counts.length;
  for (const [at, count] of counts.entries()) {
    if (count === 0) continue;
    const middle = range.low + (at + 0.5) * step;
    const place = Math.floor((bars * (middle - low)) / (high - low || 1));
    out[Math.min(Math.max(place, 0), bars - 1)]! += count;
  }
  return out;
}
