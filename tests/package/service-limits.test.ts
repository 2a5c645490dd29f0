import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { installPackage, type UserProject } from './support/installed.js';
import { ended, linkPackages, startFovea, told } from './support/programs.js';
import { noise, post, problemIn, serve, stop, untilQueued } from './support/services.js';

let project: UserProject;
beforeAll(() => {
  project = installPackage();
  linkPackages(project, 'sharp');
});
afterAll(() => project.remove());

test('what is more than the queue holds is told to come back, and the rest is right', async () => {
  const service = await serve(project, '--max-queue', '3', '--model', 'x2Fast');
  const png = await noise(300, 200).png().toBuffer();
  const alone = hashOf(await (await post(service.url, png)).arrayBuffer());
  const responses = await Promise.all(Array.from({ length: 12 }, () => post(service.url, png)));
  const busy = responses.filter(({ status }) => status === 503);
  const done = responses.filter(({ status }) => status === 200);
  expect(busy.length + done.length).toBe(12);
  expect(busy.length).toBeGreaterThan(0);
  expect(done.length).toBeGreaterThan(0);
  for (const response of busy) {
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await problemIn(response)).toBe('QueueFull');
  }
  for (const response of done) expect(hashOf(await response.arrayBuffer())).toBe(alone);
  expect(await stop(service)).toBe(0);
});

test('a picture is given up when its time is over, and when its client leaves', async () => {
  const service = await serve(
    project,
    '--max-milliseconds',
    // Much more than the small picture takes on a busy machine, much less than the large one.
    '4000',
    '--max-result-pixels',
    '400000000',
    '--model',
    'x4',
    '--threads',
    '1',
  );
  const large = await noise(4400, 4400).jpeg().toBuffer();
  const late = await post(service.url, large, 'image/jpeg');
  expect([late.status, await problemIn(late)]).toEqual([503, 'TooSlow']);
  const leaving = new AbortController();
  const left = post(service.url, large, 'image/jpeg', '', leaving.signal);
  setTimeout(() => leaving.abort(), 100);
  await expect(left).rejects.toThrow();
  // Its place and the engine are free again.
  const small = await post(service.url, await noise(20, 20).png().toBuffer());
  expect(small.status).toBe(200);
  expect(await stop(service)).toBe(0);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends it after the picture under way',
  async (signal) => {
    const service = await serve(project, '--model', 'x2', '--threads', '1');
    const png = await noise(1500, 1500).png().toBuffer();
    const answer = post(service.url, png);
    await untilQueued(service.url, 1);
    service.child.kill(signal);
    const ending = ended(service.child);
    const response = await answer;
    expect([response.status, response.headers.get('connection')]).toEqual([200, 'close']);
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(1000);
    expect((await ending).status).toBe(0);
    await expect(fetch(`${service.url}/health`)).rejects.toThrow();
  },
);

test('others than this machine are warned of', async () => {
  const child = startFovea(project, ['serve', '--port', '0', '--host', '0.0.0.0']);
  await told(child, /Others than this machine can reach the service[^]*fovea serves/);
  child.kill('SIGTERM');
  expect((await ended(child)).status).toBe(0);
});

test('a port in use is an error', async () => {
  const service = await serve(project);
  const { port } = new URL(service.url);
  const second = await ended(startFovea(project, ['serve', '--port', port]));
  expect(second.status).toBe(1);
  expect(second.stderr).toContain('EADDRINUSE');
  expect(await stop(service)).toBe(0);
});

/** The memory of so few as of every day has not yet settled. */
const [count, together, growth] = process.env.FOVEA_FULL ? [2000, 200, 1.2] : [100, 20, 1.5];

test(`${count} requests, ${together} at a time, are answered as one alone, in bounded memory`, async () => {
  const service = await serve(
    project,
    '--max-queue',
    `${together}`,
    '--max-milliseconds',
    '600000',
  );
  const files = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      noise(40 + 3 * i, 50 - 2 * i, i + 1)
        .png()
        .toBuffer(),
    ),
  );
  const alone: string[] = [];
  for (const file of files) alone.push(hashOf(await (await post(service.url, file)).arrayBuffer()));
  const answers: string[] = [];
  let next = 0;
  let early = 0;
  const client = async () => {
    while (next < count) {
      const i = next++;
      const response = await post(service.url, files[i % files.length]!);
      answers[i] = response.ok ? hashOf(await response.arrayBuffer()) : `${response.status}`;
      if (i + 1 === Math.min(200, count / 2)) early = await residentMemory(service.url);
    }
  };
  await Promise.all(Array.from({ length: together }, client));
  expect(answers).toEqual(Array.from({ length: count }, (_, i) => alone[i % files.length]));
  expect(await residentMemory(service.url)).toBeLessThanOrEqual(growth * early);
  expect(await stop(service)).toBe(0);
}, 600_000);

async function residentMemory(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)![1]);
}

function hashOf(bytes: ArrayBuffer): string {
  return createHash('sha256').update(new Uint8Array(bytes)).digest('hex');
}
