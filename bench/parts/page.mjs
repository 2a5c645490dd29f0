import { setTimeout } from 'node:timers/promises';

/** What bench/pages/publish.ts writes to the console. */
const publishedMessage = 'measured';

/** What Chromium does on its own account in a new window takes less. */
export const settlingMilliseconds = 1500;

/**
 * @typedef {object} PageOptions
 * @property {Record<string, Function>} [functions] what the page may call here, by name
 * @property {(text: string) => void} [onConsole] gets what the page writes to the console
 */

/**
 * Opens a page in a browser context of its own, so that nothing is cached, and waits until it has
 * measured.
 *
 * @template Measured
 * @param {import('@playwright/test').Browser} browser
 * @param {URL} url
 * @param {PageOptions} [options]
 * @returns {Promise<Measured>} what the page left in `window.measured`
 */
export async function measureInPage(
  browser,
  url,
  { functions = {}, onConsole = console.log } = {},
) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    for (const [name, call] of Object.entries(functions)) await page.exposeFunction(name, call);
    // Nothing is run in the page until it is done: Playwright's own scripts take tens of milliseconds.
    /** @type {Promise<void>} */
    const done = new Promise((resolve, reject) => {
      page.once('pageerror', reject);
      page.on('console', (message) =>
        message.text() === publishedMessage ? resolve() : onConsole(message.text()),
      );
    });
    await setTimeout(settlingMilliseconds);
    await Promise.all([page.goto(url.href), done]);
    return /** @type {Measured} */ (await page.evaluate('window.measured'));
  } finally {
    await context.close();
  }
}

/**
 * As measureInPage(), in a browser that Playwright does not drive: nothing is seen of its console, and nothing
 * can be called from the page.
 *
 * @template Measured
 * @param {import('../../tests/browser/others/browser.js').OtherBrowser} browser
 * @param {URL} url
 * @returns {Promise<Measured>}
 */
export async function measureInOther(browser, url) {
  const window = await browser.openWindow();
  try {
    await setTimeout(settlingMilliseconds);
    await window.goto(url.href);
    await window.evaluate(noteFailures);
    for (;;) {
      const { measured, failure } = JSON.parse(await window.evaluate(outcome));
      if (failure) throw new Error(failure);
      if (measured) return measured;
      await setTimeout(askingMilliseconds);
    }
  } finally {
    await window.close();
  }
}

const noteFailures = `(() => {
  addEventListener('error', ({ message }) => { window.failure = message; });
  addEventListener('unhandledrejection', ({ reason }) => { window.failure = String(reason); });
  return '';
})()`;

const outcome = 'JSON.stringify({ measured: window.measured, failure: window.failure })';

/** Takes too little of the page's time to be seen. */
const askingMilliseconds = 2000;

/**
 * As measureInPage(), in the browser that is to be measured.
 *
 * @template Measured
 * @param {Pick<import('../run.mjs').Bench, 'browser' | 'other'>} browsers
 * @param {URL} url
 * @param {PageOptions} [options] in Chromium
 * @returns {Promise<Measured>}
 */
export function measureInChosen({ browser, other }, url, options) {
  return other ? measureInOther(other, url) : measureInPage(browser, url, options);
}

/**
 * Takes samples of several things in turns, so that a slow moment hits all alike.
 *
 * @template Sample
 * @param {string[]} names
 * @param {number} count
 * @param {(name: string) => Promise<Sample>} measure
 * @returns {Promise<Record<string, Sample[]>>} by their names
 */
export async function inTurns(names, count, measure) {
  /** @type {Record<string, Sample[]>} */
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let i = 0; i < count; ++i) {
    for (const name of names) samples[name].push(await measure(name));
  }
  return samples;
}
