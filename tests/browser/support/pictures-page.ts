import type { Page } from '@playwright/test';
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import type {} from './pictures-in-page.js';

let bundled: Promise<string> | undefined;

/** Opens a page that has the sources of web/src/pictures, without the rest of the package. */
export async function openPicturesPage(page: Page): Promise<void> {
  const script = await (bundled ??= bundle());
  await page.route('**/test-data/pictures.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  );
  const body = '<!doctype html><script type="module" src="pictures.js"></script><body></body>';
  await page.route('**/test-data/pictures.html', (route) =>
    route.fulfill({ contentType: 'text/html', body }),
  );
  await page.goto('/test-data/pictures.html');
  await page.waitForFunction(() => window.pictures !== undefined);
}

/** Has a file of this test on the server; its address. */
export async function serveFile(
  page: Page,
  name: string,
  contentType: string,
  body: Buffer,
): Promise<string> {
  const url = `/test-data/${name}`;
  await page.route(`**${url}`, (route) => route.fulfill({ body, contentType }));
  return url;
}

/** As users' bundlers do it: whatever is not there for a browser, such as sharp, must not be asked for. */
async function bundle(): Promise<string> {
  const { outputFiles, warnings } = await build({
    entryPoints: [fileURLToPath(new URL('pictures-in-page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  if (warnings.length > 0) throw new Error(JSON.stringify(warnings));
  return outputFiles[0]!.text;
}
