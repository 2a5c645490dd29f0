import { nextTask } from '../base/environment.js';

/** How long to work before other events are handled, in milliseconds: less than a frame. */
const longest = 10;

/** Keeps work that takes long from holding up whatever else its thread does. */
export class Pace {
  #begun = performance.now();

  /** Whether it is time to rest. */
  isOver(): boolean {
    return performance.now() - this.#begun > longest;
  }

  async rest(): Promise<void> {
    await nextTask();
    this.#begun = performance.now();
  }
}
