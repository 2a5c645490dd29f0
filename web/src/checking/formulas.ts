// What depends on free sizes, as formulas of these.

import type { Answer, Explorer, Trial } from './explorer.js';
import { fitFormula, type FormulaFit } from './formula.js';

/** How often sizes are tried that formulas leave open, and how many at a time. */
const mostRounds = 16;
const mostAtOnce = 64;
/** How many trials a formula has to foretell; and of those that do not, what is tried again. */
const foretold = 4;
const mostAttempts = 3;

/** A number, a formula, or `?` for what is neither. */
export type Size = number | string;

/** What is the same at all sizes, and formulas for what is not. */
export interface Found {
  /** By value; undefined where not even the number of axes is known. */
  readonly shapes: readonly (Size[] | undefined)[];
  readonly macs: Size | undefined;
}

/** Tries a model until what it says can be foretold. */
export async function findFormulas(explorer: Explorer): Promise<Found> {
  await explorer.begin();
  for (let attempt = 1; ; ++attempt) {
    await settle(explorer);
    const formulas = new Formulas(explorer);
    const fresh = await explorer.tryTogether(foretold);
    if (formulas.check(fresh) || attempt === mostAttempts) return formulas.found();
  }
}

/** Tries sizes as long as those could tell formulas from each other. */
async function settle(explorer: Explorer): Promise<void> {
  for (let round = 0; round < mostRounds; ++round) {
    let tried = 0;
    for (const sizes of new Formulas(explorer).open()) {
      if (await explorer.try(sizes)) ++tried;
      if (tried === mostAtOnce) break;
    }
    if (tried === 0) return;
  }
}

/** How to find a number in an answer; undefined where it is not there. */
type Place = (answer: Answer) => number | undefined;

/** A number in all trials, which many values may have. */
interface Series {
  readonly values: readonly number[];
  readonly fit: FormulaFit;
  /** Whether it foretold what was tried later. */
  isSound: boolean;
}

/** What all numbers are, as far as the trials so far tell. */
class Formulas {
  readonly #trials: readonly Trial[];
  readonly #hasFree: boolean;
  readonly #series = new Map<string, Series>();
  readonly #shapes: ((Series | undefined)[] | undefined)[] = [];
  readonly #macs: Series | undefined;
  readonly #places = new Map<Place, Series>();

  constructor({ trials, free }: Explorer) {
    this.#trials = [...trials];
    this.#hasFree = free.some(({ step }) => step > 0);
    const fit = (values: readonly number[]) =>
      fitFormula(
        trials.map(({ at }, index) => ({ at, value: values[index]! })),
        free,
      );
    this.#macs = this.#add(({ macs }) => macs ?? undefined, fit);
    for (const value of trials[0]?.answer.shapes.keys() ?? []) {
      const ranks = new Set(trials.map(({ answer }) => answer.shapes[value]?.length));
      const [rank] = ranks;
      this.#shapes.push(
        rank === undefined || ranks.size > 1
          ? undefined
          : Array.from({ length: rank }, (_, axis) =>
              this.#add(({ shapes }) => shapes[value]?.[axis], fit),
            ),
      );
    }
  }

  /** Sizes to try. */
  open(): number[][] {
    const all = [...this.#series.values()].flatMap(({ fit }) => fit.open);
    return [...new Map(all.map((sizes) => [sizes.join(), [...sizes]])).values()];
  }

  /** Whether all formulas hold in trials that they were not made of. */
  check(fresh: readonly Trial[]): boolean {
    const isTried = fresh.length > 0 || !this.#hasFree;
    for (const [place, series] of this.#places) {
      series.isSound &&=
        isTried && fresh.every(({ at, answer }) => series.fit.formula?.at(at) === place(answer));
    }
    return [...this.#series.values()].every(({ isSound }) => isSound);
  }

  found(): Found {
    return {
      shapes: this.#shapes.map((shape) => shape?.map((series) => written(series) ?? '?')),
      macs: written(this.#macs),
    };
  }

  #add(place: Place, fit: (values: readonly number[]) => FormulaFit): Series | undefined {
    const values = this.#trials.map(({ answer }) => place(answer));
    if (!values.every((value) => value !== undefined)) return undefined;
    const key = values.join();
    let series = this.#series.get(key);
    if (!series) this.#series.set(key, (series = { values, fit: fit(values), isSound: true }));
    this.#places.set(place, series);
    return series;
  }
}

function written(series: Series | undefined): Size | undefined {
  if (!series?.isSound) return undefined;
  const [first] = series.values;
  return series.values.every((value) => value === first) ? first : series.fit.formula?.text();
}
