import { FoveaError, messageOf } from '../base/errors.js';

/** What only some models need, in a script of its own. */
type Remote = typeof import('../remote.js');

let included: Remote | undefined;

/** Has what is in that script done by this module, instead of importing it. */
export function includeRemote(remote: Remote): void {
  included = remote;
}

/** The module that has what pages seldom need. Throws FoveaError EngineLoadError. */
export async function importRemote(): Promise<Remote> {
  if (included) return included;
  try {
    return await import('../remote.js');
  } catch (cause) {
    const message =
      `the package's script remote.js cannot be loaded: ${messageOf(cause)}. The options cache, ` +
      'integrity and decrypt, and downloads that break off, need it next to index.js; where import() is ' +
      'not allowed, as in service workers, import the package as fovea/static';
    throw new FoveaError('EngineLoadError', message, {}, { cause });
  }
}
