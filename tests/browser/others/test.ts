import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Page, TestInfo } from '@playwright/test';
import { placedTest, type Shared } from '../support/place.js';
import type { OtherBrowser } from './browser.js';
import { launchFirefox } from './firefox.js';
import { lacking } from './lacking.js';
import { pageOf } from './page.js';
import { PageServer, startProxy } from './server.js';
import { launchWebKit, type WebKitPrograms } from './webkit.js';

/** Which browser runs the tests, and where it is installed. */
export type Engine =
  | { name: 'firefox'; program: string; env?: Record<string, string> }
  | { name: 'webkit'; program: WebKitPrograms; env?: Record<string, string> };

interface WorkerFixtures extends Shared {
  engine: Engine;
  /** Opens a page on an origin of its own. */
  openPage: () => Promise<{ page: Page; server: PageServer; close: () => Promise<void> }>;
}

interface TestFixtures {
  opened: Awaited<ReturnType<WorkerFixtures['openPage']>>;
}

export const otherBrowserTest = placedTest.extend<TestFixtures, WorkerFixtures>({
  engine: [undefined as never, { scope: 'worker', option: true }],

  openPage: [
    async ({ engine }, use, { project }) => {
      let server: PageServer | undefined;
      const proxy = await startProxy(() => server);
      const { port } = proxy.address() as AddressInfo;
      const browser = await launch(engine, port);
      await use(async () => {
        const window = await browser.openWindow();
        const own = (server = await PageServer.start(project.use.baseURL!));
        const close = async () => {
          await own.close();
          await window.close();
        };
        return { page: pageOf(window, own), server: own, close };
      });
      await browser.close();
      proxy.close();
      await once(proxy, 'close');
    },
    { scope: 'worker' },
  ],

  opened: async ({ openPage, engine }, use, info) => {
    expectLack(engine.name, info);
    const opened = await openPage();
    await use(opened);
    await opened.close();
  },
  page: ({ opened }, use) => use(opened.page),
  baseURL: async ({ opened }, use) => use(opened.server.origin),

  sharedPage: [
    async ({ openPage }, use) => {
      const { page, close } = await openPage();
      await use(page);
      await close();
    },
    { scope: 'worker' },
  ],
});

function launch({ name, program, env }: Engine, proxyPort: number): Promise<OtherBrowser> {
  const options = { proxyPort, ...(env ? { env } : {}) };
  return name === 'firefox' ? launchFirefox(program, options) : launchWebKit(program, options);
}

/** A test that a browser is known to fail must fail: what it can do by now, the list must not have. */
function expectLack(engine: Engine['name'], info: TestInfo): void {
  const title = info.titlePath.join(' > ');
  const lack = lacking.find(({ browser, tests }) => browser === engine && tests.test(title));
  if (!lack) return;
  info.annotations.push({ type: 'lacks', description: lack.why });
  if (lack.skipped) info.skip(true, lack.why);
  else info.fail(true, lack.why);
}
