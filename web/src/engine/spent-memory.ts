/** Smaller memory costs the platform's allocator next to nothing; in bytes. */
const smallest = 2 ** 16;

/** Most of what is kept, in bytes. */
const largest = 2 ** 24;

/**
 * Memory in which copies are sent to the engine's worker, and which comes back once they have been read.
 *
 * The system maps fresh memory page by page as it is first written to, which takes three times as long as
 * the copying. Inputs of one size follow each other, as the pictures of a film do.
 */
export class SpentMemory {
  /** The last one came last. */
  #kept: ArrayBuffer[] = [];

  /** The bytes, in memory that may be given away. */
  copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const at = this.#kept.map(({ byteLength }) => byteLength).lastIndexOf(bytes.byteLength);
    if (at < 0) return new Uint8Array(bytes);
    const copy = new Uint8Array(this.#kept.splice(at, 1)[0]!);
    copy.set(bytes);
    return copy;
  }

  /** Takes memory that nobody reads any more. */
  give(buffers: readonly ArrayBuffer[]): void {
    this.#kept.push(...buffers.filter(({ byteLength }) => byteLength >= smallest));
    while (this.bytes > largest) this.#kept.shift();
  }

  /** How much is kept, in bytes. */
  get bytes(): number {
    return this.#kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  clear(): void {
    this.#kept = [];
  }
}
