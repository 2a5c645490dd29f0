import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { pngOfSize } from './support/bombs.js';
import { installPackage, type UserProject } from './support/installed.js';
import { enlargedByProgram, linkPackages } from './support/programs.js';
import {
  noise,
  post,
  problemIn,
  serve,
  stop,
  untilQueued,
  type Running,
} from './support/services.js';

let project: UserProject;
beforeAll(() => {
  project = installPackage();
  linkPackages(project, 'sharp');
});
afterAll(() => project.remove());

/** Sends bytes as they are and reads until the connection ends. */
function sendRaw(url: string, text: string): Promise<string> {
  const { port, hostname } = new URL(url);
  return new Promise((done) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => done(answer));
  });
}

describe('a service', () => {
  let service: Running;
  beforeAll(async () => {
    const limits = {
      bytes: 200_000,
      pixels: 90_000,
      'result-pixels': 360_000,
      'header-bytes': 4096,
    };
    const flags = Object.entries(limits).flatMap(([name, value]) => [`--max-${name}`, `${value}`]);
    service = await serve(project, ...flags, '--max-receive-milliseconds', '1500');
  });
  afterAll(async () => {
    expect(await stop(service)).toBe(0);
  });

  test('gives what the package gives, as the body or as a form is sent', async () => {
    const png = await noise(30, 20).png().toBuffer();
    project.write('picture.png', png);
    const [expected] = await enlargedByProgram(project, 'x2', ['picture.png']);
    const form = new FormData();
    form.append('whatever', new Blob([png]), '../../../../etc/passwd');
    for (const response of [
      await post(service.url, png),
      await post(service.url, png, 'application/octet-stream'),
      await post(service.url, form, ''),
    ]) {
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('image/png');
      expect(Buffer.from(await response.arrayBuffer()).equals(expected!)).toBe(true);
    }
  });

  test.each([
    ['?scale=1.5', 'png', 45, 30],
    ['?width=100&format=webp', 'webp', 100, 67],
    ['?width=40&height=40&fit=cover&format=jpeg&quality=50', 'jpeg', 40, 40],
  ])('takes %s', async (query, format, width, height) => {
    const response = await post(
      service.url,
      await noise(30, 20).png().toBuffer(),
      'image/png',
      query,
    );
    const file = await sharp(await response.arrayBuffer()).metadata();
    expect(file).toMatchObject({ format, width, height });
  });

  test('answers in the format of the picture, PNG where it does not write that', async () => {
    for (const [format, answer] of [
      ['jpeg', 'image/jpeg'],
      ['webp', 'image/webp'],
      ['tiff', 'image/png'],
      ['gif', 'image/png'],
      ['avif', 'image/png'],
    ] as const) {
      const file = await noise(30, 20).toFormat(format).toBuffer();
      const response = await post(service.url, file, `image/${format}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, answer]);
    }
  });

  test.each<[string, number, string, () => Promise<Response>]>([
    [
      'an unknown option',
      400,
      'InvalidQuery',
      () => post(service.url, 'x', 'image/png', '?size=2'),
    ],
    ['a factor of 0', 400, 'InvalidQuery', () => post(service.url, 'x', 'image/png', '?scale=0')],
    [
      'an option twice',
      400,
      'InvalidQuery',
      () => post(service.url, 'x', 'image/png', '?scale=2&scale=3'),
    ],
    [
      'sizes that contradict',
      400,
      'InvalidQuery',
      () => post(service.url, 'x', 'image/png', '?scale=2&width=9'),
    ],
    ['no body', 400, 'NoPicture', () => post(service.url, '')],
    ['a form without a file', 400, 'InvalidForm', () => post(service.url, formOf('text'), '')],
    [
      'two files',
      400,
      'InvalidForm',
      () => post(service.url, formOf(new Blob(['a']), new Blob(['b'])), ''),
    ],
    [
      'a truncated PNG',
      400,
      'InvalidPicture',
      async () => post(service.url, (await noise(99, 99).png().toBuffer()).subarray(0, 2000)),
    ],
    [
      'a truncated JPEG',
      400,
      'InvalidPicture',
      async () => post(service.url, (await noise(99, 99).jpeg().toBuffer()).subarray(0, 2000)),
    ],
    [
      'the head of a PNG',
      400,
      'InvalidPicture',
      async () => post(service.url, (await noise(9, 9).png().toBuffer()).subarray(0, 20)),
    ],
    ['a text', 415, 'UnknownPicture', () => post(service.url, 'no picture')],
    [
      'an SVG',
      415,
      'UnknownPicture',
      () =>
        post(
          service.url,
          '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
          'image/svg+xml',
        ),
    ],
    ['JSON', 415, 'UnsupportedMediaType', () => post(service.url, '{}', 'application/json')],
    [
      'a file that is too large',
      413,
      'TooManyBytes',
      () => post(service.url, new Uint8Array(200_001)),
    ],
    [
      'a form that is too large',
      413,
      'TooManyBytes',
      () => post(service.url, formOf(new Blob([new Uint8Array(200_001)])), ''),
    ],
    [
      'a decompression bomb',
      413,
      'TooManyPixels',
      () => post(service.url, pngOfSize(60_000, 60_000)),
    ],
    [
      'a result that is too large',
      413,
      'TooManyResultPixels',
      async () =>
        post(service.url, await noise(30, 20).png().toBuffer(), 'image/png', '?width=1000'),
    ],
    ['another path', 404, 'NotFound', () => fetch(`${service.url}/etc/passwd`)],
    ['another method', 405, 'MethodNotAllowed', () => fetch(`${service.url}/upscale`)],
  ])('refuses %s', async (_, status, code, send) => {
    const response = await send();
    expect([response.status, await problemIn(response)]).toEqual([status, code]);
  });

  test('says which bodies there are to whom sends no type, as curl --data-binary does', async () => {
    const response = await post(service.url, 'picture', 'application/x-www-form-urlencoded');
    const { detail } = (await response.json()) as { detail: string };
    expect(detail).toMatch(/Content-Type: image\/jpeg.*multipart\/form-data/);
  });

  test('refuses heads that are too long', async () => {
    const answer = await sendRaw(
      service.url,
      `GET /health HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(5000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 [^]*application\/problem\+json[^]*"status":431/);
  });

  test.each([
    ['head', 'POST /upscale HTTP/1.1\r\nHost: a\r\n'],
    [
      'body',
      'POST /upscale HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 99\r\n\r\nx',
    ],
  ])('lets go of clients whose %s does not come', async (_, text) => {
    const begin = performance.now();
    expect(await sendRaw(service.url, text)).toMatch(/^HTTP\/1\.1 408 [^]*"status":408/);
    expect(performance.now() - begin).toBeLessThan(8000);
    await untilQueued(service.url, 0);
  });

  test('answers what is no HTTP with a problem', async () => {
    expect(await sendRaw(service.url, 'nonsense\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 [^]*"status":400/,
    );
  });

  test('tells how it is, and counts', async () => {
    expect(await (await fetch(`${service.url}/health`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${service.url}/ready`)).json()).toEqual({ status: 'ready' });
    const value = async (name: string) => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      const line = text.split('\n').find((each) => each.startsWith(`${name} `));
      return Number(line?.slice(name.length) ?? 0);
    };
    const ok = 'fovea_requests_total{method="POST",route="/upscale",status="200"}';
    const before = [await value(ok), await value('fovea_pixels_total{of="result"}')];
    await (await post(service.url, await noise(30, 20).png().toBuffer())).arrayBuffer();
    const after = [await value(ok), await value('fovea_pixels_total{of="result"}')];
    expect(after).toEqual([before[0]! + 1, before[1]! + 2400]);
    expect(await value('process_resident_memory_bytes')).toBeGreaterThan(2 ** 24);
    expect(await value('fovea_request_duration_seconds_count{route="/upscale"}')).toBeGreaterThan(
      0,
    );
  });
});

function formOf(...values: (string | Blob)[]): FormData {
  const form = new FormData();
  for (const value of values) form.append('picture', value);
  return form;
}

describe('fovea/serve', () => {
  test('is called by programs', async () => {
    const { createServer } = await import('fovea/serve');
    const server = await createServer({ model: 'x2Fast', maxPixels: 500 });
    const url = await server.listen({ port: 0 });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await post(url, await noise(20, 20).png().toBuffer())).status).toBe(200);
    expect((await post(url, await noise(20, 30).png().toBuffer())).status).toBe(413);
    await server.close();
    await expect(fetch(url)).rejects.toThrow();
  });

  test.each<[object, RegExp]>([
    [{ maxPixel: 5 }, /no option 'maxPixel', only model, threads, onError, maxBytes/],
    [{ maxQueue: 0 }, /'maxQueue' takes a whole number from 1, not 0/],
    [{ model: 'x9' }, /no network and no file 'x9'/],
  ])('refuses %j', async (options, message) => {
    const { createServer } = await import('fovea/serve');
    await expect(createServer(options)).rejects.toThrow(message);
  });
});
