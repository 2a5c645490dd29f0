// Browser tests run twice, on pages that are cross-origin isolated and on pages that are not, but for those of
// what the page does before an engine computes, and of programs for another library. Both servers serve the whole
// checkout, so /dist/, /build/demo/ and /tests/browser/ are there. Two checkouts are tested side by side with
// another FOVEA_TEST_PORT for one of them.

import { defineConfig } from '@playwright/test';
import { chromiumLaunchOptions } from './tools/lib/chromium.mjs';

const launchOptions = chromiumLaunchOptions();
// A camera of the browser's own, which shows a clock.
launchOptions.args.push('--use-fake-device-for-media-stream');

const port = Number(process.env.FOVEA_TEST_PORT ?? 4173);
const isolated = `http://localhost:${port}`;
const notIsolated = `http://localhost:${port + 1}`;
const elsewhere = 'tests/places/**';

export default defineConfig({
  testDir: 'tests',
  testMatch: '**/*.spec.ts',
  // These have a configuration of their own.
  testIgnore: elsewhere,
  outputDir: 'build/playwright',
  timeout: 120_000,
  workers: 2,
  use: {
    browserName: 'chromium',
    launchOptions,
    // The demo's would isolate pages that are not, and reload them. Tests of service workers allow them.
    serviceWorkers: 'block',
  },
  projects: [
    { name: 'isolated', use: { baseURL: isolated } },
    {
      name: 'not-isolated',
      testIgnore: [
        elsewhere,
        /browser\/demo\/(?!start)/,
        /(pictures|emitted|examples|programs)\.spec\.ts$/,
      ],
      use: { baseURL: notIsolated, isolated: false, sharedMemory: false },
    },
  ],
  webServer: [
    { command: `node tools/serve.mjs --port ${port}`, url: `${isolated}/package.json` },
    {
      command: `node tools/serve.mjs --port ${port + 1} --no-isolation`,
      url: `${notIsolated}/package.json`,
    },
  ],
});
