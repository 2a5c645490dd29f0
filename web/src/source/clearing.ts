import { checkOptions, type OptionKinds } from '../base/check-options.js';
import { FoveaError, messageOf } from '../base/errors.js';
import { openCache } from './cache.js';
import type { ClearOptions } from './clear-cache.js';

const clearOptionKinds: OptionKinds<ClearOptions> = {
  cache: {
    takes: 'true, a name, or in Node the path of a folder',
    accepts: (value) => value === true || (typeof value === 'string' && value !== ''),
  },
};

/** As clearModelCache(). */
export async function clearCache(options: ClearOptions): Promise<void> {
  const { cache = true } = checkOptions(options, 'clearModelCache()', clearOptionKinds);
  try {
    await (await openCache(cache))?.clear();
  } catch (cause) {
    const message = `the cache of models cannot be cleared: ${messageOf(cause)}`;
    throw new FoveaError('InvalidInput', message, { option: 'cache' }, { cause });
  }
}
