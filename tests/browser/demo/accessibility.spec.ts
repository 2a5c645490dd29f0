// Every state, as axe sees it, in light and dark; on a phone; with what people set in their system.

import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { encodePng, whitePicture } from '../../support/pictures.js';
import { expectSize, openDemo, pickPicture, pngFile } from '../support/demo-page.js';

/** Fails where axe finds what keeps people out. */
async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
}

const states: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  'the result': () => Promise.resolve(),
  'side by side': (page) => page.getByLabel('Side by side').check(),
  'the magnifier': (page) => page.getByLabel('Magnifier').check(),
  'the difference': (page) => page.getByLabel('Difference', { exact: true }).check(),
  'an error': (page) => pickPicture(page, pngFile(Buffer.from('no picture'))),
  'work under way': (page) => pickPicture(page, pngFile(encodePng(whitePicture(3000, 2400)))),
  'a batch': (page) => {
    const file = pngFile(encodePng(whitePicture(20, 10)));
    return pickPicture(page, file, { ...file, name: 'other.png' });
  },
  'all that can be opened': async (page) => {
    await page.getByLabel('A model on the web').check();
    await page.getByRole('radio', { name: 'Photo' }).check();
    await page.getByLabel('Pixels', { exact: true }).check();
    await page.getByLabel('Width in pixels').fill('500');
    await page.getByLabel('Height in pixels').fill('500');
    await page.getByLabel('File format').selectOption('JPEG');
    await expectSize(page, 500, 334);
    for (const title of ['About this result', 'Where the time goes', 'About this browser']) {
      await page.getByText(title).click();
    }
    await expect(page.locator('#profile tbody tr')).not.toHaveCount(0);
  },
  'a reference': async (page) => {
    await page.getByLabel('Compare with').selectOption('A picture of mine …');
    await page.setInputFiles('#baseline-file', 'demo/public/samples/sample.png');
    await expect(page.locator('.measured')).toBeVisible();
  },
};

for (const [state, show] of Object.entries(states)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${state}, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await openDemo(page);
      await show(page);
      await expectAccessible(page);
    });
  }

  test(`${state}, on a phone`, async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await openDemo(page);
    await show(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await expectAccessible(page);
  });
}

test('all is reached by keys, in the order in which it is seen', async ({ page }) => {
  await openDemo(page);
  const names: string[] = [];
  for (let i = 0; i < 22; ++i) {
    await page.keyboard.press('Tab');
    names.push(
      await page.evaluate(() => {
        const { activeElement } = document;
        const { labels } = activeElement as HTMLInputElement;
        const label = activeElement?.getAttribute('aria-label') ?? labels?.[0]?.textContent;
        return (label ?? activeElement?.textContent ?? '').trim();
      }),
    );
  }
  const order = [
    ...['Pictures', 'Divider', 'Compare with', 'Picture. Arrow keys', 'Divider: how much'],
    ...['Zoom out', 'File format', 'Copy', 'Save as PNG', 'Choose pictures', 'A whole folder'],
    ...['The sample', '2×', 'Photo'],
  ];
  let from = 0;
  for (const name of order) {
    const at = names.findIndex((found, index) => index >= from && found.startsWith(name));
    expect(at, `${name} in ${names.join(', ')}`).toBeGreaterThanOrEqual(from);
    from = at + 1;
  }
});

test('what goes on is said, but not every step of it', async ({ page }) => {
  await openDemo(page);
  const said: string[] = [];
  await page.exposeFunction('say', (text: string) => void said.push(text));
  await page.evaluate(() => {
    const status = document.querySelector('[role=status]')!;
    const { say } = window as unknown as { say: (text: string) => void };
    new MutationObserver(() => say(status.textContent)).observe(status, {
      ...{ childList: true, characterData: true, subtree: true },
    });
  });
  await pickPicture(page, pngFile(encodePng(whitePicture(1500, 1200))));
  await expectSize(page, 3000, 2400);
  expect(said.length).toBeLessThanOrEqual(6);
  expect(said.at(-1)).toMatch(/^1500 × 1200 became 3000 × 2400 pixels in/);
});
