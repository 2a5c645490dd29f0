import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { build } from 'esbuild';
import { programs } from './programs/index.js';

/** The programs as a script for a page, which gives `results(LIBRARY, NAME)`. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { programs } from './programs/index.js';
        window.resultOf = async (library, name) => {
          const ort = await import(library);
          return { value: await programs.find((program) => program.name === name).run(ort) };
        };`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0]!.text;
}

const libraries = {
  onnxruntime: '/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs',
  fovea: '/dist/ort.js',
};

declare global {
  interface Window {
    resultOf(library: string, name: string): Promise<{ value: unknown }>;
  }
}

const resultOf = (page: Page, library: keyof typeof libraries, name: string) =>
  page.evaluate(([address, name]) => window.resultOf(address, name), [
    libraries[library],
    name,
  ] as const);

let page: Page;

test.beforeAll(async ({ browser, baseURL }) => {
  page = await browser.newPage({ baseURL: baseURL! });
  const script = await bundled();
  await page.route('**/test-data/programs.*', (route) =>
    route.request().url().endsWith('.js')
      ? route.fulfill({ contentType: 'text/javascript', body: script })
      : route.fulfill({
          contentType: 'text/html',
          body: '<!doctype html><script type="module" src="programs.js"></script>',
        }),
  );
  await page.goto('/test-data/programs.html');
  await page.waitForFunction(() => window.resultOf !== undefined);
});

test.afterAll(() => page.close());

for (const { name, where } of programs) {
  if (!where.includes('page')) continue;
  test(`a program for onnxruntime-web gives the same: ${name}`, async () => {
    const expected = await resultOf(page, 'onnxruntime', name);
    expect(await resultOf(page, 'fovea', name)).toEqual(expected);
  });
}
