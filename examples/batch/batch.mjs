// node batch.mjs IN OUT [--workers N] [--model x2] [--scale S]
// Enlarges all pictures below IN to PNGs below OUT. Start it again and it goes on.
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, readdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Queue } from 'bullmq';
import { models } from 'fovea/models';
import { connection, digest, jobId, queueName } from './jobs.mjs';
import { startRedis } from './redis.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    workers: { type: 'string', default: '2' },
    model: { type: 'string', default: 'x2' },
    scale: { type: 'string' },
  },
});
const [from, to] = positionals.map((folder) => resolve(folder));
const count = Number(values.workers);
const model = models[/** @type {keyof typeof models} */ (values.model)];
if (!from || !to || !Number.isInteger(count) || !model) {
  console.error('node batch.mjs IN OUT [--workers N] [--model x2] [--scale S]');
  process.exit(2);
}
const options = values.scale ? { scale: Number(values.scale) } : {};
const results = join(to, '.results');
await mkdir(results, { recursive: true });

const redis = process.env.REDIS_URL ? undefined : await startRedis(join(results, 'redis'));
if (redis) process.env.REDIS_URL = redis.url;
const queue = new Queue(queueName, { connection: connection() });

const jobs = await findJobs();
const missing = new Map(
  jobs.filter(({ result }) => !existsSync(result)).map((job) => [job.id, job]),
);
console.log(`${jobs.length} pictures, ${missing.size} to compute`);
for (const { id, picture, result } of missing.values()) {
  await enqueue(id, { picture, model: values.model, options, result });
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const workers = new Set();
let isDone = missing.size === 0;
for (let i = 0; !isDone && i < count; ++i) startWorker();
while (!isDone) {
  await sleep(200);
  isDone = (await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized')) === 0;
}
for (const worker of workers) worker.kill();

const failed = await placeResults();
console.log(`${jobs.length - failed} done, ${failed} failed`);
await queue.close();
await redis?.stop();
process.exitCode = failed > 0 ? 1 : 0;

/** One picture after the other: there may be more than memory holds. */
async function findJobs() {
  const endings = ['.avif', '.gif', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp'];
  const modelDigest = await digest(model);
  const found = [];
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !endings.includes(extname(entry.name).toLowerCase())) continue;
    const picture = join(entry.parentPath, entry.name);
    const id = await jobId(picture, modelDigest, options);
    found.push({ id, picture, result: join(results, `${id}.png`) });
  }
  return found;
}

/**
 * A job that waits stays as it is. One that has failed is tried again, as is one whose result is gone.
 *
 * @param {string} id
 * @param {import('./jobs.mjs').Work} work
 */
async function enqueue(id, work) {
  const job = await queue.getJob(id);
  if (job && ((await job.isFailed()) || (await job.isCompleted()))) await job.remove();
  await queue.add('upscale', work, { jobId: id });
}

/** A worker that dies has a successor. All end with this process. */
function startWorker() {
  const threads = Math.max(1, Math.floor(availableParallelism() / count));
  const worker = fork(fileURLToPath(new URL('./worker.mjs', import.meta.url)), {
    env: { FOVEA_THREADS: `${threads}`, ...process.env },
  });
  workers.add(worker);
  console.log(`worker ${worker.pid}`);
  worker.once('exit', () => {
    workers.delete(worker);
    if (!isDone) startWorker();
  });
}

/** Gives results their names; tells how many there are not. */
async function placeResults() {
  let failed = 0;
  for (const { id, picture, result } of jobs) {
    if (existsSync(result)) {
      const path = relative(from, picture);
      await place(result, join(to, /\.png$/i.test(path) ? path : `${path}.png`));
    } else {
      failed += 1;
      const job = await queue.getJob(id);
      console.error(`${picture}: ${job?.failedReason ?? 'its job is gone'}`);
    }
  }
  const partial = (await readdir(results)).filter((name) => name.endsWith('.partial'));
  for (const name of partial) await rm(join(results, name), { force: true });
  return failed;
}

/**
 * The same file under another name where the disk can do that, else a copy.
 *
 * @param {string} result
 * @param {string} name
 */
async function place(result, name) {
  await mkdir(dirname(name), { recursive: true });
  await rm(name, { force: true });
  await link(result, name).catch(() => copyFile(result, name));
}
