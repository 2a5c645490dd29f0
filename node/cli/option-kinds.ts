// Options that several commands have.

import { InvalidArgumentError, Option } from 'commander';
import { takenAsNetwork } from '../base/networks.js';
import { ValueError, type ReadValue } from '../base/values.js';

/** A value as commander reads it. Its error says what the option takes. */
export function read<T>(readValue: ReadValue<T>): (text: string) => T {
  return (text) => {
    try {
      return readValue(text);
    } catch (error) {
      if (error instanceof ValueError) throw new InvalidArgumentError(`It takes ${error.message}.`);
      throw error;
    }
  };
}

/** An option that is given several times, as NAME=VALUE. */
export function readPairs<T>(
  readValue: ReadValue<T>,
): (text: string, before?: Record<string, T>) => Record<string, T> {
  return (text, before = {}) => {
    const at = text.lastIndexOf('=');
    if (at < 1) throw new InvalidArgumentError(`It takes NAME=VALUE, not '${text}'.`);
    return { ...before, [text.slice(0, at)]: read(readValue)(text.slice(at + 1)) };
  };
}

export const modelOption = () => new Option('-m, --model <network>', takenAsNetwork).default('x2');

export const jsonOption = () => new Option('--json', 'print the result as JSON');
