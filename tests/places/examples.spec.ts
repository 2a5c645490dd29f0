// Programs of examples/ that frameworks build. Next.js is among the bundlers.

import { join } from 'node:path';
import { test } from '@playwright/test';
import { expectFileEnlarged } from '../support/enlarging-page.js';
import { serveFolder } from '../support/serve-folder.js';
import { endGroup, inPlaces, Project } from './support/project.js';

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
    // Here packages are installed above the project, which Vite does not serve unless told.
    project.write(
      'here.config.js',
      `import example from './vite.config.js';
      const server = { ...example.server, fs: { allow: [${JSON.stringify(inPlaces(''))}] } };
      export default { ...example, server };`,
    );
    const argv = ['--config', 'here.config.js'];
    const { process, found } = await project.start('vite', argv, /Local:\s+(\S+)/);
    try {
      await expectFileEnlarged(page, found[1]!);
    } finally {
      endGroup(process);
    }
  });
}
