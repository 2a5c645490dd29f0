// Which sizes a model is tried with.

import type { ErrorData } from '../base/errors.js';
import type { FreeSize } from './formula.js';

/** A size that the caller chooses, as the model declares it. */
export interface Declared {
  readonly name: string;
  /** Where it is declared first. */
  readonly axis: number;
  /** Whether it is the first axis of inputs only, as a batch is. */
  readonly isFirst: boolean;
  /** Whether the model gives it a name. */
  readonly isNamed: boolean;
}

/** What a model says to sizes. */
export interface Answer {
  /** By value; null where it is not known. */
  readonly shapes: readonly (readonly number[] | null)[];
  readonly macs: number | null;
  /** Why it does not take them. */
  readonly refusal: ErrorData | null;
}

/** An answer, and the sizes that it is about. */
export interface Trial {
  readonly at: readonly number[];
  readonly answer: Answer;
}

/** Gives what the model says to a size for each that is declared; undefined when no time is left. */
export type Ask = (sizes: readonly number[]) => Promise<Answer | undefined>;

/** What networks with windows, patches and strides ask for; the first that works is taken. */
const multiples = [
  1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 224,
];

/** How many steps above the least a size is tried alone. The last tell slopes from each other. */
const stepsAlone = [1, 2, 3, 5, 7, 10, 11, 16, 24, 37, 101, 403, 997];

/** Sizes, of which a model may take one kind only: for multiples, windows of 7, and odd ones. */
const units = [32, 224, 60, 1];
const primes = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79];

/** Tries a model, and keeps what it said. */
export class Explorer {
  readonly #declared: readonly Declared[];
  readonly #ask: Ask;
  readonly #known = new Map<string, Answer | undefined>();
  /** By declared size, the place of that which it equals. */
  #places: readonly number[] = [];
  readonly trials: Trial[] = [];
  /** The sizes that are free of each other. Of a `step` of 0, where only one is taken. */
  free: FreeSize[] = [];
  /** Why the model takes none of the sizes that were tried. */
  refusal: ErrorData | undefined;

  constructor(declared: readonly Declared[], ask: Ask) {
    this.#declared = declared;
    this.#ask = ask;
  }

  /** The place in `free` of a declared size. */
  placeOf(declared: number): number {
    return this.#places[declared]!;
  }

  /** Finds out which sizes the model takes, and tries some for each of them. */
  async begin(): Promise<void> {
    await this.#findLeast();
    for (const place of this.free.keys()) {
      await this.#findStep(place);
      const { step } = this.free[place]!;
      if (step > 0) for (const steps of stepsAlone) await this.#tryAlone(place, steps * step);
    }
  }

  /** Whether the model takes these sizes; what it says is kept. */
  async try(sizes: readonly number[]): Promise<Trial | undefined> {
    const key = sizes.join();
    if (this.#known.has(key)) return undefined;
    const answer = await this.#ask(this.#places.map((place) => sizes[place]!));
    this.#known.set(key, answer);
    if (!answer || (answer.refusal && !this.refusal)) return undefined;
    const trial = { at: sizes, answer };
    this.trials.push(trial);
    return trial;
  }

  /** Tries sizes of which none is the least, smaller ones and then larger ones; gives what is new. */
  async tryTogether(count: number): Promise<Trial[]> {
    const found: Trial[] = [];
    const add = async (sizeOf: (size: FreeSize, place: number) => number) => {
      const trial = await this.try(this.free.map(sizeOf));
      if (trial) found.push(trial);
    };
    for (const part of [1 / 2, 7 / 8]) {
      await add(({ from, step }) => from - step * Math.floor((from * part) / (step || 1)));
    }
    for (let first = 4; first < 100 && found.length < count; first += 9) {
      await add(({ from, step }, place) => from + step * (first + 5 * place));
    }
    return found;
  }

  #tryAlone(place: number, more: number): Promise<Trial | undefined> {
    const sizes = this.free.map(({ from }, at) => (at === place ? from + more : from));
    return this.try(sizes);
  }

  async #findLeast(): Promise<void> {
    let refusal: ErrorData | undefined;
    for (const isBatch of [true, false]) {
      for (const keys of this.#equalities()) {
        for (const unit of this.#declared.length > 0 ? units : [1]) {
          this.#choose(keys, unit, isBatch);
          if (await this.try(this.#least())) return;
          refusal ??= this.#known.get(this.#least().join())?.refusal ?? undefined;
          this.#known.clear();
        }
      }
    }
    // What does not follow from the node that refuses is known all the same.
    this.refusal = refusal;
    this.#choose(this.#equalities()[0]!, units[0]!, true);
    await this.try(this.#least());
  }

  #least(): number[] {
    return this.free.map(({ from }) => from);
  }

  /** What may have to be equal, from nothing to everything: sizes of the same key. */
  #equalities(): string[][] {
    const names = this.#declared.map(({ name }) => name);
    const by = (rule: (size: Declared) => string) => this.#declared.map(rule);
    const all = [
      names,
      by(({ name, axis, isNamed }) => (isNamed ? name : `${axis} `)),
      by(({ name, isFirst }) => (isFirst ? ' ' : name)),
      ...pairsOf(names).map(([one, other]) => names.map((name) => (name === other ? one : name))),
      by(({ axis }) => `${axis}`),
      by(({ isFirst }) => `${isFirst}`),
      by(() => ''),
    ];
    const count = (keys: string[]) => new Set(keys).size;
    return all.filter((keys) => keys === names || count(keys) < names.length);
  }

  #choose(keys: readonly string[], unit: number, isBatch: boolean): void {
    const distinct = [...new Set(keys)];
    this.#places = keys.map((key) => distinct.indexOf(key));
    this.free = distinct.map((key, place) => {
      const same = this.#declared.filter((_, at) => keys[at] === key);
      const { name } = same[0]!;
      const prime = primes[place % primes.length]!;
      const isFirst = same.every((size) => size.isFirst);
      const large = unit === 1 ? primes.at(-1)! + 6 * place : unit * (place + 2);
      return { name, from: isFirst ? (isBatch ? prime : 1) : large, step: 1 };
    });
  }

  /** What a size can be enlarged by: the least that works with the others as they are. */
  async #findStep(place: number): Promise<void> {
    for (const step of multiples) {
      this.free[place] = { ...this.free[place]!, step };
      if ((await this.#tryAlone(place, step)) && (await this.#tryAlone(place, 3 * step))) return;
    }
    this.free[place] = { ...this.free[place]!, step: 0 };
  }
}

/** All pairs of few. */
function pairsOf(names: readonly string[]): [string, string][] {
  const few = 5;
  if (names.length > few) return [];
  return names.flatMap((one, at) =>
    names.slice(at + 1).map((other): [string, string] => [one, other]),
  );
}
