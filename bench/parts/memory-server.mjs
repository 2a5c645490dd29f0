// A file server that leaves the machine to the browser: answers come from memory, as they are. The one
// of tools/lib/serve.mjs, made for people, delays a cold start by a tenth.

import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { json } from 'node:stream/consumers';

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/**
 * Serves a folder on this machine until the process ends. Files are read once.
 *
 * @param {string} folder
 * @param {(report: object) => void} onReport gets what pages post to /reports
 * @returns {Promise<string>} the address of the folder
 */
export async function serveFromMemory(folder, onReport) {
  const files = new Map();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/reports') {
      response.end();
      return json(request).then(onReport);
    }
    const bytes = files.get(pathname) ?? readIfThere(join(folder, pathname));
    if (!bytes) return response.writeHead(404).end();
    files.set(pathname, bytes);
    const type = types[extname(pathname)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  return `http://localhost:${server.address().port}/`;
}

function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
