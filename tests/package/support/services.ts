import type { ChildProcess } from 'node:child_process';
import { expect } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import type { UserProject } from './installed.js';
import { ended, startFovea, told } from './programs.js';

/** A service in a process of its own, on any port. */
export interface Running {
  url: string;
  child: ChildProcess;
}

/** Starts a service with these flags. */
export async function serve(project: UserProject, ...flags: string[]): Promise<Running> {
  const child = startFovea(project, ['serve', '--port', '0', ...flags]);
  child.stdout!.resume();
  const [, url] = await told(child, /fovea serves (\S+)/);
  return { child, url: url! };
}

/** Ends it; gives the exit code. */
export async function stop({ child }: Running): Promise<number | string | null> {
  child.kill('SIGTERM');
  return (await ended(child)).status;
}

/** A picture in which every byte counts. */
export function noise(width: number, height: number, seed = 1): Sharp {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; ++i) data[i] = Math.imul(i + 1, seed * 2654435761) >>> 24;
  return sharp(data, { raw: { width, height, channels: 3 } });
}

export const post = (
  url: string,
  body: BodyInit,
  type = 'image/png',
  query = '',
  signal?: AbortSignal,
) =>
  fetch(`${url}/upscale${query}`, {
    method: 'POST',
    body,
    headers: type ? { 'content-type': type } : {},
    signal: signal ?? null,
  });

/** Asserts that an answer is a problem of RFC 9457; gives its code. */
export async function problemIn(response: Response): Promise<string> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ type: 'about:blank', status: response.status });
  expect(typeof problem.title).toBe('string');
  expect(typeof problem.detail).toBe('string');
  return problem.code as string;
}

/** Waits until the service has that many pictures. */
export async function untilQueued(url: string, length: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${url}/metrics`)).text();
    if (text.includes(`\nfovea_queue_length ${length}\n`)) return;
  }
}
