// Tests of places: each builds a user's project and runs it where that runs.
// npm test -- places, or npx playwright test --config tests/places [--grep PLACE] when all is set up.

import { defineConfig } from '@playwright/test';
import { chromiumLaunchOptions } from '../../tools/lib/chromium.mjs';
import { placesDir } from '../../tools/lib/places.mjs';

// For the tests, which are no scripts of tools/.
process.env.FOVEA_PLACES = placesDir;

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: '../../build/playwright-places',
  globalSetup: './support/install.ts',
  timeout: 240_000,
  workers: 2,
  use: { browserName: 'chromium', launchOptions: chromiumLaunchOptions() },
});
