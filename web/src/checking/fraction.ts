/** A number as a quotient of whole ones in lowest terms; the denominator is positive. */
export interface Fraction {
  readonly over: number;
  readonly under: number;
}

export function fraction(over: number, under = 1): Fraction {
  const common = divisor(over, under) * Math.sign(under);
  return { over: over / common, under: under / common };
}

export function plus(a: Fraction, b: Fraction): Fraction {
  return fraction(a.over * b.under + b.over * a.under, a.under * b.under);
}

export function times(a: Fraction, b: Fraction): Fraction {
  return fraction(a.over * b.over, a.under * b.under);
}

/** The greatest common divisor; positive unless both are 0. */
export function divisor(a: number, b: number): number {
  let [larger, smaller] = [Math.abs(a), Math.abs(b)];
  while (smaller > 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
