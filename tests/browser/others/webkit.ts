import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Builder, Capabilities, type WebDriver } from 'selenium-webdriver';
import type { BrowserWindow, LaunchOptions, OtherBrowser } from './browser.js';

export interface WebKitPrograms {
  browser: string;
  driver: string;
  display: string;
}

/** Starts WebKitGTK's MiniBrowser on a display of its own, driven by WebDriver. */
export async function launchWebKit(
  programs: WebKitPrograms,
  { proxyPort, env = {} }: LaunchOptions = {},
): Promise<OtherBrowser> {
  const { display, name } = await startDisplay(programs.display);
  const port = await freePort();
  const driver = spawn(programs.driver, [`--port=${port}`], {
    stdio: 'ignore',
    env: { ...process.env, DISPLAY: name, ...env },
  });
  const stop = () => Promise.all([driver, display].map(end));
  const open = () => openSession(`http://127.0.0.1:${port}`, programs.browser, proxyPort);
  try {
    // One session at a time is all that the driver has.
    let session = await open();
    const version = (await session.getCapabilities()).getBrowserVersion()!;
    let isFree = true;
    const openWindow = async (): Promise<BrowserWindow> => {
      if (!isFree) {
        await session.quit();
        session = await open();
      }
      isFree = false;
      const mine = session;
      return {
        goto: (url) => mine.get(url),
        evaluate: (expression) => evaluate(mine, expression),
        close: async () => {
          if (mine !== session) return;
          // Ends what the page does, workers included.
          await mine.get('about:blank');
          isFree = true;
        },
      };
    };
    const close = async () => {
      await session.quit();
      await stop();
    };
    return { version, openWindow, close };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An X server that draws to memory, and its name. */
async function startDisplay(program: string): Promise<{ display: ChildProcess; name: string }> {
  const argv = ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  const display = spawn(program, argv, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [number = ''] = (await once(display.stdout, 'data')) as Buffer[];
  return { display, name: `:${number.toString().trim()}` };
}

async function openSession(
  server: string,
  binary: string,
  proxyPort: number | undefined,
): Promise<WebDriver> {
  const proxy = { proxyType: 'manual', httpProxy: `127.0.0.1:${proxyPort}`, noProxy: ['localhost'] };
  const capabilities = new Capabilities({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary, args: ['--automation'] },
    ...(proxyPort === undefined ? {} : { proxy }),
  });
  await untilReady(server);
  const session = new Builder().usingServer(server).withCapabilities(capabilities).build();
  await session.manage().setTimeouts({ script: 600_000, pageLoad: 60_000 });
  return session;
}

/** Waits until the driver answers. */
async function untilReady(server: string): Promise<void> {
  for (let tries = 100; ; --tries) {
    try {
      await fetch(`${server}/status`);
      return;
    } catch (error) {
      if (tries === 0) throw error;
      await setTimeout(100);
    }
  }
}

async function evaluate(session: WebDriver, expression: string): Promise<string> {
  const { value, error } = await session.executeAsyncScript<{ value?: string; error?: string }>(
    `const done = arguments[0];
     (async () => ${expression})().then(
       (value) => done({ value }),
       (error) => done({ error: String(error) }),
     );`,
  );
  if (error !== undefined) throw new Error(error);
  return value!;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function end(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = once(process, 'exit');
  process.kill();
  await ended;
}
