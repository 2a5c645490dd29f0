// Sites that bundlers and frameworks make, with and without a path before them.

import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { expectFileEnlarged } from '../support/enlarging-page.js';
import { serveFolder } from '../support/serve-folder.js';
import { endGroup, enlarged, inPlaces, Project } from './support/project.js';

async function expectEnlarged(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page.locator('output')).toHaveText(/./, { timeout: 60_000 });
  expect(await page.locator('output').textContent()).toBe(enlarged);
}

async function expectServed(page: Page, folder: string, path = ''): Promise<void> {
  const server = await serveFolder(folder);
  try {
    await expectEnlarged(page, server.url + path);
  } finally {
    await server.close();
  }
}

/** examples/next, below a path, as GitHub Pages has sites. */
function nextProject(name: string): Project {
  const project = Project.ofExample(name, 'next');
  const config = readFileSync('examples/next/next.config.mjs', 'utf8');
  project.write('example.config.mjs', config);
  project.write(
    'next.config.mjs',
    `import example from './example.config.mjs';
    const turbopack = { root: ${JSON.stringify(inPlaces(''))} };
    export default { ...example, basePath: '/below', turbopack };`,
  );
  return project;
}

for (const [bundler, ...args] of [['Turbopack'], ['webpack', '--webpack']]) {
  test(`Next.js by ${bundler}: a static site below a path`, async ({ page }) => {
    const project = nextProject(`next-${bundler}`);
    await project.run('next', 'build', ...args);
    cpSync(join(project.folder, 'out'), join(project.folder, 'site/below'), { recursive: true });
    const server = await serveFolder(join(project.folder, 'site'));
    await expectFileEnlarged(page, `${server.url}below/`);
    await server.close();
  });

  test(`Next.js by ${bundler}: developed in StrictMode`, async ({ page }) => {
    const project = nextProject(`next-dev-${bundler}`);
    const argv = ['dev', '--port', '0', ...args];
    const { process, found } = await project.start('next', argv, /Local:\s+(\S+)/);
    try {
      await expectFileEnlarged(page, `${found[1]}/below`);
    } finally {
      endGroup(process);
    }
  });
}

test('Parcel', async ({ page }) => {
  const project = new Project('parcel', ['page.html', 'page.js']);
  await project.run('parcel', 'build', 'page.html', '--dist-dir', 'site', '--no-cache');
  await expectServed(page, join(project.folder, 'site'), 'page.html');
});

test('Rollup, with the files beside what it makes', async ({ page }) => {
  const project = new Project('rollup', ['page.html', 'page.js']);
  const plugin = ['--plugin', '@rollup/plugin-node-resolve'];
  await project.run('rollup', 'page.js', ...plugin, '--format', 'es', '--dir', 'site');
  project.copyPackage('site');
  cpSync(join(project.folder, 'page.html'), join(project.folder, 'site/page.html'));
  await expectServed(page, join(project.folder, 'site'), 'page.html');
});
