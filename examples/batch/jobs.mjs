// What a job is.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * @typedef {object} Work what a worker is told
 * @property {string} picture a path
 * @property {string} model a name of `models` of the package
 * @property {import('fovea').SizeOptions} options
 * @property {string} result the file to write
 */

export const queueName = 'fovea-batch';

/** Where the queue is. */
export function connection() {
  const url = process.env.REDIS_URL;
  if (!url) throw new Error('REDIS_URL says no Redis');
  // Workers wait for a Redis that starts again.
  return { url, maxRetriesPerRequest: null };
}

/**
 * The name of a job: the same for the same picture, model and options, another for any others.
 *
 * @param {string} picture a path
 * @param {Buffer} model its digest
 * @param {import('fovea').SizeOptions} options
 */
export async function jobId(picture, model, options) {
  const hash = createHash('sha256')
    .update(model)
    .update(await digest(picture));
  return hash.update(JSON.stringify(options)).digest('hex');
}

/** @param {string | URL} file */
export async function digest(file) {
  return createHash('sha256')
    .update(await readFile(file))
    .digest();
}
