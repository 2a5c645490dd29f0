import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import {
  choose,
  modelFile,
  openInspector,
  openModel,
  panel,
  pick,
  value,
} from './support/inspect-page.js';
import { blurring, branching, unknownOperator } from './support/small-models.js';

/** Every state of the page, and how to get there from its start. */
const states: Record<string, (page: Page) => Promise<void>> = {
  start: async () => {},
  'damaged at first': async (page) => {
    await pick(page, modelFile(new TextEncoder().encode('no model'), 'damaged.onnx'));
    await expect(page.getByRole('alert')).toContainText('can be read');
  },
  model: (page) => openModel(page, blurring()),
  editing: async (page) => {
    await openModel(page, blurring());
    await panel(page).getByText('What it says of itself').click();
    await page.getByRole('button', { name: 'Add an entry' }).click();
    await panel(page).getByText('Take a part out').click();
  },
  'a chosen node': async (page) => {
    await openModel(page, blurring());
    await choose(page, 'conv/Conv');
    await value(page, 'constant_0').getByRole('button').click();
    await expect(panel(page)).toContainText('Typical distance');
  },
  'a chosen group': async (page) => {
    await openModel(page, blurring());
    await choose(page, '3 nodes');
  },
  branch: async (page) => {
    await openModel(page, branching());
    await choose(page, 'If');
    await panel(page).getByRole('button', { name: 'Open then_branch' }).click();
    await expect(page.getByRole('navigation', { name: 'Where you are' })).toContainText(
      'then_branch',
    );
  },
  unsupported: async (page) => {
    await openModel(page, unknownOperator());
    await panel(page).getByRole('button', { name: 'Show it' }).click();
  },
  run: async (page) => {
    await openModel(page, blurring());
    await page.getByRole('tab', { name: 'Run it' }).click();
  },
  'as it runs': async (page) => {
    await openModel(page, blurring());
    await page.getByRole('radio', { name: 'As it runs' }).check();
    await expect(page.getByText('as the engine runs it')).toBeVisible();
  },
  pictures: async (page) => {
    await openModel(page, blurring());
    await page.getByRole('tab', { name: 'Run it' }).click();
    await page.getByRole('button', { name: 'Show larger' }).click();
    await expect(page.locator('.planes canvas').first()).toBeVisible();
  },
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
      test.use({ viewport: size, colorScheme, hasTouch: screen === 'phone' });
      for (const [state, reach] of Object.entries(states)) {
        test(`${state}: no barriers, no sideways scrolling`, async ({ page }) => {
          await openInspector(page);
          await reach(page);
          if (folder) {
            const file = `${screen}-${colorScheme}-${state.replaceAll(' ', '-')}.png`;
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

test('a phone’s two fingers make the drawing larger', async ({ browser, baseURL }) => {
  const context = await browser.newContext({
    baseURL: baseURL!,
    hasTouch: true,
    viewport: { width: 360, height: 740 },
  });
  const page = await context.newPage();
  await openInspector(page);
  await openModel(page, blurring());
  const canvas = page.getByRole('application');
  await canvas.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await canvas.boundingBox())!;
  const [cx, cy] = [x + width / 2, y + height / 2];
  const touches = (apart: number) => [
    { x: cx - apart, y: cy, id: 0 },
    { x: cx + apart, y: cy, id: 1 },
  ];
  const pixels = () => canvas.evaluate((element) => (element as HTMLCanvasElement).toDataURL());
  const before = await pixels();
  const client = await context.newCDPSession(page);
  const send = (
    type: 'touchStart' | 'touchMove' | 'touchEnd',
    touchPoints: ReturnType<typeof touches>,
  ) => client.send('Input.dispatchTouchEvent', { type, touchPoints });
  await send('touchStart', touches(30));
  for (let apart = 35; apart <= 90; apart += 5) await send('touchMove', touches(apart));
  await send('touchEnd', []);
  await expect.poll(pixels).not.toBe(before);
  await context.close();
});
