import puppeteer, { type Page } from 'puppeteer-core';
import type { LaunchOptions, OtherBrowser } from './browser.js';

/** Starts Firefox without windows, driven by WebDriver BiDi. */
export async function launchFirefox(
  program: string,
  { proxyPort, env = {} }: LaunchOptions = {},
): Promise<OtherBrowser> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: program,
    env: { ...process.env, ...env },
    protocolTimeout: 600_000,
    extraPrefsFirefox: {
      // Without a graphics card, as on the machines that test.
      'webgl.force-enabled': true,
      ...(proxyPort === undefined ? {} : proxyPreferences(proxyPort)),
    },
  });
  return {
    version: (await browser.version()).replace(/^\w+\//, ''),
    async openWindow() {
      let page = await browser.newPage();
      return {
        goto: async (url) => void (page = await load(page, url)),
        evaluate: async (expression) => (await page.evaluate(expression)) as string,
        close: () => page.close(),
      };
    },
    close: () => browser.close(),
  };
}

/**
 * Where a page becomes isolated, Firefox replaces its browsing context. Puppeteer sometimes takes the old one for
 * the loaded page, or goes on with it, which then never answers: only a new tab helps.
 *
 * @returns the tab that has loaded the page, `page` or another
 */
async function load(page: Page, url: string): Promise<Page> {
  const hasLoaded = `document.readyState === 'complete' && location.href === ${JSON.stringify(url)}`;
  for (let tries = 3; ; --tries) {
    try {
      await page.goto(url, { timeout: 15_000 });
      await page.waitForFunction(hasLoaded, { timeout: 10_000 });
      return page;
    } catch (error) {
      if (tries === 0) throw error;
      const fresh = await page.browser().newPage();
      void page.close().catch(() => {});
      page = fresh;
    }
  }
}

function proxyPreferences(port: number) {
  return {
    'network.proxy.type': 1,
    'network.proxy.http': '127.0.0.1',
    'network.proxy.http_port': port,
    // The browser's own services, which tests do not wait for.
    'network.proxy.ssl': '127.0.0.1',
    'network.proxy.ssl_port': port,
  };
}
