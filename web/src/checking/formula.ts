// Functions of several sizes: sums of products of a function of each.

import { fitAxis, type Atom, type Sizes } from './axis-function.js';
import { fraction, plus, times, type Fraction } from './fraction.js';

/** A size that is free. */
export interface FreeSize extends Sizes {
  readonly name: string;
}

/** A number, and all free sizes that it was seen at. */
export interface Observation {
  readonly at: readonly number[];
  readonly value: number;
}

export interface Formula {
  at(sizes: readonly number[]): number;
  text(): string;
}

/** A formula, and sizes to try: without them none is found, or they would tell others from it. */
export interface FormulaFit {
  readonly formula?: Formula | undefined;
  readonly open: readonly (readonly number[])[];
}

/** Of how many sizes a formula may be: 2 to the power of it have to be tried. */
const mostSizes = 4;

/**
 * The simplest formula for what was seen.
 *
 * @param seen first where all sizes are as small as they were tried; then, among others, where one of
 *   them alone is larger
 * @param free the sizes
 */
export function fitFormula(seen: readonly Observation[], free: readonly FreeSize[]): FormulaFit {
  const least = seen[0]!;
  const open: number[][] = [];
  const factors: Factor[] = [];
  for (const place of free.keys()) {
    const samples = alone(seen, place);
    if (samples.every(({ y }) => y === least.value)) continue;
    const fit = fitAxis(samples, free[place]!);
    if (!fit) return { open: [] };
    if (fit.open !== undefined) open.push(withSize(least.at, place, fit.open));
    const { atom } = fit.found;
    const low = least.at[place]!;
    const high = samples.find(({ x }) => atom.at(x) !== atom.at(low))!.x;
    factors.push({ place, name: free[place]!.name, atom, low, high });
  }
  if (factors.length > mostSizes) return { open: [] };
  const { corners, missing } = cornersOf(seen, factors);
  if (missing.length > 0) return { open: [...open, ...missing] };
  const formula = new Terms(factors, coefficientsOf(corners, factors));
  return seen.every(({ at, value }) => formula.at(at) === value) ? { formula, open } : { open: [] };
}

/** What a product has of one size, and two sizes at which that differs. */
interface Factor {
  readonly place: number;
  readonly name: string;
  readonly atom: Atom;
  readonly low: number;
  readonly high: number;
}

function withSize(sizes: readonly number[], place: number, size: number): number[] {
  return sizes.map((each, at) => (at === place ? size : each));
}

/** What was seen while all other sizes were as at first. */
function alone(seen: readonly Observation[], place: number): { x: number; y: number }[] {
  const first = seen[0]!.at;
  return seen
    .filter(({ at }) => at.every((size, other) => other === place || size === first[other]))
    .map(({ at, value }) => ({ x: at[place]!, y: value }));
}

/** The values where each of these sizes is low or, by the bits of the index, high. */
function cornersOf(
  seen: readonly Observation[],
  factors: readonly Factor[],
): { corners: number[]; missing: number[][] } {
  const corners: number[] = [];
  const missing: number[][] = [];
  for (let bits = 0; bits < 1 << factors.length; ++bits) {
    const sizes = [...seen[0]!.at];
    for (const [bit, { place, high }] of factors.entries()) {
      if (bits & (1 << bit)) sizes[place] = high;
    }
    const found = seen.find(({ at }) => at.every((size, place) => size === sizes[place]));
    if (found) corners[bits] = found.value;
    else missing.push(sizes);
  }
  return { corners, missing };
}

/** By the bits of an index, what the product of the factors with these bits is multiplied by. */
function coefficientsOf(corners: readonly number[], factors: readonly Factor[]): Fraction[] {
  const all = corners.map((value) => fraction(value));
  const each = (visit: (without: number, withIt: number, factor: Factor) => void) => {
    for (const [bit, factor] of factors.entries()) {
      for (let bits = 0; bits < all.length; ++bits) {
        if (bits & (1 << bit)) visit(bits ^ (1 << bit), bits, factor);
      }
    }
  };
  const minus = (a: Fraction, b: Fraction) => plus(a, times(b, fraction(-1)));
  // Of how much each atom is above its low value.
  each((without, withIt, { atom, low, high }) => {
    const rise = fraction(1, atom.at(high) - atom.at(low));
    all[withIt] = times(minus(all[withIt]!, all[without]!), rise);
  });
  // Of the atom itself.
  each((without, withIt, { atom, low }) => {
    all[without] = minus(all[without]!, times(all[withIt]!, fraction(atom.at(low))));
  });
  return all;
}

class Terms implements Formula {
  readonly #factors: readonly Factor[];
  readonly #coefficients: readonly Fraction[];

  constructor(factors: readonly Factor[], coefficients: readonly Fraction[]) {
    this.#factors = factors;
    this.#coefficients = coefficients;
  }

  at(sizes: readonly number[]): number {
    let sum = fraction(0);
    for (const [bits, coefficient] of this.#coefficients.entries()) {
      const values = this.#in(bits).map(({ atom, place }) => fraction(atom.at(sizes[place]!)));
      sum = plus(sum, values.reduce(times, coefficient));
    }
    return sum.over / sum.under;
  }

  text(): string {
    const terms = [...this.#coefficients.entries()].filter(([, { over }]) => over !== 0);
    const degree = (bits: number) => this.#in(bits).length;
    terms.sort(([a], [b]) => degree(b) - degree(a) || a - b);
    if (terms.length === 0) return '0';
    const isAlone = terms.length === 1;
    // A size is a whole number, but parts of it may not be.
    const constant = this.#coefficients[0]!;
    const under = constant.under;
    const written = terms.map(([bits, factor]) =>
      this.#term(bits, times(factor, fraction(under)), isAlone),
    );
    const sum = written.reduce((all, term) => all + (term.startsWith('-') ? term : `+${term}`));
    return under === 1 ? sum : `(${sum})/${under}`;
  }

  #term(bits: number, { over, under }: Fraction, isAlone: boolean): string {
    const factors = this.#in(bits);
    const product = factors.map(({ atom, name }) => atom.written(quoted(name))).join('*');
    if (isAlone && product === quoted(factors[0]?.name ?? '') && over === 1 && under === 1) {
      return factors[0]!.name;
    }
    if (product === '') return `${over}`;
    const multiple = over === 1 ? '' : over === -1 ? '-' : `${over}*`;
    return `${multiple}${product}${under === 1 ? '' : `/${under}`}`;
  }

  #in(bits: number): Factor[] {
    return this.#factors.filter((_, bit) => bits & (1 << bit));
  }
}

/** A name that could be read as something else, in quotes. */
function quoted(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_.:]*$/u.test(name) ? name : `"${name}"`;
}
