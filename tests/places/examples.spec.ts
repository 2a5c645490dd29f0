// Programs of examples/ that frameworks build. Next.js is among the bundlers.

import { join } from 'node:path';
import { test } from '@playwright/test';
import { expectFileEnlarged } from '../support/enlarging-page.js';
import { endGroup, Project, serveFolder } from './support/project.js';

for (const example of ['react', 'vue']) {
  test(`examples/${example}: built by Vite`, async ({ page }) => {
    const project = Project.ofExample(`example-${example}`, example);
    await project.run('vite', 'build');
    const server = await serveFolder(join(project.folder, 'dist'));
    await expectFileEnlarged(page, server.url);
    await server.close();
  });

  test(`examples/${example}: developed with Vite`, async ({ page }) => {
    const project = Project.ofExample(`example-dev-${example}`, example);
    const { process, found } = await project.start('vite', [], /Local:\s+(\S+)/);
    try {
      await expectFileEnlarged(page, found[1]!);
    } finally {
      endGroup(process);
    }
  });
}
