import type { OptionKind } from '../base/check-options.js';
import { FoveaError, messageOf } from '../base/errors.js';
import { isRecord } from '../base/kinds.js';
import { isIntegrity } from './download.js';
import type { ModelSource } from './source.js';

/** A file of weights: the location that the model names, and where it comes from. */
export interface ExternalDataFile {
  path: string;
  data: ModelSource;
  /** Its hashes, as the option `integrity` has those of the model. */
  integrity?: string | undefined;
}

/** A file of weights as it is read. */
export type WeightsFile = Omit<ExternalDataFile, 'path'>;

/**
 * Files that a model keeps weights in: by the location it names, as a list (where a string is both the
 * location and the address), or a function from location to file. `./w.bin` and `w.bin` are the same.
 */
export type ExternalData =
  | Readonly<Record<string, ModelSource>>
  | readonly (ExternalDataFile | string)[]
  | ((location: string) => ModelSource | undefined | Promise<ModelSource | undefined>);

export const externalDataKind: OptionKind = {
  takes: 'an object of files by their location, a list of {path, data, integrity}, or a function',
  accepts: (value) =>
    typeof value === 'function' || isRecord(value) || (Array.isArray(value) && value.every(isFile)),
};

/** The files as one function. It throws FoveaError InvalidInput where the caller's own throws. */
export function externalFiles(
  given: ExternalData | undefined,
): (location: string) => Promise<WeightsFile | undefined> {
  if (typeof given === 'function') {
    return async (location) => {
      try {
        const data = await given(location);
        return data === undefined ? undefined : { data };
      } catch (cause) {
        const message = `externalData threw for '${location}': ${messageOf(cause)}`;
        throw new FoveaError('InvalidInput', message, { externalData: location }, { cause });
      }
    };
  }
  const files = new Map(entriesOf(given).map((file) => [normalPath(file.path), file]));
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
): ExternalDataFile[] {
  if (!Array.isArray(given)) {
    return Object.entries(given ?? {}).map(([path, data]) => ({ path, data: data as ModelSource }));
  }
  return (given as readonly (ExternalDataFile | string)[]).map((file) =>
    typeof file === 'string' ? { path: file, data: file } : file,
  );
}

function isFile(file: unknown): boolean {
  if (typeof file === 'string') return true;
  if (!isRecord(file) || typeof file.path !== 'string') return false;
  return file.integrity === undefined || isIntegrity(file.integrity);
}
