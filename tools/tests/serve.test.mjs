import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';

const coep = 'cross-origin-embedder-policy';

/** @param {import('node:test').TestContext} context @param {string[]} options */
async function serveFile(context, ...options) {
  const argv = ['tools/serve.mjs', ...options];
  const server = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => server.kill());
  const [address] = await once(server.stdout, 'data');
  return new URL('package.json', String(address).trim());
}

test('files, and answers that they are the same as before, are for isolated pages', async (context) => {
  const file = await serveFile(context, '--port', '4191');
  const first = await fetch(file);
  const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
  const again = await fetch(file, { headers });
  assert.deepEqual([first.status, first.headers.get(coep)], [200, 'require-corp']);
  assert.deepEqual([again.status, again.headers.get(coep)], [304, 'require-corp']);
});

test('files are not for isolated pages where that is not wanted', async (context) => {
  const file = await serveFile(context, '--port', '4193', '--no-isolation');
  assert.equal((await fetch(file)).headers.get(coep), null);
});
