// The programs of examples/, with the packed package installed.

import { spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { installPackage, type UserProject } from './support/installed.js';
import {
  ended,
  enlargedByProgram,
  linkPackages,
  readUserFile,
  startNode,
} from './support/programs.js';
import { noise, post } from './support/services.js';

let project: UserProject;
beforeAll(() => {
  project = installPackage();
  linkPackages(project, 'sharp', 'fastify', 'bullmq', 'ioredis');
  cpSync('examples', join(project.folder, 'examples'), { recursive: true });
});
afterAll(() => project.remove());

test.each(['server', 'batch', 'node'])('%s names what it needs', (name) => {
  const { dependencies } = JSON.parse(readFileSync(`examples/${name}/package.json`, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const programs = readdirSync(`examples/${name}`).filter((file) => file.endsWith('.mjs'));
  const imported = programs.flatMap((file) =>
    [...readFileSync(`examples/${name}/${file}`, 'utf8').matchAll(/from '([a-z][^':]*)'/g)].map(
      ([, specifier]) => specifier!.split('/')[0],
    ),
  );
  // sharp is what fovea needs there.
  expect(Object.keys(dependencies)).toEqual([...new Set([...imported, 'sharp'])].sort());
});

test('node: a script makes a file of a picture', async () => {
  project.write('photo.jpg', await noise(30, 20).jpeg().toBuffer());
  const run = (...args: string[]) =>
    ended(startNode(project.folder, ['examples/node/enlarge.mjs', ...args]));
  const { status, stderr } = await run('photo.jpg', 'large.webp', '50');
  expect([status, stderr]).toEqual([0, expect.stringMatching(/(\d) of \1 parts\n$/)]);
  const file = await sharp(readUserFile(project, 'large.webp')).metadata();
  expect(file).toMatchObject({ format: 'webp', width: 50, height: 33 });
  expect((await run('photo.jpg', 'large.bmp')).status).toBe(2);
});

describe('server', () => {
  let server: ChildProcess;
  let url: string;
  beforeAll(async () => {
    server = startNode(project.folder, ['examples/server/server.mjs'], { PORT: '0' });
    server.stderr!.resume();
    url = await new Promise((done) => {
      server.stdout!.once('data', (line: Buffer) => done(line.toString().trim()));
    });
  });
  afterAll(async () => {
    server.kill('SIGTERM');
    expect((await ended(server)).status).toBe(0);
  });

  test('enlarges the picture it is sent', async () => {
    const response = await post(url, await noise(30, 20).jpeg().toBuffer(), 'image/jpeg');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    const file = await sharp(await response.arrayBuffer()).metadata();
    expect(file).toMatchObject({ format: 'png', width: 60, height: 40 });
  });

  test('says what is wrong with what is no picture', async () => {
    const response = await post(url, 'no picture');
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toContain('no file of a picture');
  });
});

const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const [count, kills] = process.env.FOVEA_FULL ? [200, 20] : [12, 3];

test('there is a redis-server, which `npm test` installs', () => {
  expect(hasRedis).toBe(true);
});

describe('batch', () => {
  let files: Buffer[];
  beforeAll(async () => {
    files = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        noise(150 + i, 140, i + 1)
          .png()
          .toBuffer(),
      ),
    );
    mkdirSync(join(project.folder, 'in/sub'), { recursive: true });
    files.forEach((file, i) => project.write(nameOf(i), file));
  });

  const nameOf = (i: number) => `in/${i % 2 ? 'sub/' : ''}${i}.png`;
  const start = (...flags: string[]) =>
    startNode(project.folder, [
      'examples/batch/batch.mjs',
      'in',
      'out',
      '--model',
      'x2Fast',
      ...flags,
    ]);

  /** Kills workers at random moments, as many as are wanted; gives how many that were. */
  async function killWorkers(batch: ChildProcess): Promise<number> {
    const alive = new Set<number>();
    batch.stdout!.on('data', (text: Buffer) => {
      for (const [, pid] of text.toString().matchAll(/^worker (\d+)$/gm)) alive.add(Number(pid));
    });
    let killed = 0;
    while (killed < kills && batch.exitCode === null) {
      await new Promise((done) => setTimeout(done, 300 + 500 * Math.random()));
      const [pid] = [...alive].sort(() => Math.random() - 0.5);
      if (pid === undefined) continue;
      alive.delete(pid);
      try {
        process.kill(pid, 'SIGKILL');
        killed += 1;
      } catch {
        // It has ended by itself.
      }
    }
    return killed;
  }

  test(`${count} pictures are all made, as in a row, though ${kills} workers are killed`, async () => {
    const batch = start();
    const [end, killed] = await Promise.all([ended(batch), killWorkers(batch)]);
    expect(end.stderr).toBe('');
    expect(end.stdout.toString()).toContain(`${count} pictures, ${count} to compute`);
    expect(end.stdout.toString()).toContain(`${count} done, 0 failed`);
    expect([end.status, killed]).toEqual([0, kills]);
    const names = files.map((_, i) => nameOf(i));
    const threads = Math.max(1, Math.floor(availableParallelism() / 2));
    const expected = await enlargedByProgram(project, 'x2Fast', names, threads);
    const different = expected.flatMap((file, i) => {
      const name = nameOf(i).replace('in/', 'out/');
      return readUserFile(project, name).equals(file) ? [] : [name];
    });
    expect(different).toEqual([]);
    const left = readdirSync(join(project.folder, 'out/.results'));
    expect(left.filter((name) => name.endsWith('.partial'))).toEqual([]);
  }, 600_000);

  test('the same again computes nothing, be the queue lost and a picture there twice', async () => {
    rmSync(join(project.folder, 'out/.results/redis'), { recursive: true });
    rmSync(join(project.folder, 'out/sub'), { recursive: true });
    project.write('in/again.png', files[0]!);
    const { status, stdout } = await ended(start());
    expect(status).toBe(0);
    expect(stdout.toString()).toBe(
      `${count + 1} pictures, 0 to compute\n${count + 1} done, 0 failed\n`,
    );
    expect(existsSync(join(project.folder, 'out/sub/1.png'))).toBe(true);
    const twice = ['out/again.png', 'out/0.png'].map((name) => readUserFile(project, name));
    expect(twice[0]!.equals(twice[1]!)).toBe(true);
  });

  test('a lost result is made again; a broken picture fails alone', async () => {
    const [lost] = readdirSync(join(project.folder, 'out/.results')).filter((name) =>
      name.endsWith('.png'),
    );
    rmSync(join(project.folder, 'out/.results', lost!));
    project.write('in/broken.png', files[0]!.subarray(0, 500));
    const { status, stdout, stderr } = await ended(start('--workers', '1'));
    expect(stdout.toString()).toMatch(/, 2 to compute\n[^]*1 failed\n$/);
    expect(stderr).toMatch(/broken\.png: the picture cannot be read/);
    expect(status).toBe(1);
    expect(existsSync(join(project.folder, 'out/.results', lost!))).toBe(true);
  });
});
