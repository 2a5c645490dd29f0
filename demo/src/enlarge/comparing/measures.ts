// How alike two pictures are, as papers measure it: PSNR and SSIM on luma, and PSNR on colours.

export interface Strip {
  width: number;
  /** RGBA. */
  data: Uint8ClampedArray;
}

/** What is known of two pictures once all strips are added. */
export interface Likeness {
  /** In dB, on brightness; Infinity where they are the same. */
  psnr: number;
  /** In dB, on red, green and blue. */
  psnrColours: number;
  /** 1 where they are the same; undefined for pictures smaller than what it looks at. */
  ssim: number | undefined;
}

const windowSize = 11;

/** Rows that a strip shares with the one before, so that every window is seen once. */
export const sharedRows = windowSize - 1;

/** A Gaussian of sigma 1.5. */
const weights = normalised(
  Array.from({ length: windowSize }, (_, i) => Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2))),
);

/** Compares two pictures strip by strip, so that they need not be whole in memory. */
export class Comparison {
  #lumaSquares = 0;
  #colourSquares = 0;
  #pixels = 0;
  #similarity = 0;
  #windows = 0;

  /** Adds the next rows; all but the first strip begin with the last `sharedRows` of the one before. */
  add(a: Strip, b: Strip): void {
    const skipped = this.#pixels === 0 ? 0 : sharedRows * a.width;
    const [lumaA, lumaB] = [lumaOf(a), lumaOf(b)];
    for (let i = skipped; i < lumaA.length; ++i) {
      this.#lumaSquares += (lumaA[i]! - lumaB[i]!) ** 2;
      for (let at = 4 * i; at < 4 * i + 3; ++at) {
        this.#colourSquares += (a.data[at]! - b.data[at]!) ** 2;
      }
    }
    this.#pixels += lumaA.length - skipped;
    const { sum, count } = similarity(lumaA, lumaB, a.width);
    this.#similarity += sum;
    this.#windows += count;
  }

  result(): Likeness {
    const decibels = (meanSquare: number) => 10 * Math.log10(255 ** 2 / meanSquare);
    return {
      psnr: decibels(this.#lumaSquares / this.#pixels),
      psnrColours: decibels(this.#colourSquares / (3 * this.#pixels)),
      ssim: this.#windows > 0 ? this.#similarity / this.#windows : undefined,
    };
  }
}

/** BT.601 luma of studio range, rounded as MATLAB's rgb2ycbcr does for bytes. */
function lumaOf({ data }: Strip): Float64Array {
  const luma = new Float64Array(data.length / 4);
  for (let i = 0, at = 0; i < luma.length; ++i, at += 4) {
    const sum = 65.481 * data[at]! + 128.553 * data[at + 1]! + 24.966 * data[at + 2]!;
    luma[i] = Math.floor(16.5 + sum / 255);
  }
  return luma;
}

/**
 * Structural similarity (Wang, Bovik, Sheikh, Simoncelli, IEEE TIP 13(4), 2004) of all windows that lie within two
 * planes of 0..255.
 */
function similarity(a: Float64Array, b: Float64Array, width: number) {
  const mean = (value: (i: number) => number) =>
    blurred(
      Float64Array.from(a, (_, i) => value(i)),
      width,
    );
  const meanA = mean((i) => a[i]!);
  const meanB = mean((i) => b[i]!);
  const squareA = mean((i) => a[i]! ** 2);
  const squareB = mean((i) => b[i]! ** 2);
  const product = mean((i) => a[i]! * b[i]!);
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  let sum = 0;
  for (let i = 0; i < meanA.length; ++i) {
    const [ma, mb] = [meanA[i]!, meanB[i]!];
    const variances = squareA[i]! - ma * ma + squareB[i]! - mb * mb;
    const covariance = product[i]! - ma * mb;
    const luminance = (2 * ma * mb + c1) / (ma * ma + mb * mb + c1);
    sum += (luminance * (2 * covariance + c2)) / (variances + c2);
  }
  return { sum, count: meanA.length };
}

/** The means under the window, at the positions where it fits. */
function blurred(plane: Float64Array, width: number): Float64Array {
  const height = plane.length / width;
  const [across, down] = [width - windowSize + 1, height - windowSize + 1];
  if (across < 1 || down < 1) return new Float64Array(0);
  const rows = weightedSums(plane, height, width, across, 1);
  return weightedSums(rows, down, across, across, across);
}

/** For each of `count` samples in each row, the weighted sum of it and those `step` apart. */
function weightedSums(
  plane: Float64Array,
  rows: number,
  stride: number,
  count: number,
  step: number,
): Float64Array {
  const out = new Float64Array(rows * count);
  for (let y = 0; y < rows; ++y) {
    for (let x = 0; x < count; ++x) {
      let sum = 0;
      for (let k = 0; k < windowSize; ++k) sum += weights[k]! * plane[y * stride + x + k * step]!;
      out[y * count + x] = sum;
    }
  }
  return out;
}

function normalised(values: number[]): number[] {
  const sum = values.reduce((total, value) => total + value);
  return values.map((value) => value / sum);
}
