import type { Numbers } from './elements.js';

/** What a tensor's elements are like. */
export interface Statistics {
  count: number;
  min: number;
  max: number;
  mean: number;
  deviation: number;
  zeros: number;
  /** NaN or infinite: these are counted here and nowhere else. */
  notFinite: number;
  /** How many elements are in each of equal parts of min..max. */
  histogram: readonly number[];
}

const parts = 48;

export function statisticsOf(numbers: Numbers): Statistics {
  const { min, max, sum, finite, zeros } = measure(numbers);
  const mean = finite > 0 ? sum / finite : NaN;
  const histogram = new Array<number>(parts).fill(0);
  const scale = max > min ? parts / (max - min) : 0;
  let squares = 0;
  for (let i = 0; i < numbers.length; ++i) {
    const value = numbers[i]!;
    if (!Number.isFinite(value)) continue;
    squares += (value - mean) ** 2;
    ++histogram[Math.min(parts - 1, Math.floor((value - min) * scale))]!;
  }
  return {
    count: numbers.length,
    min,
    max,
    mean,
    deviation: Math.sqrt(squares / finite),
    zeros,
    notFinite: numbers.length - finite,
    histogram,
  };
}

function measure(numbers: Numbers) {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let finite = 0;
  let zeros = 0;
  for (let i = 0; i < numbers.length; ++i) {
    const value = numbers[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    if (value === 0) ++zeros;
    sum += value;
    ++finite;
  }
  return finite > 0 ? { min, max, sum, finite, zeros } : { min: NaN, max: NaN, sum, finite, zeros };
}
