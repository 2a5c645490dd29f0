import { busy } from './problem.js';

/** Places of pictures: those that are received, wait or are enlarged. */
export class Queue {
  readonly #places: number;
  #taken = 0;

  constructor(places: number) {
    this.#places = places;
  }

  get length(): number {
    return this.#taken;
  }

  get isFull(): boolean {
    return this.#taken >= this.#places;
  }

  /**
   * Takes a place.
   *
   * @returns what gives it back, once
   * @throws Problem 503 where there is none
   */
  take(): () => void {
    if (this.isFull)
      throw busy('QueueFull', `${this.#places} pictures wait already: come back later`);
    this.#taken += 1;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken -= 1;
    };
  }
}
