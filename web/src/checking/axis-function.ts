// Functions of one size, as convolutions, pools and resizes have them.

import { divisor, fraction, plus, times, type Fraction } from './fraction.js';

/** A function's value at a size. */
export interface Sample {
  readonly x: number;
  readonly y: number;
}

/** A whole number made of a size. */
export interface Atom {
  at(x: number): number;
  /** As a factor of a product, for a size of that name. */
  written(name: string): string;
}

/** y = scale * atom(x) + offset. */
export interface AxisFunction {
  readonly atom: Atom;
  readonly scale: Fraction;
  readonly offset: Fraction;
}

/** Sizes that can be asked for: `from`, and multiples of `step` more. */
export interface Sizes {
  readonly from: number;
  readonly step: number;
}

/** A function that fits, and where to look for another that does. */
export interface AxisFit {
  readonly found: AxisFunction;
  /** A size at which others that fit give something else; undefined where there is none. */
  readonly open?: number | undefined;
}

/** The simplest function that has these values, of at least two sizes; undefined where none has. */
export function fitAxis(samples: readonly Sample[], sizes: Sizes): AxisFit | undefined {
  for (const atom of samples.length < 4 ? [itself] : [itself, square]) {
    const found = fitAtom(atom, samples);
    if (found) return { found };
  }
  return fitSteps(samples, sizes);
}

const itself: Atom = { at: (x) => x, written: (name) => name };
const square: Atom = { at: (x) => x * x, written: (name) => `${name}*${name}` };

/** Scales an atom so that the first and the last value fit, and sees whether all others do. */
function fitAtom(atom: Atom, samples: readonly Sample[]): AxisFunction | undefined {
  const sorted = [...samples].sort((a, b) => a.x - b.x);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  const rise = atom.at(last.x) - atom.at(first.x);
  if (rise === 0) return undefined;
  const scale = fraction(last.y - first.y, rise);
  const at = (x: number) => times(scale, fraction(atom.at(x)));
  const offset = plus(fraction(first.y), times(at(first.x), fraction(-1)));
  const fits = ({ x, y }: Sample) => {
    const { over, under } = plus(at(x), offset);
    return over === y && under === 1;
  };
  return samples.every(fits) ? { atom, scale, offset } : undefined;
}

/** Beyond all strides of networks, one after the other. */
const largestDivisor = 128;

/** floor((slope*x + shift) / divisor). */
interface Steps {
  slope: number;
  divisor: number;
  shift: number;
}

const stepsAt = ({ slope, divisor, shift }: Steps, x: number) =>
  Math.floor((slope * x + shift) / divisor);

function fitSteps(samples: readonly Sample[], sizes: Sizes): AxisFit | undefined {
  const unit = samples.reduce((common, { y }) => divisor(common, y - samples[0]!.y), 0);
  const steps = samples.map(({ x, y }) => ({ x, y: (y - samples[0]!.y) / unit }));
  const fitting: Steps[] = [];
  for (let under = 2; under <= largestDivisor; ++under) {
    for (const slope of slopesOf(steps, under)) fitting.push(...shiftsOf(steps, slope, under));
  }
  const found = fitting.length > 0 && fitAtom(asAtom(nicest(fitting)), samples);
  if (!found) return undefined;
  const open = (each: readonly Steps[]) => discriminating(each, samples[0]!.x, sizes);
  return { found, open: open(thinned(fitting)) ?? open(fitting) };
}

/** Some of many. */
function thinned(all: readonly Steps[]): Steps[] {
  const most = 50;
  return all.filter((_, at) => at % Math.ceil(all.length / most) === 0);
}

/** Numerators that explain the rise from the first to the last size, which is less than 1 off. */
function slopesOf(steps: readonly Sample[], under: number): number[] {
  const sorted = [...steps].sort((a, b) => a.x - b.x);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  const about = ((last.y - first.y) * under) / (last.x - first.x);
  return [Math.floor(about), Math.ceil(about)].filter(
    (slope, at, all) => slope > 0 && divisor(slope, under) === 1 && all.indexOf(slope) === at,
  );
}

function shiftsOf(steps: readonly Sample[], slope: number, under: number): Steps[] {
  const fitting: Steps[] = [];
  const [least] = steps as [Sample];
  for (let shift = 0; shift < under; ++shift) {
    const at = (x: number) => Math.floor((slope * x + shift) / under);
    const first = at(least.x) - least.y;
    if (steps.every(({ x, y }) => at(x) - first === y)) {
      fitting.push({ slope, divisor: under, shift });
    }
  }
  return fitting;
}

/** With the least divisor; then, if there is one, a floor or a ceil of the size itself. */
function nicest(fitting: readonly Steps[]): Steps {
  const [first] = fitting as [Steps];
  const isLike = ({ slope, divisor: under }: Steps) =>
    slope === first.slope && under === first.divisor;
  return (first.shift > 0 && fitting.find((each) => isLike(each) && isCeil(each))) || first;
}

const isCeil = ({ slope, divisor, shift }: Steps) => slope === 1 && shift === divisor - 1;

function asAtom(steps: Steps): Atom {
  const { slope, divisor: under, shift } = steps;
  return {
    at: (x) => stepsAt(steps, x),
    written: (name) => {
      if (isCeil(steps)) return `ceil(${name}/${under})`;
      const risen = slope === 1 ? name : `${slope}*${name}`;
      return shift === 0 ? `floor(${risen}/${under})` : `floor((${risen}+${shift})/${under})`;
    },
  };
}

/** Numbers of steps to look at: near, for shifts, and far off, where slopes are told from each other. */
const lookedAt = [0, 1000, 5000].flatMap((first) =>
  Array.from({ length: 2 * largestDivisor }, (_, more) => first + more),
);

/** A size at which about half of these functions differ from the others. */
function discriminating(
  fitting: readonly Steps[],
  first: number,
  { from, step }: Sizes,
): number | undefined {
  const rise = (each: Steps, x: number) => stepsAt(each, x) - stepsAt(each, first);
  let best: number | undefined;
  let least = fitting.length;
  for (const steps of lookedAt) {
    const x = from + steps * step;
    const expected = rise(fitting[0]!, x);
    const alike = fitting.filter((each) => rise(each, x) === expected).length;
    const larger = Math.max(alike, fitting.length - alike);
    if (larger < least) [best, least] = [x, larger];
  }
  return best;
}
