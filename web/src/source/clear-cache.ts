import { checkOptions, type OptionKinds } from '../base/check-options.js';
import { FoveaError, messageOf } from '../base/errors.js';
import { importRemote } from './remote-script.js';

/** Which cache is meant. */
export interface ClearOptions {
  /** As the option `cache` of whatever read the models: a name, in Node the path of a folder. */
  cache?: boolean | string | undefined;
}

const clearOptionKinds: OptionKinds<ClearOptions> = {
  cache: {
    takes: 'true, a name, or in Node the path of a folder',
    accepts: (value) => value === true || (typeof value === 'string' && value !== ''),
  },
};

/**
 * Removes the models that the option `cache` has kept, and nothing else that is in the same place.
 *
 * @throws FoveaError InvalidInput, also where files cannot be removed
 */
export async function clearModelCache(options: ClearOptions = {}): Promise<void> {
  const { cache } = checkOptions(options, 'clearModelCache()', clearOptionKinds);
  const { clearCache } = await importRemote();
  try {
    await clearCache((cache as string | true | undefined) ?? true);
  } catch (cause) {
    const message = `the cache of models cannot be cleared: ${messageOf(cause)}`;
    throw new FoveaError('InvalidInput', message, { option: 'cache' }, { cause });
  }
}
