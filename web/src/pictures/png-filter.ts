/**
 * Filters rows for PNG's compression: of five filters, the one whose bytes, as signed numbers, have the
 * smallest sum of magnitudes, as the standard advises.
 */
export class RowFilter {
  readonly #pixelBytes: number;
  /** With a pixel of zeros on the left, which filters see there. */
  #above: Uint8Array;
  #row: Uint8Array;

  constructor(rowBytes: number, pixelBytes: number) {
    this.#pixelBytes = pixelBytes;
    this.#above = new Uint8Array(pixelBytes + rowBytes);
    this.#row = new Uint8Array(pixelBytes + rowBytes);
  }

  /** The next row, filtered: the filter's number, then as many bytes as the row has. */
  filter(bytes: Uint8Array): Uint8Array {
    const [row, above] = [this.#row, this.#above];
    row.set(bytes, this.#pixelBytes);
    const filter = smallestOf(sums(row, above, this.#pixelBytes));
    const filtered = new Uint8Array(1 + bytes.length);
    filtered[0] = filter;
    apply(filter, row, above, this.#pixelBytes, filtered);
    [this.#row, this.#above] = [above, row];
    return filtered;
  }
}

/** The sums of magnitudes that the filters None, Sub, Up, Average and Paeth give. */
function sums(row: Uint8Array, above: Uint8Array, back: number): number[] {
  let [none, sub, up, average, paeth] = [0, 0, 0, 0, 0];
  for (let i = back; i < row.length; ++i) {
    const value = row[i]!;
    const a = row[i - back]!;
    const b = above[i]!;
    none += magnitude(value);
    sub += magnitude(value - a);
    up += magnitude(value - b);
    average += magnitude(value - ((a + b) >> 1));
    paeth += magnitude(value - predicted(a, b, above[i - back]!));
  }
  return [none, sub, up, average, paeth];
}

function apply(
  filter: number,
  row: Uint8Array,
  above: Uint8Array,
  back: number,
  into: Uint8Array,
): void {
  for (let i = back; i < row.length; ++i) {
    into[1 + i - back] = row[i]! - prediction(filter, row[i - back]!, above[i]!, above[i - back]!);
  }
}

function prediction(filter: number, a: number, b: number, c: number): number {
  switch (filter) {
    case 1:
      return a;
    case 2:
      return b;
    case 3:
      return (a + b) >> 1;
    case 4:
      return predicted(a, b, c);
    default:
      return 0;
  }
}

/** Paeth's: of left, above and above left, what is nearest to left + above - above left. */
function predicted(a: number, b: number, c: number): number {
  const fromA = Math.abs(b - c);
  const fromB = Math.abs(a - c);
  const fromC = Math.abs(a + b - 2 * c);
  if (fromA <= fromB && fromA <= fromC) return a;
  return fromB <= fromC ? b : c;
}

/** Of a byte of a difference, which wraps around, as a signed one. */
function magnitude(difference: number): number {
  return Math.abs((difference << 24) >> 24);
}

function smallestOf(sums: number[]): number {
  return sums.indexOf(Math.min(...sums));
}
