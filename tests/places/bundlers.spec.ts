// Sites that bundlers and frameworks make, with and without a path before them.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { endGroup, enlarged, Project, serveFolder } from './support/project.js';

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

for (const [bundler, ...args] of [['Turbopack'], ['webpack', '--webpack']]) {
  test(`Next.js by ${bundler}: a static site below a path`, async ({ page }) => {
    const project = new Project(`next-${bundler}`, ['next']);
    await project.run('next', 'build', ...args);
    cpSync(join(project.folder, 'out'), join(project.folder, 'site/below'), { recursive: true });
    await expectServed(page, join(project.folder, 'site'), 'below/');
  });

  test(`Next.js by ${bundler}: developed in StrictMode`, async ({ page }) => {
    const project = new Project(`next-dev-${bundler}`, ['next']);
    const argv = ['dev', '--port', '0', ...args];
    const { process, found } = await project.start('next', argv, /Local:\s+(\S+)/);
    try {
      await expectEnlarged(page, `${found[1]}/below`);
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
