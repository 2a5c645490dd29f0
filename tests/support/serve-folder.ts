import { preview, type Plugin } from 'vite';

/**
 * Serves a folder, with these headers, until close().
 *
 * @param onRequest told of every path that is asked for, which is answered once this is done
 */
export async function serveFolder(
  root: string,
  headers: Record<string, string> = {},
  onRequest: (path: string) => unknown = () => {},
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = await preview({
    configFile: false,
    root,
    appType: 'mpa',
    build: { outDir: '.' },
    preview: { port: 0, headers },
    plugins: [watching(onRequest)],
    logLevel: 'error',
  });
  return { url: server.resolvedUrls!.local[0]!, close: () => server.close() };
}

function watching(onRequest: (path: string) => unknown): Plugin {
  return {
    name: 'watching',
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use((request, _response, next) => {
        void Promise.resolve(onRequest(request.url!)).then(() => next());
      });
    },
  };
}
