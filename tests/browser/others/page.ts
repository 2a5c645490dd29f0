// The part of Playwright's Page that the tests of the package use, in browsers that it does not drive.

import { setTimeout } from 'node:timers/promises';
import { type Page, test } from '@playwright/test';
import { parse, stringify } from 'devalue';
import { build } from 'esbuild';
import type { BrowserWindow } from './browser.js';
import type { PageServer } from './server.js';

type PartOfPage = Pick<
  Page,
  'goto' | 'url' | 'evaluate' | 'waitForFunction' | 'addScriptTag' | 'route' | 'unroute'
>;

/**
 * A page in a window. A test that asks it for more than PartOfPage is skipped, and told of by the name of what
 * it asked for.
 */
export function pageOf(window: BrowserWindow, server: PageServer): Page {
  let address = 'about:blank';
  const evaluate = (program: unknown, argument?: unknown) =>
    evaluateIn(window, program as Program, argument);
  const page: PartOfPage = {
    goto: async (url) => {
      address = new URL(url, server.origin).href;
      await window.goto(address);
      return null;
    },
    url: () => address,
    evaluate: evaluate as Page['evaluate'],
    waitForFunction: (async (program: Program, argument: unknown) => {
      for (const end = Date.now() + 30_000; Date.now() < end; await setTimeout(20)) {
        if (await evaluate(program, argument)) return;
      }
      throw new Error(`Not within 30 s: ${String(program)}`);
    }) as unknown as Page['waitForFunction'],
    addScriptTag: async (attributes) => {
      await evaluate(
        (attributes: object) => {
          document.head.append(Object.assign(document.createElement('script'), attributes));
        },
        renamed(attributes ?? {}),
      );
      return undefined as never;
    },
    route: server.route,
    unroute: server.unroute,
  };
  return new Proxy(page, { get: (target, name) => partOf(target, name) }) as Page;
}

function partOf(page: PartOfPage, name: string | symbol): unknown {
  if (Object.hasOwn(page, name)) return page[name as keyof PartOfPage];
  // What tests whether this is a promise, or prints it, is no test that asks for something.
  if (typeof name === 'symbol' || ['then', 'toJSON', 'constructor'].includes(name))
    return undefined;
  return () => {
    const why = `page.${name}() is Playwright's, which drives Chromium alone`;
    test.info().annotations.push({ type: 'lacks', description: why });
    test.skip(true, why);
  };
}

type Program = string | ((argument: unknown) => unknown);

/** As Page.evaluate(): a function with one argument, or an expression. */
async function evaluateIn(window: BrowserWindow, program: Program, argument: unknown) {
  const call = typeof program === 'string' ? program : `(${program.toString()})(parse(argument))`;
  const outcome = await window.evaluate(`(async () => {
    const { parse, stringify } = ${await (codec ??= bundleCodec())};
    const argument = ${JSON.stringify(stringify(argument))};
    try {
      return stringify({ value: plain(await (${call})) });
    } catch (error) {
      return stringify({ error: String(error) + '\\n' + String(error?.stack) });
    }
    ${plain.toString()}
  })()`);
  const { value, error } = parse(outcome) as { value?: unknown; error?: string };
  if (error !== undefined) throw new Error(error);
  return value;
}

/** Runs in the page: a value as it is without its class, since that cannot leave the page. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}

let codec: Promise<string> | undefined;

/** What arguments and results are written with, as an expression. */
async function bundleCodec(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: "export { parse, stringify } from 'devalue';",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'iife',
    globalName: 'codec',
    minify: true,
    write: false,
  });
  return `(() => { ${outputFiles[0]!.text}; return codec; })()`;
}

/** Playwright's names of a script's attributes, as the element has them. */
function renamed({ url, content, type }: { url?: string; content?: string; type?: string }) {
  return { ...(url ? { src: url } : {}), ...(content ? { text: content } : {}), type: type ?? '' };
}
