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
  const variables = { ...process.env, DISPLAY: name, ...env };
  const all: Driven[] = [];
  const close = async () => {
    await Promise.all(all.map(({ session }) => session.quit().catch(() => {})));
    await Promise.all([display, ...all.map(({ driver }) => driver)].map(end));
  };
  const start = async () => {
    const driven = await startDriver(programs, variables, proxyPort);
    all.push(driven);
    return driven;
  };
  try {
    const { session } = await start();
    const version = (await session.getCapabilities()).getBrowserVersion()!;
    const openWindow = async () => windowOf(all.find(({ isFree }) => isFree) ?? (await start()));
    return { version, openWindow, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A driver and its browser: it has one at a time. */
interface Driven {
  driver: ChildProcess;
  session: WebDriver;
  isFree: boolean;
}

function windowOf(driven: Driven): BrowserWindow {
  const { session } = driven;
  driven.isFree = false;
  return {
    goto: (url) => session.get(url),
    evaluate: (expression) => evaluate(session, expression),
    close: async () => {
      // Ends what the page does, workers included.
      await session.get('about:blank');
      driven.isFree = true;
    },
  };
}

async function startDriver(
  programs: WebKitPrograms,
  env: NodeJS.ProcessEnv,
  proxyPort: number | undefined,
): Promise<Driven> {
  const port = await freePort();
  const driver = spawn(programs.driver, [`--port=${port}`], { stdio: 'ignore', env });
  try {
    const session = await openSession(`http://127.0.0.1:${port}`, programs.browser, proxyPort);
    return { driver, session, isFree: true };
  } catch (error) {
    await end(driver);
    throw error;
  }
}

/** An X server that draws to memory, and its name. */
async function startDisplay(program: string): Promise<{ display: ChildProcess; name: string }> {
  const argv = ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  const display = spawn(program, argv, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(display, 'exit').then(() => {
    throw new Error(`${program} ended before it had a display`);
  });
  ended.catch(() => {});
  const [number = ''] = (await Promise.race([once(display.stdout, 'data'), ended])) as Buffer[];
  return { display, name: `:${number.toString().trim()}` };
}

async function openSession(
  server: string,
  binary: string,
  proxyPort: number | undefined,
): Promise<WebDriver> {
  const proxy = {
    proxyType: 'manual',
    httpProxy: `127.0.0.1:${proxyPort}`,
    noProxy: ['localhost'],
  };
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
