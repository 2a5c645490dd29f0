/**
 * Opens a page in a browser context of its own, so that nothing is cached, and waits until it has
 * measured.
 *
 * @param {import('@playwright/test').Browser} browser
 * @param {URL} url
 * @param {object} options
 * @param {Record<string, Function>} [options.functions] what the page may call here, by name
 * @param {(text: string) => void} [options.onConsole] gets what the page writes to the console
 * @param {(page) => Promise<object>} [options.inspect] finds out more once all is done
 * @returns what the page left in `window.measured`, and what `inspect` found
 */
export async function measureInPage(
  browser,
  url,
  { functions = {}, onConsole = console.log, inspect } = {},
) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    for (const [name, call] of Object.entries(functions)) await page.exposeFunction(name, call);
    page.on('console', (message) => onConsole(message.text()));
    const failure = new Promise((_, reject) => page.once('pageerror', reject));
    const result = await Promise.race([measured(page, url), failure]);
    return { ...result, ...(await inspect?.(page)) };
  } finally {
    await context.close();
  }
}

async function measured(page, url) {
  await page.goto(url.href);
  const handle = await page.waitForFunction(() => window.measured, undefined, { timeout: 0 });
  return handle.jsonValue();
}

/** Takes samples of several things in turns, so that a slow moment hits all alike; by their names. */
export async function inTurns(names, count, measure) {
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let i = 0; i < count; ++i) {
    for (const name of names) samples[name].push(await measure(name));
  }
  return samples;
}
