// Plain JavaScript passes anything. An option that is misspelt or has no meaning here is an error and
// not a silence.

import { FoveaError } from './errors.js';
import { bytesIn, described, isRecord, isSignal, isUrl } from './kinds.js';

/** What an option takes: a test, and in words. */
export interface OptionKind {
  takes: string;
  accepts: (value: unknown) => boolean;
}

/** What every option of an interface takes. */
export type OptionKinds<Options> = { [Name in keyof Required<Options>]: OptionKind };

/**
 * Options after a check of all their names and values; undefined values count as not given.
 *
 * @param place what the options are given to, for messages
 * @throws FoveaError InvalidInput, with the `option`
 */
export function checkOptions<Options extends object>(
  options: unknown,
  place: string,
  kinds: OptionKinds<Options>,
): Options {
  if (!isRecord(options))
    throw invalid(`${place} takes options as an object, not ${described(options)}`);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(kinds, name));
  if (unknown !== undefined) {
    const known = Object.keys(kinds).join(', ');
    throw invalid(`${place} has no option '${unknown}', only ${known}`, unknown);
  }
  for (const [name, { takes, accepts }] of Object.entries<OptionKind>(kinds)) {
    const value = options[name];
    if (value === undefined || accepts(value)) continue;
    throw invalid(`the option '${name}' of ${place} takes ${takes}, not ${described(value)}`, name);
  }
  return options as Options;
}

/** One of some words or numbers. */
export function oneOf(...choices: readonly (string | number | boolean)[]): OptionKind {
  const written = choices.map((choice) =>
    typeof choice === 'string' ? `'${choice}'` : `${choice}`,
  );
  return {
    takes: written.join(' or '),
    accepts: (value) => (choices as readonly unknown[]).includes(value),
  };
}

/** A whole number, `least` at least. */
export function wholeFrom(least: number): OptionKind {
  return {
    takes: `a whole number from ${least}`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least,
  };
}

export const yesOrNo = oneOf(true, false);

export const callback: OptionKind = {
  takes: 'a function',
  accepts: (value) => typeof value === 'function',
};

export const text: OptionKind = {
  takes: 'a string',
  accepts: (value) => typeof value === 'string',
};

export const address: OptionKind = {
  takes: 'a URL',
  accepts: (value) => typeof value === 'string' || isUrl(value),
};

export const bytes: OptionKind = {
  takes: 'an ArrayBuffer or a view of one',
  accepts: (value) => bytesIn(value) !== undefined,
};

export const abortSignal: OptionKind = { takes: 'an AbortSignal', accepts: isSignal };

export const texts: OptionKind = {
  takes: 'an array of strings',
  accepts: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
};

function invalid(message: string, option?: string): FoveaError {
  return new FoveaError('InvalidInput', message, option === undefined ? {} : { option });
}
