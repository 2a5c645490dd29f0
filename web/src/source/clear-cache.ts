import { importRemote } from './remote-script.js';

/** Which cache is meant. */
export interface ClearOptions {
  /** As the option `cache` of whatever read the models: a name, in Node the path of a folder. */
  cache?: true | string | undefined;
}

/**
 * Removes the models that the option `cache` has kept, and nothing else that is in the same place.
 *
 * @throws FoveaError InvalidInput, also where files cannot be removed
 */
export async function clearModelCache(options: ClearOptions = {}): Promise<void> {
  return (await importRemote()).clearCache(options);
}
