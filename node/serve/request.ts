// What is asked for by the address of a request.

import type { SizeOptions } from 'fovea';
import { formatNames, type Format } from '../base/formats.js';
import { positiveNumber, ValueError, wholeNumber, word, type ReadValue } from '../base/values.js';
import { Problem } from './problem.js';

/** What a picture is to become. */
export interface Wish {
  size: SizeOptions;
  /** That of the picture unless given. */
  format: Format | undefined;
  /** 1 to 100. */
  quality: number | undefined;
}

const readers: Readonly<Record<string, ReadValue<number | string>>> = {
  scale: positiveNumber,
  width: wholeNumber(1),
  height: wholeNumber(1),
  fit: word('contain', 'cover', 'fill'),
  format: word(...formatNames),
  quality: wholeNumber(1, 100),
};

/** Reads the query. Throws Problem 400 for what means nothing. */
export function wishOf(query: Readonly<Record<string, string | string[]>>): Wish {
  const values: Record<string, number | string> = {};
  for (const [name, text] of Object.entries(query)) {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (!reader) {
      throw invalid(`there is no '${name}', only ${Object.keys(readers).join(', ')}`);
    }
    if (typeof text !== 'string') throw invalid(`'${name}' is given more than once`);
    values[name] = valueOf(name, text, reader);
  }
  const { format, quality, ...size } = values;
  if ('scale' in size && ('width' in size || 'height' in size)) {
    throw invalid("'scale' and 'width' or 'height' contradict each other: give one");
  }
  return { size, format: format as Format | undefined, quality: quality as number | undefined };
}

function valueOf(name: string, text: string, reader: ReadValue<number | string>) {
  try {
    return reader(text);
  } catch (error) {
    if (error instanceof ValueError) throw invalid(`'${name}' takes ${error.message}`);
    throw error;
  }
}

function invalid(detail: string): Problem {
  return new Problem(400, 'InvalidQuery', detail);
}
