import { preview } from 'vite';

/** Serves a folder, with these headers, until close(). */
export async function serveFolder(
  root: string,
  headers: Record<string, string> = {},
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = await preview({
    configFile: false,
    root,
    appType: 'mpa',
    build: { outDir: '.' },
    preview: { port: 0, headers },
    logLevel: 'error',
  });
  return { url: server.resolvedUrls!.local[0]!, close: () => server.close() };
}
