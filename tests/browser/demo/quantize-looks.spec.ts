// Every state of the page that makes models smaller, as axe sees it: light, dark, and on a phone.

import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { makeSmaller, openQuantizer, startButton } from '../support/quantize-page.js';

const states: Record<string, (page: Page) => Promise<unknown>> = {
  start: async (page) => {
    await page.getByText('How it is done').click();
    await page.getByLabel('Chosen', { exact: true }).check();
  },
  error: (page) => startButton(page).click(),
  'work under way': async (page) => {
    await page.getByRole('radio', { name: 'Photo' }).check();
    await page.getByRole('button', { name: 'Take the samples' }).click();
    await expect(page.locator('.thumbs li')).toHaveCount(4);
    await startButton(page).click();
    await expect(page.getByText('Making it smaller …')).toBeVisible();
  },
  made: makeSmaller,
};

const screens = [
  { name: 'desktop', width: 1280, height: 800 },
  { name: 'phone', width: 360, height: 740 },
] as const;

/** Where a person asks for pictures of the page to look at. */
const folder = process.env.FOVEA_SCREENSHOTS;

for (const { name: screen, ...size } of screens) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test.describe(`${screen}, ${colorScheme}`, () => {
      test.use({ viewport: size, colorScheme });
      for (const [state, reach] of Object.entries(states)) {
        test(`${state}: no barriers, no sideways scrolling`, async ({ page }) => {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          await openQuantizer(page);
          await reach(page);
          if (folder) {
            const file = `quantize-${screen}-${colorScheme}-${state.replaceAll(' ', '-')}.png`;
            await page.screenshot({ path: `${folder}/${file}`, fullPage: true });
          }
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(size.width);
          const { violations } = await new AxeBuilder({ page }).analyze();
          expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual(
            [],
          );
        });
      }
    });
  }
}
