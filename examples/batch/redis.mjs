// A Redis of this batch's own.
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/**
 * Starts redis-server for this machine alone, unless the one of an earlier batch still runs. It keeps
 * what it knows in the folder.
 *
 * @param {string} folder
 * @returns {Promise<{url: string, stop: () => Promise<void>}>}
 */
export async function startRedis(folder) {
  await mkdir(folder, { recursive: true });
  const portFile = join(folder, 'port');
  const before = await readFile(portFile, 'utf8').catch(() => '');
  const port = (await answers(before)) ? Number(before) : await freePort();
  if (`${port}` !== before) {
    await spawnRedis(port, folder);
    await writeFile(portFile, `${port}`);
  }
  return { url: `redis://127.0.0.1:${port}`, stop: () => stopRedis(port) };
}

/**
 * @param {number} port
 * @param {string} folder
 */
async function spawnRedis(port, folder) {
  const listening = ['--bind', '127.0.0.1', '--port', `${port}`];
  const keeping = ['--dir', folder, '--appendonly', 'yes', '--save', ''];
  const redis = spawn('redis-server', [...listening, ...keeping], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((ready, fail) => {
    redis.once('error', () => {
      fail(new Error('There is no redis-server: apt-get install redis-server, or set REDIS_URL'));
    });
    redis.once('exit', (code) => fail(new Error(`redis-server ended with ${code}`)));
    redis.stdout.on('data', (text) => {
      if (String(text).includes('Ready to accept connections')) ready(undefined);
    });
  });
}

/** Whether a Redis is there. @param {string} port */
async function answers(port) {
  if (!port) return false;
  const redis = clientOf(Number(port));
  try {
    await redis.connect();
    return (await redis.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

/** @param {number} port */
async function stopRedis(port) {
  const redis = clientOf(port);
  await redis.connect();
  // It answers by going away.
  await redis.shutdown().catch(() => {});
  redis.disconnect();
}

/** @param {number} port */
function clientOf(port) {
  const redis = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => {});
  return redis;
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => done(port));
    });
  });
}
