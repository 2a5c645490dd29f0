import { FoveaError } from 'fovea';
import type Sharp from 'sharp';
import { messageOf } from './errors.js';

type SharpFunction = typeof Sharp;

/**
 * The package sharp, which reads and writes files of pictures.
 *
 * @throws FoveaError InvalidInput where it is not installed
 */
export async function loadSharp(): Promise<SharpFunction> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    const message =
      'pictures are read and written by the package sharp, which cannot be loaded: ' +
      'npm install sharp (or npx --package=fovea --package=sharp fovea ...). ' +
      `It said: ${messageOf(cause)}`;
    throw new FoveaError('InvalidInput', message, { package: 'sharp' }, { cause });
  }
}
