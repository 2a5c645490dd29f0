import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { expect, test } from '../browser/support/test.js';
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

test.beforeAll(async ({ sharedPage: page }) => {
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

for (const { name, where } of programs) {
  if (!where.includes('page')) continue;
  test(`a program for onnxruntime-web gives the same: ${name}`, async ({ sharedPage: page }) => {
    const expected = await resultOf(page, 'onnxruntime', name);
    expect(await resultOf(page, 'fovea', name)).toEqual(expected);
  });
}
