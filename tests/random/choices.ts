import { Random } from '../../bench/networks/random.js';

/** Repeatable decisions: the same seed makes the same graph on every machine. */
export class Choices extends Random {
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** True in that part of the cases. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** One of several; what is listed twice comes twice as often. */
  of<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError('there is nothing to choose from');
    return choices[this.int(0, choices.length - 1)]!;
  }

  /** All of them, in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    return items.map(() => left.splice(this.int(0, left.length - 1), 1)[0]!);
  }

  /** Each of them in that part of the cases, in their order. */
  some<T>(items: readonly T[], probability: number): T[] {
    return items.filter(() => this.chance(probability));
  }

  /** As many whole numbers. */
  ints(count: number, low: number, high: number): number[] {
    return Array.from({ length: count }, () => this.int(low, high));
  }
}
