// Browser tests run twice, on pages that are cross-origin isolated and on pages that are not, but for those of
// what the page does before an engine computes, and of programs for another library. Both servers serve the whole checkout, so /dist/, /build/demo/ and
// /tests/browser/ are there.

import { defineConfig } from '@playwright/test';
import { chromiumLaunchOptions } from './tools/lib/chromium.mjs';

const isolated = 'http://localhost:4173';
const notIsolated = 'http://localhost:4174';
const elsewhere = 'tests/places/**';

export default defineConfig({
  testDir: 'tests',
  testMatch: '**/*.spec.ts',
  // These have a configuration of their own.
  testIgnore: elsewhere,
  outputDir: 'build/playwright',
  timeout: 120_000,
  workers: 2,
  use: { browserName: 'chromium', launchOptions: chromiumLaunchOptions() },
  projects: [
    { name: 'isolated', use: { baseURL: isolated } },
    {
      name: 'not-isolated',
      testIgnore: [
        elsewhere,
        /(pictures|demo-inputs|demo-profile|emitted|examples|programs)\.spec\.ts$/,
      ],
      use: { baseURL: notIsolated, isolated: false, sharedMemory: false },
    },
  ],
  webServer: [
    { command: 'node tools/serve.mjs --port 4173', url: `${isolated}/package.json` },
    {
      command: 'node tools/serve.mjs --port 4174 --no-isolation',
      url: `${notIsolated}/package.json`,
    },
  ],
});
