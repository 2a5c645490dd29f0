// A process that takes jobs until it is told to end. It may be killed at any moment.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { Worker } from 'bullmq';
import { Upscaler } from 'fovea';
import { models } from 'fovea/models';
import { connection, queueName } from './jobs.mjs';

/** Loaded once each. @type {Map<string, Promise<Upscaler>>} */
const upscalers = new Map();

/** @param {string} model */
function upscalerOf(model) {
  const numThreads = Number(process.env.FOVEA_THREADS ?? 1);
  const source = models[/** @type {keyof typeof models} */ (model)];
  const upscaler = upscalers.get(model) ?? Upscaler.create(source, { numThreads });
  upscalers.set(model, upscaler);
  return upscaler;
}

const worker = new Worker(
  queueName,
  async ({ data }) => {
    const { picture, model, options, result } = /** @type {import('./jobs.mjs').Work} */ (data);
    const upscaler = await upscalerOf(model);
    const file = await upscaler.upscale(await readFile(picture), { ...options, output: 'blob' });
    const partial = `${result}.${process.pid}.partial`;
    await writeFile(partial, file.stream());
    await rename(partial, result);
  },
  {
    connection: connection(),
    // A worker renews its lock while it computes. Without that, its job is another's after that long.
    lockDuration: 10_000,
    stalledInterval: 5000,
    maxStalledCount: 10,
  },
);
worker.on('error', (error) => console.error(error.message));
process.once('SIGTERM', () => worker.close().then(() => process.exit()));
// Whoever started it is gone.
process.once('disconnect', () => process.exit());
