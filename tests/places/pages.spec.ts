// Places in a browser that need no bundler.

import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, type Page, test } from '@playwright/test';
import { serveFolder } from '../support/serve-folder.js';
import { enlarged, inPlaces, Project } from './support/project.js';

async function expectText(page: Page): Promise<void> {
  await expect(page.locator('output')).toHaveText(/./, { timeout: 60_000 });
  expect(await page.locator('output').textContent()).toBe(enlarged);
}

const pageOf = (script: string) => `<!doctype html><title>A page</title><output></output>${script}`;

test("a script tag of another origin, as a CDN's", async ({ page }) => {
  const project = new Project('script-tag', []);
  const cdn = await serveFolder(inPlaces('node_modules/fovea'));
  project.write(
    'index.html',
    pageOf(`<script type="module">
      import * as fovea from '${cdn.url}dist/index.js';
      import { enlarge } from './enlarge.js';
      document.querySelector('output').textContent = await enlarge(fovea).catch(String);
    </script>`),
  );
  const site = await serveFolder(project.folder);
  await page.goto(site.url);
  await expectText(page);
  await Promise.all([cdn.close(), site.close()]);
});

for (const kind of ['Worker', 'SharedWorker']) {
  test(`a ${kind} of the page's own`, async ({ page }) => {
    const project = new Project(`own-${kind}`, ['own-worker.js']);
    project.copyPackage('node_modules/fovea/dist');
    project.write(
      'index.html',
      pageOf(`<script type="module">
        const worker = new ${kind}('./own-worker.js', { type: 'module' });
        (worker.port ?? worker).onmessage = ({ data }) => {
          document.querySelector('output').textContent = data;
        };
      </script>`),
    );
    const site = await serveFolder(project.folder);
    await page.goto(site.url);
    await expectText(page);
    await site.close();
  });
}

test('a page from a file, with all in its script', async ({ page }) => {
  const project = new Project('file', []);
  project.write('index.html', pageOf('<script src="./bundle.js"></script>'));
  project.write(
    'main.js',
    `import * as fovea from 'fovea/static';
    import wasmBinary from 'fovea/wasm/fovea-relaxed.wasm';
    import network from 'fovea/models/fovea-x2-fp16.onnx';
    import { enlarge } from './enlarge.js';
    const options = { wasmBinary, variant: 'relaxed', worker: false };
    enlarge(fovea, network, options).catch(String).then((text) => {
      document.querySelector('output').textContent = text;
    });`,
  );
  await build({
    absWorkingDir: project.folder,
    entryPoints: ['main.js'],
    outfile: join(project.folder, 'bundle.js'),
    bundle: true,
    format: 'iife',
    loader: { '.wasm': 'binary', '.onnx': 'binary' },
    logLevel: 'error',
  });
  await page.goto(`file://${join(project.folder, 'index.html')}`);
  await expectText(page);
});
