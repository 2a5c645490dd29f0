// A file server that leaves the machine to the browser: answers come from memory, as they are. The one
// of tools/lib/serve.mjs, made for people, delays a cold start by a tenth.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { json } from 'node:stream/consumers';

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Files that were asked for, by path: they are read once. @type {Map<string, Buffer>} */
const files = new Map();

/**
 * Serves a folder on this machine until the process ends.
 *
 * @param {string} folder
 * @param {(report: unknown) => void} onReport gets what pages post to /reports
 * @returns {Promise<string>} the address of the folder
 */
export async function serveFromMemory(folder, onReport) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/reports') {
      response.end();
      return json(request).then(onReport);
    }
    const path = join(folder, pathname);
    const bytes = files.get(path) ?? readIfThere(path);
    if (!bytes) return response.writeHead(404).end();
    files.set(path, bytes);
    const type = types[extname(pathname)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return `http://localhost:${port}/`;
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
