// The pages as an app: they open without a network, have threads on any server, and change under nobody.

import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test as base, type Page } from '@playwright/test';
import { serveFolder } from '../../support/serve-folder.js';
import { expectSize } from '../support/demo-page.js';
import { addPictures, expectMade, smallPictures, startButton } from '../support/quantize-page.js';

/** The demo on a server of its own, which sends no headers but the usual ones. */
class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'fovea-demo-'));
  /** What has been asked of the server. */
  readonly requests: string[] = [];
  /** Awaited before the service worker's script is sent. */
  ready: Promise<unknown> = Promise.resolve();
  url = '';
  #close: (() => Promise<void>) | undefined;

  async open(headers: Record<string, string> = {}): Promise<void> {
    cpSync('build/demo', this.folder, { recursive: true });
    const onRequest = (path: string) => {
      this.requests.push(path);
      return path === '/service-worker.js' ? this.ready : undefined;
    };
    ({ url: this.url, close: this.#close } = await serveFolder(this.folder, headers, onRequest));
  }

  /** How often files with that ending were fetched. */
  count(ending: string): number {
    return this.requests.filter((path) => path.endsWith(ending)).length;
  }

  /** Puts another version there: scripts and styles have other names, and the old ones are gone. */
  deploy(mark: string): void {
    const names = new Map(
      readdirSync(join(this.folder, 'assets'))
        .filter((name) => /^index-.*\.(js|css)$/.test(name))
        .map((name) => [name, name.replace('index-', `index-${mark}-`)]),
    );
    const renamed = (text: string) =>
      [...names].reduce((all, [from, to]) => all.replaceAll(from, to), text);
    const edit = (path: string, change: (text: string) => string, to = path) => {
      const text = change(readFileSync(join(this.folder, path), 'utf8'));
      if (to !== path) rmSync(join(this.folder, path));
      writeFileSync(join(this.folder, to), text);
    };
    for (const [from, to] of names) edit(`assets/${from}`, renamed, `assets/${to}`);
    edit('index.html', (text) => renamed(text).replace(/<title>/, `<title>${mark} `));
    edit('service-worker.js', (text) =>
      renamed(text).replace(/"([^"]+)":"[0-9a-f]{64}"/g, (_, path: string) => {
        const bytes = readFileSync(join(this.folder, path));
        return `"${path}":"${createHash('sha256').update(bytes).digest('hex')}"`;
      }),
    );
  }

  async close(): Promise<void> {
    await this.#close?.();
    this.#close = undefined;
  }
}

const isolating = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const test = base.extend<{ site: Site }>({
  // eslint-disable-next-line no-empty-pattern
  site: async ({}, use) => {
    const site = new Site();
    await use(site);
    await site.close();
    rmSync(site.folder, { recursive: true });
  },
});

test.use({ serviceWorkers: 'allow', permissions: ['camera'] });

/** Waits for the sample that the page enlarges at once. */
const expectSample = (page: Page) => expectSize(page, 640, 428);

/** Waits until the page is installed, with an engine. */
async function expectInstalled(page: Page): Promise<void> {
  await expect
    .poll(() =>
      page.evaluate(async () => {
        const { controller } = navigator.serviceWorker;
        const keys = await Promise.all(
          (await caches.keys()).map(async (name) => (await caches.open(name)).keys()),
        );
        return controller !== null && keys.flat().some(({ url }) => url.includes('.wasm?'));
      }),
    )
    .toBe(true);
}

test('it opens and enlarges without a network', async ({ page, site }) => {
  await site.open(isolating);
  await page.goto(site.url);
  await expectSample(page);
  await expectInstalled(page);
  // Of the engines, only the one that is used; and no file twice but for those that have no hash in their name.
  expect(site.count('.wasm')).toBeLessThanOrEqual(2);
  await site.close();
  await page.reload();
  await expectSample(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await page.goto(`${site.url}index.html?from=elsewhere#place`);
  await expectSample(page);
  await page.getByRole('link', { name: 'Camera & video' }).click();
  await page.getByRole('button', { name: 'Turn the camera on' }).click();
  await expect(page.getByRole('status')).toHaveText('The camera is on.', { timeout: 30_000 });
  await page.getByRole('link', { name: 'Look inside a model' }).click();
  await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
});

test('a model is quantised without a network, once one was with it', async ({ page, site }) => {
  await site.open(isolating);
  await page.goto(`${site.url}quantize.html`);
  const make = async () => {
    await page.getByRole('radio', { name: 'Quick' }).check();
    await addPictures(page, ...(await smallPictures()));
    await startButton(page).click();
    await expectMade(page);
  };
  await make();
  await expectInstalled(page);
  await site.close();
  await page.reload();
  await make();
});

test('on a server without headers it has threads, after one reload', async ({ page, site }) => {
  await site.open();
  const visits: string[] = [];
  page.on('framenavigated', (frame) => visits.push(frame.url()));
  await page.goto(site.url);
  await expect.poll(() => visits.length).toBe(2);
  await expectSample(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await expectInstalled(page);
  await page.reload();
  await expectSample(page);
  expect(visits).toEqual([site.url, site.url, site.url]);
  expect(site.count('.wasm')).toBeLessThanOrEqual(2);
});

test('a page in use is not reloaded; the next visit has threads', async ({ page, site }) => {
  let send = () => {};
  site.ready = new Promise<void>((resolve) => (send = resolve));
  await site.open();
  await page.goto(site.url);
  await expectSample(page);
  await page.mouse.click(5, 5);
  await page.evaluate(() => Object.assign(window, { isSame: true }));
  send();
  await expectInstalled(page);
  // A reload would have come at once.
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => 'isSame' in window && !crossOriginIsolated)).toBe(true);
  await page.reload();
  await expectSample(page);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});

