// Options as people write them, on command lines and in addresses.

/** Why a text is no value of an option. */
export class ValueError extends Error {
  override name = 'ValueError';
}

/** Reads a text. Throws ValueError for one that is no such value. */
export type ReadValue<T> = (text: string) => T;

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): ReadValue<number> {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new ValueError(`a whole number ${range}, not '${text}'`);
  };
}

/** A number above 0, such as 1.5. */
export const positiveNumber: ReadValue<number> = (text) => {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (value > 0 && value < Infinity) return value;
  throw new ValueError(`a number above 0, not '${text}'`);
};

/** A number from 0, such as 0.1. */
export const nonNegativeNumber: ReadValue<number> = (text) => {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (value < Infinity) return value;
  throw new ValueError(`a number from 0, not '${text}'`);
};

/** One of some words. */
export function word<T extends string>(...words: readonly T[]): ReadValue<T> {
  return (text) => {
    if ((words as readonly string[]).includes(text)) return text as T;
    throw new ValueError(`${words.join(' or ')}, not '${text}'`);
  };
}
