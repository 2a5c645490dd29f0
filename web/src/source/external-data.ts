import type { OptionKind } from '../base/check-options.js';
import { FoveaError, messageOf } from '../base/errors.js';
import { isRecord } from '../base/kinds.js';
import type { ModelSource } from './source.js';

/** A file of weights: the location that the model names, and where it comes from. */
export interface ExternalDataFile {
  path: string;
  data: ModelSource;
}

/**
 * Files that a model keeps weights in: by the location it names, as a list (where a string is both the
 * location and the address), or a function from location to file. `./w.bin` and `w.bin` are the same.
 */
export type ExternalData =
  | Readonly<Record<string, ModelSource>>
  | readonly (ExternalDataFile | string)[]
  | ((location: string) => ModelSource | undefined | Promise<ModelSource | undefined>);

export const externalDataKind: OptionKind = {
  takes: 'an object of files by their location, a list of {path, data}, or a function',
  accepts: (value) =>
    typeof value === 'function' || isRecord(value) || (Array.isArray(value) && value.every(isFile)),
};

/** The files as one function. It throws FoveaError InvalidInput where the caller's own throws. */
export function externalFiles(
  given: ExternalData | undefined,
): (location: string) => Promise<ModelSource | undefined> {
  if (typeof given === 'function') {
    return async (location) => {
      try {
        return await given(location);
      } catch (cause) {
        const message = `externalData threw for '${location}': ${messageOf(cause)}`;
        throw new FoveaError('InvalidInput', message, { externalData: location }, { cause });
      }
    };
  }
  const files = new Map(entriesOf(given).map(([path, data]) => [normalPath(path), data]));
  return async (location) => files.get(normalPath(location));
}

/** A relative path without the steps that go nowhere. */
export function normalPath(path: string): string {
  return path
    .split('/')
    .filter((step, index) => step !== '.' && (step !== '' || index === 0))
    .join('/');
}

function entriesOf(
  given: Exclude<ExternalData, (location: string) => unknown> | undefined,
): (readonly [string, ModelSource])[] {
  if (!Array.isArray(given)) return Object.entries(given ?? {});
  return (given as readonly (ExternalDataFile | string)[]).map((file) =>
    typeof file === 'string' ? [file, file] : [file.path, file.data],
  );
}

function isFile(file: unknown): boolean {
  return typeof file === 'string' || (isRecord(file) && typeof file.path === 'string');
}
