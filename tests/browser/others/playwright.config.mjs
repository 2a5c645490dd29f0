// The tests of the package in Firefox and WebKitGTK: node_modules/.bin/playwright test -c tests/browser/others

import { defineConfig } from '@playwright/test';
import { firefoxProgram, webkitPrograms } from '../../../tools/lib/other-browsers.mjs';
import { projectDir } from '../../../tools/lib/project.mjs';

// Read by tests/browser/support/test.ts in the processes that run tests.
process.env.FOVEA_OTHER_BROWSERS = 'true';

const port = Number(process.env.FOVEA_TEST_PORT ?? 4173) + 2;
const isolated = `http://localhost:${port}`;

export default defineConfig({
  testDir: '../..',
  testMatch: [
    /browser\/(variants|start|failures|places|policy|downloads|custom-operators)\.spec\.ts$/,
    /browser\/([a-z]+-)?pictures\.spec\.ts$/,
    /browser\/demo-smoke\.spec\.ts$/,
    /ort\/(page|programs)\.spec\.ts$/,
  ],
  outputDir: '../../../build/playwright-others',
  timeout: 120_000,
  workers: 2,
  use: { baseURL: isolated, wideColours: false, roundsAlpha: true },
  projects: [
    { name: 'firefox', use: { engine: { name: 'firefox', program: firefoxProgram() } } },
    {
      name: 'webkit',
      use: {
        engine: { name: 'webkit', program: webkitPrograms() },
        sharedMemory: false,
        relaxedSimd: false,
        encodesWebp: false,
      },
    },
  ],
  webServer: [
    {
      command: `node tools/serve.mjs --port ${port}`,
      cwd: projectDir,
      url: `${isolated}/package.json`,
    },
  ],
});
