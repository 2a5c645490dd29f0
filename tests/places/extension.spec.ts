import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, expect, test } from '@playwright/test';
import { serveFolder } from '../support/serve-folder.js';
import { enlarged, Project } from './support/project.js';

let context: BrowserContext;
let profile: string;

test.beforeAll(async ({ launchOptions }) => {
  const extension = new Project('extension', ['extension']);
  extension.copyPackage('fovea');
  profile = mkdtempSync(join(tmpdir(), 'fovea-profile-'));
  const { args = [], executablePath } = launchOptions;
  context = await chromium.launchPersistentContext(profile, {
    executablePath,
    // The headless shell, which is Playwright's own choice, has no extensions.
    headless: false,
    args: [
      ...args,
      '--headless=new',
      `--disable-extensions-except=${extension.folder}`,
      `--load-extension=${extension.folder}`,
    ],
  });
});

test.afterAll(async () => {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
});

test("an extension's background, its page and its content script", async () => {
  const background = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  const text = await background.evaluate(
    () => (globalThis as unknown as { enlarging: Promise<string> }).enlarging,
  );
  expect(text).toBe(enlarged);

  const page = await context.newPage();
  await page.goto(`chrome-extension://${new URL(background.url()).host}/page.html`);
  await expect(page.locator('output')).toHaveText(enlarged, { timeout: 30_000 });

  const host = new Project('extension-host', []);
  host.write('index.html', '<!doctype html><title>A page</title><output></output>');
  const site = await serveFolder(host.folder);
  await page.goto(site.url);
  const output = page.locator('output');
  await expect(output).toHaveAttribute('data-background', enlarged, { timeout: 30_000 });
  expect(await output.getAttribute('data-content')).toBe(enlarged);
  await site.close();
});
