// A static file server for the demo, the browser tests and the benchmark.

import { preview } from 'vite';

/**
 * Serves a folder on this machine until the process ends.
 *
 * @param {string} folder
 * @param {{port: number, isolated?: boolean}} options `port`: the next free one is taken where it is
 *   in use; `isolated`: whether pages are cross-origin isolated, which threads need
 * @returns {Promise<string>} the address of the folder
 */
export async function serve(folder, { port, isolated = true }) {
  const server = await preview({
    configFile: false,
    root: folder,
    // 'mpa': a missing file is a 404, not the index page.
    appType: 'mpa',
    build: { outDir: '.' },
    preview: { port },
    plugins: isolated ? [isolation] : [],
    logLevel: 'error',
  });
  const address = server.resolvedUrls?.local[0];
  if (address === undefined) throw new Error(`The server of ${folder} has no address`);
  return address;
}

/**
 * Gives all answers the headers, where Vite's own option leaves out 304 (not modified): WebKit takes no worker's
 * script from its cache without them.
 *
 * @type {import('vite').Plugin}
 */
const isolation = {
  name: 'isolation',
  configurePreviewServer: ({ middlewares }) => {
    middlewares.use((_request, response, next) => {
      for (const [name, value] of Object.entries(isolationHeaders)) response.setHeader(name, value);
      next();
    });
  },
};

const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
