/** Numbers that are the same in every run. */
export class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to less than 1. */
  uniform(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return this.#state / 2 ** 32;
  }

  whole(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  floats(count: number, low: number, high: number): Float32Array {
    return Float32Array.from({ length: count }, () => low + this.uniform() * (high - low));
  }

  bytes(type: 'uint8' | 'int8', count: number): Uint8Array | Int8Array {
    const all = Array.from({ length: count }, () => this.whole(0, 255));
    return type === 'int8' ? Int8Array.from(all, (byte) => byte - 128) : Uint8Array.from(all);
  }
}