test('it reloads once only where even that brings no threads', async ({ page, site }) => {
  await site.open();
  // As in browsers that know no isolation.
  await page.addInitScript(() => {
    Object.defineProperty(window, 'crossOriginIsolated', { value: false });
    // What is kept of the visits before goes, as after a hard reload.
    void navigator.serviceWorker.getRegistrations().then(async (all) => {
      for (const registration of all) await registration.unregister();
    });
  });
  const visits: string[] = [];
  page.on('framenavigated', (frame) => visits.push(frame.url()));
  await page.goto(site.url);
  await expect.poll(() => visits.length).toBe(2);
  await page.waitForTimeout(3000);
  expect(visits.length).toBe(2);
});

test('a new version waits for pages of the old one, which lack nothing', async ({
  context,
  page,
  site,
}) => {
  await site.open(isolating);
  await page.goto(site.url);
  await expectSample(page);
  await expectInstalled(page);
  const other = await context.newPage();
  await other.goto(site.url);
  await expectSample(other);

  site.deploy('second');
  const update = () =>
    other.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      void registration.update();
      return registration.waiting !== null;
    });
  const asked = site.requests.length;
  await expect.poll(update, { timeout: 20_000 }).toBe(true);
  // What did not change is not fetched again.
  const fetched = site.requests
    .slice(asked)
    .filter((path) => path !== '/service-worker.js')
    .map((path) => path.replace(/-second-.*\./, '-second.'));
  expect(fetched.sort()).toEqual([
    '/assets/index-second.css',
    '/assets/index-second.js',
    '/index.html',
  ]);
  // Its scripts are not on the server any more.
  await other.reload();
  await expectSample(other);
  expect(await other.title()).not.toContain('second');

  await page.close();
  // The browser may take a moment to tell the worker that it is closed.
  await expect(async () => {
    await other.reload();
    await expect.poll(() => other.title(), { timeout: 2000 }).toContain('second');
  }).toPass({ timeout: 20_000 });
  await expectSample(other);
  const kept = await other.evaluate(async () => {
    const keys = await Promise.all(
      (await caches.keys()).map(async (name) => (await caches.open(name)).keys()),
    );
    return keys.flat().map(({ url }) => new URL(url).pathname);
  });
  expect(kept.filter((path) => /index-.*\.js$/.test(path))).toEqual([
    expect.stringContaining('index-second'),
  ]);
  await site.close();
  await other.reload();
  await expectSample(other);
});

test('a version that is on the server in part only is not installed', async ({ page, site }) => {
  await site.open(isolating);
  writeFileSync(join(site.folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await page.goto(site.url);
  await expectSample(page);
  await expect.poll(() => site.count('service-worker.js')).toBe(1);
  await page.waitForTimeout(500);
  const state = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    return registration?.active ? 'active' : 'none';
  });
  expect(state).toBe('none');
});

test('browsers find nothing amiss in the manifest', async ({ page, site }) => {
  await site.open(isolating);
  await page.goto(site.url);
  await expectSample(page);
  await expectInstalled(page);
  const client = await page.context().newCDPSession(page);
  const { url, errors } = await client.send('Page.getAppManifest');
  expect({ url, errors }).toEqual({ url: `${site.url}manifest.webmanifest`, errors: [] });
  const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
  // Playwright's pages are of a private window.
  expect(installabilityErrors.map(({ errorId }) => errorId)).toEqual(['in-incognito']);
  const icons = await page.evaluate(async (address) => {
    const manifest = (await (await fetch(address)).json()) as {
      icons: { src: string; sizes: string }[];
    };
    return Promise.all(
      manifest.icons.map(async ({ src, sizes }) => {
        const image = new Image();
        image.src = new URL(src, address).href;
        await image.decode();
        return sizes === 'any' || sizes === `${image.naturalWidth}x${image.naturalHeight}`;
      }),
    );
  }, url);
  expect(icons).toEqual([true, true, true, true]);
});
