// Playwright's test, for the tests of the package that run in other browsers as well.

import { placedTest, type Shared } from './place.js';

export { expect } from '@playwright/test';

const chromiumTest = placedTest.extend<object, Shared>({
  sharedPage: [
    async ({ browser }, use, { project }) => {
      const page = await browser.newPage({ baseURL: project.use.baseURL! });
      await use(page);
      await page.close();
    },
    { scope: 'worker' },
  ],
});

/** Set by the configuration of the other browsers. Their drivers are loaded for them alone. */
export const test: typeof chromiumTest = process.env.FOVEA_OTHER_BROWSERS
  ? (await import('../others/test.js')).otherBrowserTest
  : chromiumTest;
