// What the tests and the benchmark ask of a browser that Playwright does not drive.

/** A window. What it keeps of a site, it may share with other windows of the browser. */
export interface BrowserWindow {
  /** Loads a page. Resolves when it has loaded. */
  goto(url: string): Promise<void>;
  /** The value of an expression in the page, which is a string or a promise of one. */
  evaluate(expression: string): Promise<string>;
  close(): Promise<void>;
}

export interface OtherBrowser {
  /** As the browser itself says, like `153.8.0`. */
  version: string;
  openWindow(): Promise<BrowserWindow>;
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** A port of this machine where a proxy answers for all names but localhost. */
  proxyPort?: number;
  /** Variables for the browser besides those of this process. */
  env?: Record<string, string>;
}
