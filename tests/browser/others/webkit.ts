import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
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
  const startOne = async () => {
    const driven = await startDriver(programs, variables, proxyPort);
    all.push(driven);
    return driven;
  };
  try {
    const { session } = await startOne();
    const version = (await session.getCapabilities()).getBrowserVersion()!;
    const openWindow = async () => windowOf(all.find(({ isFree }) => isFree) ?? (await startOne()));
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

/** Under load, a browser sometimes does not come up; the next one does. */
async function startDriver(
  programs: WebKitPrograms,
  env: NodeJS.ProcessEnv,
  proxyPort: number | undefined,
): Promise<Driven> {
  for (let tries = 3; ; --tries) {
    const port = await freePort();
    const driver = start(programs.driver, [`--port=${port}`], { stdio: 'ignore', env });
    try {
      const opening = openSession(`http://127.0.0.1:${port}`, programs.browser, proxyPort);
      const session = await within(15_000, 'a session', opening);
      return { driver, session, isFree: true };
    } catch (error) {
      await end(driver);
      if (tries === 0) throw error;
    }
  }
}

/** What a promise gives, or an error after some milliseconds. */
async function within<T>(milliseconds: number, what: string, promise: Promise<T>): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(milliseconds, undefined, { signal: late.signal }).then(() => {
    throw new Error(`WebKitGTK gives ${what} not within ${milliseconds} ms`);
  });
  timer.catch(() => {});
  // What comes too late may fail, too, which nobody waits for then.
  promise.catch(() => {});
  try {
    return await Promise.race([promise, timer]);
  } finally {
    late.abort();
  }
}

/** A process that ends with this one. */
function start(program: string, argv: string[], options: SpawnOptions): ChildProcess {
  const child = spawn(program, argv, options);
  const kill = () => child.kill();
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** An X server that draws to memory, and its name. */
async function startDisplay(program: string): Promise<{ display: ChildProcess; name: string }> {
  const argv = ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  const display = start(program, argv, { stdio: ['ignore', 'pipe', 'ignore'] });
  const told = once(display.stdout!, 'data') as Promise<Buffer[]>;
  const [number = ''] = await within(15_000, `a display by ${program}`, told);
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

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}
