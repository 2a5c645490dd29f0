import { nextTask } from '../base/environment.js';

/** Smaller memory is what the platform's allocator keeps and gives again; in bytes. */
const smallest = 2 ** 19;

/** Most of what is kept ready, in bytes. */
const largest = 2 ** 24;

/**
 * Copies results out of the engine's memory, for the caller to keep.
 *
 * The system maps large memory when it is first written to, page by page, which takes longer than the
 * copying. So when results of one size follow each other, as the pictures of a film do, memory for the
 * next is made and written to once the last is on its way, while nobody waits.
 */
export class ResultMemory {
  #expected = 0;
  #ready: Uint8Array<ArrayBuffer> | undefined;

  /** The bytes, in memory of their own. */
  copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const size = bytes.byteLength;
    if (size < smallest || size > largest) return new Uint8Array(bytes);
    const copy = this.#take(size);
    copy.set(bytes);
    if (size === this.#expected) void this.#prepareSoon(size);
    this.#expected = size;
    return copy;
  }

  /** How much is kept ready, in bytes. */
  get readyBytes(): number {
    return this.#ready?.byteLength ?? 0;
  }

  /** Gives back what is kept ready. */
  clear(): void {
    this.#expected = 0;
    this.#ready = undefined;
  }

  #take(size: number): Uint8Array<ArrayBuffer> {
    const ready = this.#ready;
    this.#ready = undefined;
    return ready?.byteLength === size ? ready : new Uint8Array(size);
  }

  async #prepareSoon(size: number): Promise<void> {
    await nextTask();
    if (size !== this.#expected || this.#ready) return;
    try {
      this.#ready = touched(new Uint8Array(size));
    } catch {
      // There is no memory: the next result will say so, if it is still true.
    }
  }
}

/** Writes to every page. */
function touched<T extends Uint8Array>(memory: T): T {
  const page = 4096;
  for (let at = 0; at < memory.byteLength; at += page) memory[at] = 0;
  return memory;
}
