import { existsSync } from 'node:fs';
import { FoveaError, type ModelSource } from 'fovea';
import { models } from 'fovea/models';

/** The names of the package's own networks. */
export const networkNames: readonly string[] = Object.keys(models);

/** What `--model` takes, for helps and messages. */
export const takenAsNetwork = `${networkNames.join(', ')}, a path or a URL`;

/**
 * What a name, a path or a URL stands for. A name of the package's comes first; a file that is called so
 * is `./x2`.
 *
 * @throws FoveaError InvalidInput for a word that is neither a network nor a file
 */
export function networkSource(given: string): ModelSource {
  if (isNetworkName(given)) return models[given];
  if (/[/\\.:]/.test(given) || existsSync(given)) return given;
  const message = `there is no network and no file '${given}'; taken are ${takenAsNetwork}`;
  throw new FoveaError('InvalidInput', message, { option: 'model' });
}

function isNetworkName(given: string): given is keyof typeof models {
  return networkNames.includes(given);
}
