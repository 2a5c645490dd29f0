/** How many frames a second there are, and how many of them are shown. */
export interface Rate {
  shown: number;
  offered: number;
}

/** So long is what a rate is told of, in milliseconds; and at least. */
const longest = 2000;
const shortest = 700;

/** Counts frames of the last two seconds. Times are in milliseconds. */
export class RateMeter {
  #shown: number[] = [];
  #offered: { time: number; count: number }[] = [];

  /** @param count of all frames that there have been, also of those that nobody was told of */
  offer(time: number, count: number): void {
    // Another video counts from the beginning.
    if (count < (this.#offered.at(-1)?.count ?? 0)) this.reset();
    this.#offered.push({ time, count });
    this.#offered = this.#offered.filter((offer) => offer.time >= time - longest);
  }

  show(time: number): void {
    this.#shown.push(time);
  }

  /** Undefined until it is known. */
  read(): Rate | undefined {
    const [first, last] = [this.#offered[0], this.#offered.at(-1)];
    if (!first || !last || last.time - first.time < shortest) return undefined;
    this.#shown = this.#shown.filter((time) => time > first.time);
    const seconds = (last.time - first.time) / 1000;
    const offered = (last.count - first.count) / seconds;
    return { shown: Math.min(this.#shown.length / seconds, offered), offered };
  }

  reset(): void {
    this.#shown = [];
    this.#offered = [];
  }
}

/** A rate in words. */
export function describeRate({ shown, offered }: Rate): string {
  const [some, all] = [Math.round(shown), Math.round(offered)];
  return some >= all - 1
    ? `All ${all} frames a second are shown`
    : `${some} of ${all} frames a second are shown`;
}

/** Whether so few are shown that the picture is not smooth. */
export function isRough({ shown, offered }: Rate): boolean {
  return shown < 10 && shown < offered / 2;
}
