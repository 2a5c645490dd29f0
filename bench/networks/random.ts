// Taken once: where tests run in contexts of their own, each look at a global takes longer than the arithmetic.
const { cos, imul, log, PI, sqrt } = Math;

/** Repeatable pseudo-random numbers: the same seed gives the same network on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in (0, 1): Mulberry32 of Tommy Ettinger, moved off zero by half a step. */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let z = imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    z ^= z + imul(z ^ (z >>> 7), z | 61);
    return (((z ^ (z >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  }

  /** Normally distributed (Box-Muller). */
  normal(count: number, deviation: number): Float32Array {
    return Float32Array.from({ length: count }, () => {
      const radius = sqrt(-2 * log(this.uniform()));
      return deviation * radius * cos(2 * PI * this.uniform());
    });
  }

  /** Uniform in (0, 1), as the pixels of an image are. */
  pixels(count: number): Float32Array {
    return Float32Array.from({ length: count }, () => this.uniform());
  }

  /**
   * Weights of a convolution, [outputs, inputs, kernel, kernel]: He et al. 2015 ("Delving deep into
   * rectifiers"), which keeps the activations' variance from layer to layer.
   */
  he(outputs: number, inputs: number, kernel: number): Float32Array {
    const fanIn = inputs * kernel * kernel;
    return this.normal(outputs * fanIn, sqrt(2 / fanIn));
  }
}
